"""The one path of a question from its claim to its stored end, whichever door it came in by."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.agentgraph.context import AgentOptions, Clarification, Event, ModelAccess, Question, RunContext
from app.agentgraph.examples import Example
from app.agentgraph.outcome import Outcome, OutcomeKind
from app.agentgraph.runner import answer
from app.connectors.base import Limits, ResultSet
from app.core import tracing
from app.core.config import Settings
from app.core.db import SYSTEM, Session, act_as, acting
from app.core.errors import (
    AgentGraphError,
    Internal,
    NotReady,
    PermissionDenied,
    RefusedByPolicy,
    SourceMissing,
    SqlInvalid,
    TimedOut,
    Unavailable,
)
from app.core.i18n import Language
from app.core.permissions import SENTENCES, Permission
from app.core.rights import Holder, held
from app.models import AuditAction, AuditOutcome, FileState, JobState, Query, QueryState, SurveyState
from app.repositories import agents, jobs, queries, rights, sessions, shares
from app.repositories.agents import AskedAgent
from app.repositories.jobs import Claim
from app.repositories.queries import Ending, StartedQuery, Times
from app.services import results
from app.services.audit.audit import record
from app.services.costs.ledger import QueryLedger
from app.services.costs.prices import own_prices
from app.services.costs.spending import Spending
from app.services.engine.engine import Engine
from app.services.engine.model_access import model_access
from app.services.engine.open_sources import OpenSource
from app.services.jobs.batch_ends import settle_batch
from app.services.jobs.endings import ending_by, ending_of
from app.services.jobs.events import STARTED, EventWriter, tell_final
from app.services.jobs.jobs import HeldJob, StopReason
from app.services.memory.pair_examples import examples_for
from app.services.memory.resembling import as_hints, as_offers, resembling, versions_of
from app.services.memory.session_memory import Place, memory_before
from app.services.monitoring.measuring import measure_question
from app.services.queries.across import across
from app.services.queries.cache import SharedAnswerCache
from app.services.restrict import by_table, restrict

GRACE_S = 5.0
"""Beyond the graph's own deadline, before the run is cancelled from outside."""
THREAD_CELLS = 20_000
"""Results with more cells are packed in a thread, off the event loop."""
RETRY_S = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claimed question with everything that its run starts from."""

    claim: Claim
    owner_id: UUID
    agent_id: UUID | None
    agent_version: int
    question: str
    language: Language | None
    agent: AskedAgent | None
    place: Place | None = None
    inputs: Sequence[Mapping[str, Any]] = ()
    """What its owner was asked back before, and replied, as stored."""
    batch_id: UUID | None = None
    obstacle: AgentGraphError | None = None
    """What forbids to run it, found at the claim."""
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """A query as it was just stored, with its rows at hand."""

    query: Query
    result: ResultSet | None


async def work_off(engine: Engine, job_id: UUID) -> None:
    """A worker's part: answers questions as long as there are any that this process may take.

    `job_id` is a hint that work is there; which question is taken is decided by fairness, so that one person's
    thousand do not keep another's waiting. Looking again after each makes up for hints that met a busy machine.
    """
    is_more = True
    while is_more and not engine.turns.is_closing:
        try:
            is_more = await take(engine, job_id)
        except Unavailable:
            _log.warning("no question can be taken: the system database is away")
            await asyncio.sleep(RETRY_S)


async def take(engine: Engine, job_id: UUID) -> bool:
    """Claims the question whose turn it is, runs it, stores the end; False when there is none."""
    async with engine.turns.gate:
        claimed_at = time.monotonic()
        async with engine.platform.database.transaction() as session:
            claim = await engine.turns.claim(session) or await _unowned(session, engine, job_id)
            asked = None if claim is None else await _asked(session, claim)
        engine.turns.delay.note(time.monotonic() - claimed_at)
    if claim is None:
        return False
    if asked is None:
        return True
    held = engine.jobs.hold(claim, claimed_at)
    engine.turns.begin(claim)
    try:
        await asyncio.wait([engine.jobs.work(held, perform(engine, held, asked))])
    finally:
        engine.turns.end(claim)
    return True


async def _unowned(session: Session, engine: Engine, job_id: UUID) -> Claim | None:
    """The hinted job itself, if it was recorded by an earlier version, which did not note whose it is."""
    if not await jobs.is_unowned(session, job_id):
        return None
    return await jobs.claim(session, job_id, lease_s=engine.platform.settings.lease_s)


async def perform(engine: Engine, held: HeldJob, asked: Asked) -> Finished | None:
    """Runs a claimed question and stores its end; None when the claim was lost, and then nothing was stored.

    Raises CancelledError when the lease was lost or the job is to be handed back.
    """
    act_as(SYSTEM)  # In the context of its own task: what is kept of a run does not hang on what its asker may see.
    platform, claim = engine.platform, asked.claim
    ttl_s = platform.settings.event_ttl_s
    writer = EventWriter(platform.valkey, claim.subject_id, fence=claim.fence, ttl_s=ttl_s)
    writer.tell(STARTED, {"query_id": claim.subject_id, "question": asked.question, "attempt": claim.attempts})
    first = claim.fence == 1
    spending = Spending(platform.database, claim.subject_id, asked.owner_id, asked.agent_id)
    ledger = QueryLedger(platform.database, spending, is_first_attempt=first)
    ending, result = await _ending(engine, held, asked, writer=writer, ledger=ledger)
    ending = _with_origin(ending, asked.agent)
    held.is_ending = True
    ending, times = await _store(engine, asked, ending, ledger)
    if times is None:
        return None
    measure_question(platform, asked.agent, ending, times=times, calls=ledger.made)
    query = _as_query(asked, ending, times)
    tell_final(writer, query)
    if asked.batch_id is not None:
        await settle_batch(platform, asked.batch_id)
    return Finished(query, result if query.state is QueryState.SUCCEEDED else None)


async def _asked(session: Session, claim: Claim) -> Asked | None:
    """The claimed question, read anew with its owner's present rights; None when the query is final already."""
    started = await queries.start(session, claim.subject_id)
    if started is None:
        await jobs.finish(session, claim, JobState.DONE)
        return None
    agent = None
    if started.agent_id is not None:
        agent = await agents.asked(session, started.owner_id, started.agent_id)
    return Asked(
        claim=claim,
        owner_id=started.owner_id,
        agent_id=started.agent_id,
        agent_version=started.agent_version,
        question=started.question,
        language=None if started.language is None else Language(started.language),
        agent=agent,
        place=_place(started),
        inputs=started.inputs,
        batch_id=started.batch_id,
        obstacle=_obstacle(await rights.find(session, started.owner_id)),
        is_cancelled=started.cancel_requested,
    )


