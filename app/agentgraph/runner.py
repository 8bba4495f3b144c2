"""The only door of the engine: one question in, one typed outcome out, within the run's time."""

import asyncio
import logging
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from app.agentgraph.context import Question, RunContext
from app.agentgraph.language import detect_language
from app.agentgraph.llm import ModelCaller
from app.agentgraph.outcome import Failure, Outcome, OutcomeKind
from app.agentgraph.run import Run
from app.agentgraph.source_choice import narrow
from app.agentgraph.state import GraphState
from app.core.errors import AgentGraphError, Ambiguous, Internal, NotAnswerable, RefusedByPolicy, TimedOut
from app.core.i18n import Language

if TYPE_CHECKING:
    from app.agentgraph.graphs.question import QuestionGraph

log = logging.getLogger(__name__)

_KINDS: tuple[tuple[type[AgentGraphError], OutcomeKind], ...] = (
    (RefusedByPolicy, OutcomeKind.REFUSED),
    (NotAnswerable, OutcomeKind.NOT_ANSWERABLE),
    (Ambiguous, OutcomeKind.NEEDS_INPUT),
)


def load_graph() -> "QuestionGraph":
    """The graph, made once a process. The first call takes a second of CPU: what answers questions makes it at start.

    Its library comes with it, so that schedulers and processes that read files do without.
    """
    from app.agentgraph.graphs.question import question_graph

    return question_graph()


async def answer(question: Question, context: RunContext) -> Outcome:
    """How the run of `question` ended; every failure is an outcome of its own kind, never an answer.

    Cancelling the awaiting task stops the model call and the statement under way and raises CancelledError.
    """
    graph = load_graph()
    language = question.language or _language(question)
    deadline = asyncio.get_running_loop().time() + context.timeout_s
    run = Run(context, ModelCaller(context.models, context.ledger, deadline=deadline, trace=context.trace))
    try:
        run = await _on_source(question, language, run)
        outcome = await _in_time(graph, question, language, run)
    except AgentGraphError as error:
        outcome = _failed(error, language)
    except Exception:
        log.exception("a run failed for a reason that is a defect")
        outcome = _failed(Internal(), language)
    return run.with_journal(outcome)


def _language(question: Question) -> Language:
    """That of the words; what goes on in a conversation is often too short to tell, and stays in its language."""
    turns = question.memory.turns
    if not turns:
        return detect_language(question.text)
    return detect_language(question.text, default=turns[-1].language, lean=1.0)


async def _on_source(question: Question, language: Language, run: Run) -> Run:
    """The run on the source that the question is about. Raises Ambiguous when two could be meant."""
    if not run.context.parts:
        return run
    started = perf_counter()
    before = question.memory.answered
    words = question.text if before is None else f"{before.question}\n{question.text}"
    try:
        context = await asyncio.to_thread(narrow, run.context, words, question.clarifications, language)
    finally:
        run.note_node("choose_source", started)
    await run.emit("stage", name="choose_source", status="finished", sources=list(context.read_from))
    return replace(run, context=context)


async def _in_time(graph: "QuestionGraph", question: Question, language: Language, run: Run) -> Outcome:
    """The graph's outcome. Raises TimedOut when the run's own time is over."""
    limit_s = run.context.timeout_s
    try:
        async with asyncio.timeout(limit_s) as clock:
            asked: GraphState = {
                "question": question.text,
                "language": language,
                "memory": question.memory,
                "clarifications": question.clarifications,
            }
            state = await graph.ainvoke(asked, context=run)
    except TimeoutError as error:
        if clock.expired():
            raise TimedOut(limit_s=round(limit_s, 3)) from error
        raise
    outcome: Outcome = state["outcome"]
    return outcome


def _failed(error: AgentGraphError, language: Language) -> Outcome:
    kind = next((kind for types, kind in _KINDS if isinstance(error, types)), OutcomeKind.FAILED)
    options = tuple(str(option) for option in _listed(error.fields.get("options")))
    failure = Failure(error.code, error.sentence(language), dict(error.fields))
    return Outcome(kind, language, failure=failure, options=options)


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()
