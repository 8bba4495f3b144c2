"""Looks for the same question answered before; a hit ends the run and costs nothing."""

from dataclasses import replace

from langgraph.runtime import Runtime

from app.agentgraph.outcome import AnsweredBy, Outcome
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState


async def recall(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The kept outcome with its age, told as the events that it would have had."""
    run = runtime.context
    if run.context.cache is None or not state["cache_key"]:
        return {}
    kept = await run.context.cache.get(state["cache_key"])
    if kept is None:
        return {}
    outcome, age_s = kept
    await _tell(outcome, run)
    return {"outcome": replace(outcome, answered_by=AnsweredBy.CACHE, cache_age_s=age_s)}


async def _tell(outcome: Outcome, run: Run) -> None:
    if outcome.sql is not None and outcome.result is not None:
        await run.tell_statement(outcome.sql, author=AnsweredBy.CACHE.value)
        await run.tell_rows(outcome.result)
    if outcome.chart is not None:
        await run.tell_chart(outcome.chart)
    await run.tell_answer(outcome.answer)