def _place(started: StartedQuery) -> Place | None:
    if started.session_id is None or started.message_number is None:
        return None
    return Place(started.session_id, started.message_number)


def _obstacle(owner: Holder | None) -> AgentGraphError | None:
    permission = Permission.QUERIES_EXECUTE
    if owner is not None and owner.is_active and permission in held(owner):
        return None
    return PermissionDenied(permission=permission.value, sentence=SENTENCES[permission].to(Language.EN))


async def _ending(
    engine: Engine, held: HeldJob, asked: Asked, *, writer: EventWriter, ledger: QueryLedger
) -> tuple[Ending, ResultSet | None]:
    language = asked.language or Language.EN
    if asked.is_cancelled:
        return Ending(QueryState.CANCELLED), None
    try:
        outcome = await _answered(engine, asked, writer, ledger=ledger)
        return ending_of(outcome, await _packed(outcome.result), can_wait=asked.batch_id is None), outcome.result
    except asyncio.CancelledError:
        if held.stopped is not StopReason.CANCELLED:
            raise
        return Ending(QueryState.CANCELLED), None
    except AgentGraphError as error:
        return ending_by(error, language), None
    except Exception:  # noqa: BLE001  (the last resort of a job: a defect ends it with a code and a log entry)
        _log.exception("query %s failed by a defect", asked.claim.subject_id)
        return ending_by(Internal(), language), None


async def _answered(engine: Engine, asked: Asked, writer: EventWriter, *, ledger: QueryLedger) -> Outcome:
    """Answers, and begins anew where the system's own database went away on the way: model calls are not paid again."""
    until = time.monotonic() + engine.platform.settings.query_timeout_s
    while True:
        try:
            return await _answer(engine, asked, writer, ledger=ledger)
        except Unavailable as error:
            # Its children are about other parts, which the graph has tried again already.
            if type(error) is not Unavailable or time.monotonic() > until:
                raise
            _log.warning("query %s waits for the system database", asked.claim.subject_id)
            await asyncio.sleep(RETRY_S)


