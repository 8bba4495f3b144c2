"""Lets the built-in planner answer without a model; what it declines goes to the model, when there is one."""

import asyncio

from langgraph.runtime import Runtime

from app.agentgraph.context import RunContext
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import AnsweredBy, Confidence
from app.agentgraph.planner import Declined, DeclineKind, Plan, plan
from app.agentgraph.planner.follow_up import plan_follow_up
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState
from app.agentgraph.trust import Trust, judge
from app.agentgraph.wording import describe
from app.connectors.base import CheckedStatement, ResultSet
from app.core.errors import NotAnswerable, QuestionError, RefusedByPolicy
from app.core.i18n import Language, Text

AUTHOR = "planner"
_NOT_OURS = Text(en="This goes on from an answer of the model.", pt="Isto continua uma resposta do modelo.")
HIGH, MEDIUM = 0.85, 0.6
"""Planner confidences from which an answer counts as high or medium towards people."""


async def planner(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The planner's finding; nothing when it declines and a model can take over. Raises NotAnswerable otherwise."""
    run, language = runtime.context, state["language"]
    context = run.context
    planned = await asyncio.to_thread(_planned, state, context)
    if isinstance(planned, Declined):
        if run.model is None:
            raise _declined(planned, language)
        return {}
    try:
        statement, result = await run.execute(planned.sql, author=AUTHOR)
    except QuestionError:
        if run.model is None:
            raise
        return {}
    answer = await off_loop_if_large(result, describe, result, reading=planned.reading, language=language)
    most = _towards_people(planned.confidence)
    trusted = await judge(run, statement, result, language=language, most=most)
    finding = _finding(planned, answer, trusted, result, statement)
    if not context.options.advanced_mode or run.model is None:
        await run.tell_answer(finding.answer)
    return {"finding": finding}


def _planned(state: GraphState, context: RunContext) -> Plan | Declined:
    """The plan of the question, or of all that it goes on from; one that goes on from a model's work is left to it."""
    steps = state["steps"]
    if len(steps) > 1:
        return plan_follow_up(steps, context.catalog, context.values)
    if not steps and context.options.model is not None:
        return Declined(_NOT_OURS, DeclineKind.NOT_UNDERSTOOD)
    return plan(state["question"], context.catalog, context.values, language=state["language"])


def _declined(declined: Declined, language: Language) -> QuestionError:
    reason = declined.reason.to(language)
    if declined.kind is DeclineKind.FORBIDDEN:
        return RefusedByPolicy(reason=reason, rule="read_only")
    return NotAnswerable(reason=reason, rule=declined.kind.value, unplaced=list(declined.unplaced))


def _finding(planned: Plan, answer: str, trusted: Trust, result: ResultSet, statement: CheckedStatement) -> Finding:
    return Finding(
        sql=statement.shown,
        result=result,
        tables=statement.tables,
        answer=answer,
        answered_by=AnsweredBy.PLANNER,
        confidence=trusted.confidence,
        confidence_reasons=trusted.reasons,
        reading=planned.reading,
        columns=trusted.columns,
        limited_tables=trusted.limited_tables,
    )


def _towards_people(confidence: float) -> Confidence:
    if confidence >= HIGH:
        return Confidence.HIGH
    return Confidence.MEDIUM if confidence >= MEDIUM else Confidence.LOW
