"""Puts together what a model needs to know of the source for this question."""

import asyncio

from langgraph.runtime import Runtime

from app.agentgraph.agents.schema_text import build_schema_context
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState


async def load_context(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """Tables, columns and stored values for the question, and for the one that it may go on from."""
    context = runtime.context.context
    before = state["memory"].answered
    words = state["question"] if before is None else f"{before.question}\n{state['question']}"
    schema = await asyncio.to_thread(build_schema_context, words, context.catalog, context.values)
    return {"schema": schema}
