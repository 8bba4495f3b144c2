"""Asking questions by two doors into one path, and reading what came of them."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import AlreadyFinished, NotFound, ValidationFailed
from app.core.i18n import Text
from app.core.jobs import JobKind
from app.core.pagination import Page, PageRequest, page_of
from app.models import FINAL_STATES, AuditAction, Query, QueryState
from app.repositories import agents, jobs, queries, query_traces, sessions, webhooks
from app.repositories.agents import AskedAgent
from app.repositories.jobs import Hint
from app.repositories.queries import NewQuery
from app.schemas.queries import QueryCreate, QueryRead, QueryStatus, QuerySubmit, QuerySummary
from app.schemas.query_traces import TraceRead
from app.services.accounts.quotas import require_room
from app.services.audit.audit import record
from app.services.costs.spending import count_questions
from app.services.engine.engine import Engine
from app.services.jobs import events
from app.services.jobs.events import SentEvent
from app.services.memory.session_memory import Place
from app.services.queries.asked_sources import require_ready
from app.services.queries.query_answer import Asked
from app.services.queries.query_run import Finished, perform

_TOO_LONG = Text(en="The question has more than {limit} characters.", pt="A pergunta tem mais de {limit} caracteres.")


@dataclass(frozen=True, slots=True)
class Running:
    """A question that this process is answering now."""

    query: Query
    task: "asyncio.Task[Finished | None]"


async def start(engine: Engine, actor: Actor, wanted: QueryCreate) -> Running:
    """Records a question and begins to answer it in this process.

    Opens its own transaction: it has to be committed before the run starts. Raises ValidationFailed, SourceMissing,
    NotReady, TooManyQuestions, QuotaExhausted, Overloaded.
    """
    claimed_at = time.monotonic()
    await engine.admission.require_room(running=engine.jobs.count)
    async with engine.platform.database.transaction() as session:
        agent = await askable(session, actor, wanted.agent_id)
        asked = await record_running(session, engine, actor, agent=agent, question=wanted.question)
    return begin(engine, asked, claimed_at)


async def submit(engine: Engine, actor: Actor, wanted: QuerySubmit) -> UUID:
    """Records a question for the workers, and hints at it once it is committed.

    Raises NotFound for a webhook that is not the actor's, and what `start` raises.
    """
    await engine.admission.require_room()
    async with engine.platform.database.transaction() as session:
        agent = await askable(session, actor, wanted.agent_id)
        if wanted.webhook_id is not None and await webhooks.get(session, actor.user_id, wanted.webhook_id) is None:
            raise NotFound
        query = await _new(session, engine, actor, agent=agent, question=wanted.question, place=None, waits=True)
        hint = await queries.add_queued(session, query)
        if wanted.webhook_id is not None:
            await webhooks.tell_end_of(session, query.id, wanted.webhook_id)
    engine.jobs.hint_soon([hint])
    return query.id


async def askable(session: Session, actor: Actor, agent_id: UUID) -> AskedAgent:
    """The agent with its sources as they are now. Raises NotFound, SourceMissing, NotReady."""
    agent = await agents.asked(session, actor.user_id, agent_id)
    if agent is None:
        raise NotFound
    require_ready(agent)
    return agent


async def record_running(
    session: Session, engine: Engine, actor: Actor, *, agent: AskedAgent, question: str, place: Place | None = None
) -> Asked:
    """Records a question that this process will answer once the transaction is committed: `begin` it then.

    Raises ValidationFailed, TooManyQuestions, QuotaExhausted.
    """
    query = await _new(session, engine, actor, agent=agent, question=question, place=place, waits=False)
    claim = await queries.add_claimed(session, query, lease_s=engine.platform.settings.lease_s)
    return Asked(
        claim=claim,
        owner_id=actor.user_id,
        agent_id=agent.id,
        agent_version=agent.version,
        question=question,
        language=None,
        agent=agent,
        place=place,
    )


async def record_waiting(
    session: Session, engine: Engine, actor: Actor, *, agent: AskedAgent, question: str, place: Place, is_held: bool
) -> tuple[UUID, list[Hint]]:
    """Records a question of a session for the workers; a held one waits for those before it, and needs no hint yet.

    Raises what `record_running` raises.
    """
    query = await _new(session, engine, actor, agent=agent, question=question, place=place, waits=True)
    if is_held:
        await queries.add_held(session, query)
        return query.id, []
    return query.id, [await queries.add_queued(session, query)]


def begin(engine: Engine, asked: Asked, claimed_at: float) -> Running:
    """Answers a recorded question in this process; `claimed_at` is from before its transaction (monotonic)."""
    held = engine.jobs.hold(asked.claim, claimed_at)
    query = Query(
        id=asked.claim.subject_id,
        owner_id=asked.owner_id,
        agent_id=asked.agent_id,
        question=asked.question,
        state=QueryState.RUNNING,
    )
    return Running(query, engine.jobs.work(held, perform(engine, held, asked)))


async def wait(running: Running, *, timeout_s: float) -> Finished | None:
    """The finished query; None when it did not end in time, and goes on, or left this process."""
    done, _ = await asyncio.wait([running.task], timeout=timeout_s)
    if not done or running.task.cancelled():
        return None
    return running.task.result()


async def get(session: Session, actor: Actor, query_id: UUID) -> Query:
    """One query of the actor. Raises NotFound."""
    query = await queries.get(session, actor.user_id, query_id)
    if query is None:
        raise NotFound
    return query


async def read(session: Session, actor: Actor, query_id: UUID) -> QueryRead:
    """One query with everything but its rows. Raises NotFound."""
    return QueryRead.model_validate(await get(session, actor, query_id))


async def status(session: Session, actor: Actor, query_id: UUID) -> QueryStatus:
    """Where a query stands. Raises NotFound."""
    query = await get(session, actor, query_id)
    return QueryStatus(
        id=query.id,
        state=query.state,
        outcome=query.outcome,
        cancel_requested=query.cancel_requested_at is not None,
        created_at=query.created_at,
        started_at=query.started_at,
        finished_at=query.finished_at,
    )


async def trace(session: Session, actor: Actor, query_id: UUID) -> TraceRead:
    """What the runs of one query did, where its agent keeps that. Raises NotFound."""
    query = await get(session, actor, query_id)
    return TraceRead.model_validate({"steps": await query_traces.steps_of(session, query.id)})


async def list_page(
    session: Session, actor: Actor, request: PageRequest, *, agent_id: UUID | None, state: QueryState | None
) -> Page[QuerySummary]:
    """The actor's questions, newest first."""
    rows = await queries.page(session, actor.user_id, request, agent_id=agent_id, state=state)
    return page_of([QuerySummary.model_validate(row) for row in rows], request)


