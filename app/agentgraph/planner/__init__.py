"""The built-in planner: a deterministic reading of questions in Portuguese and English into one SQL statement."""

from app.agentgraph.planner.plan import Declined, DeclineKind, Expectation, Plan, Shape, plan

__all__ = ["DeclineKind", "Declined", "Expectation", "Plan", "Shape", "plan"]
