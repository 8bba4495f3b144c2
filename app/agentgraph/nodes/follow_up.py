"""Finds out whether a question goes on from the one before, and what of that it takes over."""

import hashlib
from dataclasses import replace

from langgraph.runtime import Runtime

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.follow_ups import chart_alone
from app.agentgraph.memory import Turn
from app.agentgraph.outcome import Step
from app.agentgraph.planner.ellipsis import leaves_out
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState
from app.agentgraph.text import normalise_question


async def follow_up(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The steps to read together and the key of the cache; the turn to repeat when only a chart is wanted."""
    question, language, memory = state["question"], state["language"], state["memory"]
    alone: GraphState = {"steps": (Step(question, language),), "cache_key": normalise_question(question)}
    before = memory.answered
    if before is None:
        return alone | _keyed(state, runtime)
    wish = chart_alone(question)
    if wish is not None:
        return _redrawn(state, before, wish)
    keyed = _keyed(state, runtime)
    if not leaves_out(question, language):
        return alone | keyed
    steps = (*before.steps, Step(question, language)) if before.steps else ()
    continued = " ⟶ ".join(normalise_question(step.text) for step in steps) or normalise_question(question)
    return {"steps": steps, "continues": before.question, "cache_key": continued} | keyed


def _keyed(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """What was replied counts, and with a model all that it is told; the planner's steps are in the key already."""
    told = [f"{said.question}\n{said.reply}" for said in state["clarifications"]]
    if runtime.context.context.options.model is not None:
        told.append(state["memory"].text)
    if not any(told):
        return {}
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return {"cache_key": f"{normalise_question(state['question'])} ⟵ {digest}"}


def _redrawn(state: GraphState, before: Turn, wish: ChartWish) -> GraphState:
    """The rows of the answer before, drawn otherwise; such an answer is as quick to find as to keep."""
    return {
        "intent": replace(state["intent"], chart=wish),
        "steps": before.steps,
        "continues": before.question,
        "repeat": before,
        "cache_key": "",
    }
