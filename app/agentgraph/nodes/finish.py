"""Makes the outcome of what the other steps found, and keeps it for the next who asks the same."""

from langgraph.runtime import Runtime

from app.agentgraph.outcome import AnsweredBy, Confidence, Outcome, OutcomeKind
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState


async def finish(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The outcome; answers that are in doubt are not kept in the cache."""
    if "outcome" in state:
        return {}
    outcome = _outcome(state)
    cache = runtime.context.context.cache
    if cache is not None and state["cache_key"] and outcome.confidence is not Confidence.LOW:
        await cache.put(state["cache_key"], runtime.context.with_journal(outcome))
    return {"outcome": outcome}


def _outcome(state: GraphState) -> Outcome:
    finding = state["finding"]
    by_model = finding.answered_by is AnsweredBy.MODEL
    return Outcome(
        kind=OutcomeKind.ANSWERED,
        language=state["language"],
        answer=state.get("refined_text", finding.answer),
        answered_by=finding.answered_by,
        sql=finding.sql,
        result=finding.result,
        forecast=state.get("forecast"),
        chart=state.get("chart"),
        chart_reason=state.get("chart_reason"),
        reading=finding.reading,
        assumptions=finding.assumptions,
        confidence=finding.confidence,
        confidence_reasons=finding.confidence_reasons,
        tables=finding.tables,
        columns=finding.columns,
        limited_tables=finding.limited_tables,
        steps=() if by_model else state["steps"],
        continues=state.get("continues"),
        refined_question=state.get("refined_question"),
        refined_answer=state.get("refined_answer"),
    )