async def cancel(engine: Engine, actor: Actor, query_id: UUID) -> None:
    """Stops a query of the actor. Raises NotFound, AlreadyFinished."""
    await cancel_for(engine, actor, actor.user_id, query_id)


async def cancel_for(engine: Engine, actor: Actor, owner_id: UUID, query_id: UUID) -> None:
    """Stops a query wherever it runs: one that waits ends at once, one that runs within two seconds.

    It is the owner's; that `actor` may do it is for the caller to know. Raises NotFound, AlreadyFinished.
    """
    platform = engine.platform
    hint = None
    async with platform.database.transaction() as session:
        query = await queries.get(session, owner_id, query_id)
        if query is None:
            raise NotFound
        if query.state in FINAL_STATES:
            raise AlreadyFinished(state=query.state)
        fence = await jobs.withdraw(session, JobKind.RUN_QUERY, query_id)
        if query.state == QueryState.NEEDS_INPUT:
            fence = await jobs.fence_of(session, JobKind.RUN_QUERY, query_id)
        if fence is None:
            await queries.request_cancel(session, query_id)
        else:
            await queries.end_unrun(session, query_id, QueryState.CANCELLED, None)
            query = await queries.reread(session, query)
            if query.session_id is not None:
                hint = await sessions.release_next(session, query.session_id)
        await record(session, actor, AuditAction.QUERY_CANCELLED, "query", query_id)
    if fence is None:
        engine.jobs.stop_subject(query_id)
    else:
        await events.tell_end(platform, query, fence=fence)
    if hint is not None:
        engine.jobs.hint_soon([hint])


def follow(engine: Engine, query: Query, *, after: int) -> AsyncIterator[SentEvent]:
    """The events of a query that the caller has been shown to own, up to the terminal one."""
    return events.follow(engine.platform, query, after=after)


async def _new(
    session: Session,
    engine: Engine,
    actor: Actor,
    *,
    agent: AskedAgent,
    question: str,
    place: Place | None,
    waits: bool,
) -> NewQuery:
    """A question that may be asked, noted in the audit log, and about to be stored."""
    settings = engine.platform.settings
    if len(question) > settings.max_question_chars:
        raise ValidationFailed(_TOO_LONG, pointer="/question", limit=settings.max_question_chars)
    await require_room(session, settings, actor.user_id, waits=waits)
    await count_questions(session, actor.user_id, agent.id, 1)
    query = NewQuery(
        owner_id=actor.user_id,
        agent_id=agent.id,
        agent_version=agent.version,
        question=question,
        language=None,
        session_id=None if place is None else place.session_id,
        message_number=None if place is None else place.number,
        borrowed=agent.borrowed,
    )
    after = {"agent_id": str(agent.id), "agent_version": agent.version, "chars": len(question)}
    await record(session, actor, AuditAction.QUERY_SUBMITTED, "query", query.id, after=after)
    return query