async def _answer(engine: Engine, asked: Asked, writer: EventWriter, *, ledger: QueryLedger) -> Outcome:
    if asked.obstacle is not None:
        raise asked.obstacle
    agent, settings = asked.agent, engine.platform.settings
    if agent is None:
        raise SourceMissing
    require_ready(agent)
    try:
        async with asyncio.timeout(settings.query_timeout_s + GRACE_S), AsyncExitStack() as stack:
            has_model = (agent.model or settings.default_model) is not None
            with acting(asked.owner_id):
                source = await stack.enter_async_context(opened(engine, agent))
                examples = await examples_for(
                    engine.platform, agent, source.catalog, asked.question, has_model=has_model
                )
                memory = await memory_before(engine, asked.owner_id, asked.place, asked.question)
                alike = await resembling(engine.platform, agent, asked.claim.subject_id, asked.question)
            models = await _models(engine) if has_model else model_access(settings)
            context = _context(
                engine,
                agent,
                source,
                writer=writer,
                models=models,
                ledger=ledger,
                examples=examples,
                earlier=as_hints(alike),
            )
            clarified = tuple(Clarification(back["question"], back["reply"]) for back in asked.inputs)
            outcome = await answer(Question(asked.question, asked.language, memory, clarified), context)
            outcome = replace(outcome, extracts=tuple(source.extracts))
    except TimeoutError:
        raise TimedOut(limit_s=settings.query_timeout_s) from None
    if agent.database is not None and outcome.failure is not None and outcome.failure.code == SqlInvalid.code:
        engine.databases.doubt(agent.database)
    return replace(outcome, resembles=as_offers(alike))


async def _models(engine: Engine) -> ModelAccess:
    async with engine.platform.database.read() as session:
        own = await own_prices(session, engine.platform.settings)
    return model_access(engine.platform.settings, own)


@asynccontextmanager
async def opened(engine: Engine, agent: AskedAgent) -> AsyncIterator[OpenSource]:
    """What the agent's owner may see of what the agent reads, kept open as long as it is used.

    Raises NotReady, and RefusedByPolicy when the rules of a shared source cannot hold.
    """
    restriction = agent.restriction
    if agent.database is None:
        async with engine.sources.use(agent.sources) as source:
            ruled = [restriction.of(file.file_id) for file in agent.sources]
            yield restrict(source, by_table(list(zip(ruled, source.names, strict=True))), restriction)
        return
    database = engine.databases.use(agent.database)
    if not agent.sources:
        async with database as source:
            yield restrict(source, by_table([(restriction.of(agent.database.id), {})]), restriction)
        return
    if restriction.rules:
        raise RefusedByPolicy(rule="policy", reason="files and a database are not read together where rules hold")
    names = (", ".join(source.file_name for source in agent.sources), agent.database.name)
    async with across(engine.registry, engine.sources.use(agent.sources), database, names=names) as source:
        yield source


def require_ready(agent: AskedAgent) -> None:
    """Raises SourceMissing or NotReady unless all of the agent's sources can be asked."""
    if not agent.sources and agent.database is None:
        raise SourceMissing
    if agent.database is not None and agent.database.state is not SurveyState.READY:
        raise NotReady(state=agent.database.state.value)
    for source in agent.sources:
        if source.state is not FileState.READY:
            raise NotReady(state=source.state.value)


def _context(
    engine: Engine,
    agent: AskedAgent,
    source: OpenSource,
    *,
    writer: EventWriter,
    models: ModelAccess,
    ledger: QueryLedger,
    examples: tuple[Example, ...],
    earlier: tuple[Example, ...],
) -> RunContext:
    platform, settings = engine.platform, engine.platform.settings

    async def emit(event: Event) -> None:
        writer.tell(event.name, event.data)

    ttl_s = settings.result_cache_ttl_s
    if agent.database is not None:
        ttl_s = min(ttl_s, agent.database.cache_ttl_s)
    return RunContext(
        options=_options(agent, settings.default_model),
        connector=source.connector,
        catalog=source.catalog,
        values=source.values,
        limits=_limits(agent, settings),
        models=models,
        ledger=ledger,
        emit=emit,
        cache=SharedAnswerCache(platform.valkey, agent, examples, ttl_s=ttl_s) if ttl_s else None,
        forecasts=engine.registry.forecasts,
        timeout_s=settings.query_timeout_s,
        parts=source.parts,
        read_from=tuple(part.name for part in source.parts),
        examples=examples,
        policy=source.policy,
        earlier=earlier,
    )


def _limits(agent: AskedAgent, settings: Settings) -> Limits:
    """The narrowest of what the agent, its database and the installation allow."""
    limits = Limits(agent.max_rows, settings.max_result_bytes, settings.statement_timeout_s)
    if agent.database is None:
        return limits
    own = agent.database
    return Limits(
        max_rows=min(limits.max_rows, own.max_rows or limits.max_rows),
        max_bytes=min(limits.max_bytes, own.max_bytes or limits.max_bytes),
        timeout_s=min(limits.timeout_s, own.timeout_s or limits.timeout_s),
    )


