"""The one path of a question from its claim to its stored end, whichever door it came in by."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from uuid import UUID

from app.agentgraph.outcome import OutcomeKind
from app.agentgraph.trace import Trace
from app.connectors.base import ResultSet
from app.core import tracing
from app.core.db import SYSTEM, Database, Session, act_as
from app.core.errors import (
    AgentGraphError,
    Internal,
    PermissionDenied,
    RefusedByPolicy,
    SourceMissing,
    Unavailable,
)
from app.core.i18n import Language
from app.core.permissions import SENTENCES, Permission
from app.core.rights import Holder, held
from app.models import AuditAction, AuditOutcome, JobState, Query, QueryState, Work
from app.repositories import agents, jobs, metering, queries, query_traces, rights, sessions, shares, summaries
from app.repositories.agents import AskedAgent
from app.repositories.jobs import Claim
from app.repositories.queries import Ending, StartedQuery, Times
from app.services import results
from app.services.audit.audit import record
from app.services.costs.ledger import QueryLedger
from app.services.costs.metering import of_statements
from app.services.costs.spending import Spending
from app.services.engine.engine import Engine
from app.services.jobs.batch_ends import settle_batch
from app.services.jobs.endings import ending_by, ending_of
from app.services.jobs.events import STARTED, EventWriter, tell_final
from app.services.jobs.jobs import HeldJob, StopReason
from app.services.memory.resembling import versions_of
from app.services.memory.session_memory import Place
from app.services.monitoring.measuring import measure_question
from app.services.queries.query_answer import RETRY_S, Asked, answered
from app.services.results import json_value

THREAD_CELLS = 20_000
"""Results with more cells are packed in a thread, off the event loop."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """A query as it was just stored, with its rows at hand."""

    query: Query
    result: ResultSet | None


async def perform(engine: Engine, held: HeldJob, asked: Asked) -> Finished | None:
    """Runs a claimed question and stores its end; None when the claim was lost, and then nothing was stored.

    Raises CancelledError when the lease was lost or the job is to be handed back.
    """
    act_as(SYSTEM)  # In the context of its own task: what is kept of a run does not hang on what its asker may see.
    platform, claim = engine.platform, asked.claim
    ttl_s = platform.settings.event_ttl_s
    writer = EventWriter(
        platform.valkey, claim.subject_id, fence=claim.fence, ttl_s=ttl_s, begin=engine.jobs.begin_aside
    )
    writer.tell(STARTED, {"query_id": claim.subject_id, "question": asked.question, "attempt": claim.attempts})
    first = claim.fence == 1
    spending = Spending(platform.database, claim.subject_id, asked.owner_id, asked.agent_id)
    ledger = QueryLedger(platform.database, spending, is_first_attempt=first)
    trace = Trace() if asked.agent is not None and asked.agent.debug else None
    ending, result = await _ending(engine, held, asked, writer=writer, ledger=ledger, trace=trace)
    ending = _with_origin(ending, asked.agent, trace)
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


async def claimed_question(session: Session, claim: Claim) -> Asked | None:
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
    engine: Engine, held: HeldJob, asked: Asked, *, writer: EventWriter, ledger: QueryLedger, trace: Trace | None
) -> tuple[Ending, ResultSet | None]:
    language = asked.language or Language.EN
    if asked.is_cancelled:
        return Ending(QueryState.CANCELLED), None
    try:
        outcome = await answered(engine, asked, writer, ledger=ledger, trace=trace)
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


def _with_origin(ending: Ending, agent: AskedAgent | None, trace: Trace | None) -> Ending:
    """The same with the id by which it is found in logs and spans, with the versions that were read, by which a later
    question knows whether the answer still holds, and with the steps that its agent keeps."""
    details = {**(ending.details or {}), "trace_id": tracing.trace_id()}
    if ending.details is not None and agent is not None:
        details["sources"] = versions_of(agent)
    return replace(ending, details=details, trace=() if trace is None else tuple(json_value(trace.steps)))


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
            async with _storing(engine.platform.database, asked, billed) as session:
                billed = await _within_rights(session, asked, billed)
                times = await queries.end(session, claim, billed)
                if times is not None and _is_refused(billed):
                    await _record_refusal(session, claim, asked.owner_id, billed)
                if times is not None and billed.trace:
                    await query_traces.add(session, claim.subject_id, list(billed.trace))
                hint = None
                if times is not None and asked.place is not None:
                    hint = await sessions.release_next(session, asked.place.session_id)
                    await _summarise(session, engine, asked.claim.subject_id, asked.place)
                statements = of_statements(billed)
                if times is not None and statements is not None:
                    await metering.add(session, asked.owner_id, Work.SQL, statements)
            if hint is not None:
                engine.jobs.hint_soon([hint])
            return billed, times
        except Unavailable:
            _log.warning("the end of query %s waits for the system database", claim.subject_id)
            await asyncio.sleep(RETRY_S)


def _storing(database: Database, asked: Asked, ending: Ending) -> AbstractAsyncContextManager[Session]:
    """A transaction where more than the end itself is stored; without, the one statement saves its round trips."""
    borrows = asked.agent is not None and asked.agent.borrowed
    more = asked.place or borrows or ending.trace or of_statements(ending) or _is_refused(ending)
    return database.transaction() if more else database.autocommit()


async def _summarise(session: Session, engine: Engine, query_id: UUID, place: Place) -> None:
    """Has what was said before summarised when that is due; the sweeper gives the hint, so that no answer waits."""
    settings = engine.platform.settings
    least = settings.context_full_turns + settings.summary_turns
    if settings.summary_turns and place.number > 2 * least:
        await summaries.enqueue_due(session, query_id, place.session_id, least=least)


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
