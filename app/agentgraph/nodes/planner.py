"""Lets the built-in planner answer without a model; what it declines goes to the model, when there is one."""

import asyncio

from langgraph.runtime import Runtime

from app.agentgraph.context import RunContext
from app.agentgraph.forecasting.horizon import Horizon, history_question
from app.agentgraph.forecasting.series import Series, read_series
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import AnsweredBy, Confidence, Step
from app.agentgraph.planner import Declined, DeclineKind, Plan, plan
from app.agentgraph.planner.follow_up import plan_follow_up
from app.agentgraph.run import Run
from app.agentgraph.state import Finding, GraphState, finding_of, is_last_word
from app.agentgraph.trust import Trust, judge
from app.agentgraph.wording import describe
from app.connectors.base import CheckedStatement, ResultSet
from app.core.errors import NotAnswerable, QuestionError, RefusedByPolicy
from app.core.i18n import Language

AUTHOR = "planner"
HIGH, MEDIUM = 0.85, 0.6
"""Planner confidences from which an answer counts as high or medium towards people."""


async def planner(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The planner's finding; nothing when it declines and a model can take over. Raises NotAnswerable otherwise."""
    run = runtime.context
    if not state["steps"] and run.model is not None:
        return {}  # This goes on from an answer of the model.
    if "horizon" in state:
        return await _history(state, state["horizon"], run)
    try:
        finding = await _found(state["steps"] or (Step(state["question"], state["language"]),), state, run)
    except QuestionError:
        if run.model is None:
            raise
        return {}
    if is_last_word(state, run.context.options):
        await run.tell_answer(finding.answer)
    return {"finding": finding}


async def _history(state: GraphState, horizon: Horizon, run: Run) -> GraphState:
    """The history by the first step that makes a series long enough, else by the last that makes any."""
    language, before = state["language"], state["steps"][:-1]
    failed: QuestionError | None = None
    unfit: GraphState = {}
    for step in horizon.histories:
        steps = (*before, Step(history_question(state["question"], step, language), language))
        try:
            finding = await _found(steps, state, run)
        except QuestionError as error:
            failed = failed or error
            continue
        found: GraphState = {"finding": finding, "steps": steps}
        if isinstance(read_series(finding.result, steps[-1].text), Series):
            return found
        unfit = unfit or found
    if run.model is not None:
        return {}
    if failed is not None and not unfit:
        raise failed
    return unfit


async def _found(steps: tuple[Step, ...], state: GraphState, run: Run) -> Finding:
    """What the planner finds for `steps` together. Raises QuestionError: declined, refused, or it did not run."""
    language, context = state["language"], run.context
    planned = await asyncio.to_thread(_planned, steps, context)
    if isinstance(planned, Declined):
        raise _declined(planned, language)
    statement, result = await run.execute(planned.sql, author=AUTHOR)
    answer = await off_loop_if_large(result, describe, result, reading=planned.reading, language=language)
    trusted = await judge(run, statement, result, language=language, most=_towards_people(planned.confidence))
    return _finding(planned, answer, trusted, result, statement)


def _planned(steps: tuple[Step, ...], context: RunContext) -> Plan | Declined:
    """The plan of the question, or of all that it goes on from."""
    if len(steps) > 1:
        return plan_follow_up(steps, context.catalog, context.values)
    return plan(steps[0].text, context.catalog, context.values, language=steps[0].language)


def _declined(declined: Declined, language: Language) -> QuestionError:
    reason = declined.reason.to(language)
    if declined.kind is DeclineKind.FORBIDDEN:
        return RefusedByPolicy(reason=reason, rule="read_only")
    return NotAnswerable(reason=reason, rule=declined.kind.value, unplaced=list(declined.unplaced))


def _finding(planned: Plan, answer: str, trusted: Trust, result: ResultSet, statement: CheckedStatement) -> Finding:
    return finding_of(
        statement,
        result,
        trusted,
        answer=answer,
        answered_by=AnsweredBy.PLANNER,
        reading=planned.reading,
    )


def _towards_people(confidence: float) -> Confidence:
    if confidence >= HIGH:
        return Confidence.HIGH
    return Confidence.MEDIUM if confidence >= MEDIUM else Confidence.LOW