def _options(agent: AskedAgent, default_model: str | None) -> AgentOptions:
    return AgentOptions(
        model=agent.model or default_model,
        processing_enabled=agent.processing_enabled,
        processing_model=agent.processing_model,
        execute_suggestion=agent.execute_suggestion,
        refine_question=agent.refine_question,
        advanced_mode=agent.advanced_mode,
        charts_enabled=agent.charts_enabled,
        planner_first=agent.planner_first,
        instructions=agent.instructions,
    )


def _with_origin(ending: Ending, agent: AskedAgent | None) -> Ending:
    """The same with its trace, by which it is found in logs and traces, and with the versions that were read, by which
    a later question knows whether the answer still holds."""
    details: dict[str, Any] = {**(ending.details or {}), "trace_id": tracing.trace_id()}
    if ending.details is not None and agent is not None:
        details["sources"] = versions_of(agent)
    return replace(ending, details=details)


async def _packed(result: ResultSet | None) -> bytes | None:
    if result is None:
        return None
    if len(result.rows) * len(result.columns) > THREAD_CELLS:
        return await asyncio.to_thread(results.pack_rows, result)
    return results.pack_rows(result)


def _is_refused(ending: Ending) -> bool:
    code = (ending.error or {}).get("code")
    return ending.outcome == OutcomeKind.REFUSED.value or code in {RefusedByPolicy.code, PermissionDenied.code}


async def _record_refusal(session: Session, claim: Claim, owner_id: UUID, ending: Ending) -> None:
    error = ending.error or {}
    after = {"owner_id": str(owner_id), "code": error.get("code"), "rule": error.get("fields", {}).get("rule")}
    refused = AuditOutcome.REFUSED
    await record(session, None, AuditAction.QUERY_REFUSED, "query", claim.subject_id, after=after, outcome=refused)


async def _store(engine: Engine, asked: Asked, ending: Ending, ledger: QueryLedger) -> tuple[Ending, Times | None]:
    """Commits the end with its bill, and lets the next question of the session go.

    Tries again while the database is away, until the lease is lost.
    """
    claim = asked.claim
    while True:
        try:
            tokens_in, tokens_out, cost_usd = await ledger.bill()
            billed = replace(ending, tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost_usd)
            async with engine.platform.database.transaction() as session:
                billed = await _within_rights(session, asked, billed)
                times = await queries.end(session, claim, billed)
                if times is not None and _is_refused(billed):
                    await _record_refusal(session, claim, asked.owner_id, billed)
                hint = None
                if times is not None and asked.place is not None:
                    hint = await sessions.release_next(session, asked.place.session_id)
            if hint is not None:
                engine.jobs.hint_soon([hint])
            return billed, times
        except Unavailable:
            _log.warning("the end of query %s waits for the system database", claim.subject_id)
            await asyncio.sleep(RETRY_S)


async def _within_rights(session: Session, asked: Asked, ending: Ending) -> Ending:
    """`ending`, unless a share that it rests on was taken back while it came about."""
    borrowed = () if asked.agent is None else asked.agent.borrowed
    if not borrowed or await shares.hold(session, asked.owner_id, borrowed):
        return replace(ending, borrowed=borrowed)
    refused = ending_by(SourceMissing(), asked.language or Language.EN)
    return replace(refused, tokens_in=ending.tokens_in, tokens_out=ending.tokens_out, cost_usd=ending.cost_usd)


def _as_query(asked: Asked, ending: Ending, times: Times) -> Query:
    """The row as it was just written, without reading it back."""
    return Query(
        id=asked.claim.subject_id,
        owner_id=asked.owner_id,
        agent_id=asked.agent_id,
        agent_version=asked.agent_version,
        session_id=None if asked.place is None else asked.place.session_id,
        message_number=None if asked.place is None else asked.place.number,
        batch_id=asked.batch_id,
        question=asked.question,
        language=ending.language or (asked.language.value if asked.language else None),
        state=ending.state,
        outcome=ending.outcome,
        answer=ending.answer,
        answered_by=ending.answered_by,
        sql=ending.sql,
        chart=ending.chart,
        error=ending.error,
        details=ending.details,
        input_request=ending.input_request,
        inputs=[dict(back) for back in asked.inputs] or None,
        row_count=ending.row_count,
        truncated=ending.truncated,
        tokens_in=ending.tokens_in,
        tokens_out=ending.tokens_out,
        cost_usd=ending.cost_usd,
        created_at=times.created_at,
        started_at=times.started_at,
        finished_at=times.finished_at,
    )
