"""Feedback on answers, and what comes of it: pairs of question and SQL, proposed, verified and shown to models."""

from collections.abc import AsyncIterator
from uuid import UUID

import orjson
from pydantic import ValidationError

from app.connectors.base import Limits
from app.connectors.sql_gate import check
from app.core import clock
from app.core.actor import Actor
from app.core.db import Session, acting, seeing_all
from app.core.errors import AgentGraphError, NotFound, QuestionError, SourceMissing, TimedOut
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, page_of
from app.core.rights import may_share_for
from app.models import AuditAction, Pair, PairState, Query, Verdict
from app.repositories import agents, feedback, rights
from app.repositories.agents import AskedAgent
from app.schemas.feedback import FeedbackCreate, FeedbackRead, PairLine, PairRead, PairsImported
from app.services.accounts.acting import look
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.memory.pair_examples import schema_digest, sources_digest
from app.services.queries import queries
from app.services.queries.asked_sources import opened

EXPORT_PAGE = 200
"""Pairs read at a time for an export."""
TRIAL_BYTES = 1024**2
"""Most bytes of rows that a statement under trial may return; more are cut, which is no fault of it."""


async def give_feedback(engine: Engine, actor: Actor, query_id: UUID, wanted: FeedbackCreate) -> FeedbackRead:
    """Keeps what the asker thinks; a thumb up, or a corrected statement that runs, proposes a pair.

    A question that goes on from another one says too little by itself, and proposes none. Raises NotFound, and for a
    corrected statement SourceMissing, NotReady, SqlInvalid, RefusedByPolicy, TimedOut.
    """
    async with engine.platform.database.read() as session:
        query = await queries.get(session, actor, query_id)
    proposal = await _proposal(engine, actor, query, wanted)
    async with engine.platform.database.transaction() as session:
        await feedback.give(
            session, query_id=query_id, owner_id=actor.user_id, verdict=Verdict(wanted.verdict), reason=wanted.reason
        )
        pair = await _replace(session, actor, query_id, proposal)
        after = {"verdict": wanted.verdict, "corrected": wanted.corrected_sql is not None}
        await record(session, actor, AuditAction.FEEDBACK_GIVEN, "query", query_id, after=after)
    shown = None if pair is None else PairRead.model_validate(pair)
    return FeedbackRead(query_id=query_id, verdict=wanted.verdict, reason=wanted.reason, pair=shown)


async def list_page(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    agent_id: UUID | None,
    state: PairState | None,
    user_id: UUID | None = None,
) -> Page[PairRead]:
    """The actor's pairs, or those of a user whom it manages as a MASTER, newest first. Raises NotFound.

    With `agent_id` those of the sources of that agent alone.
    """
    owner_id = actor.user_id if user_id is None else await _decided_by(session, actor, user_id)
    async with seeing_all(session):
        sources = None if agent_id is None else sources_digest(await _agent(session, owner_id, agent_id))
        rows = await feedback.page(session, owner_id, request, sources=sources, state=state)
    return page_of([PairRead.model_validate(row) for row in rows], request)


async def verify(engine: Engine, actor: Actor, pair_id: UUID) -> PairRead:
    """Runs the statement against the sources as they are now, and has models shown the pair from then on.

    The owner of the pair decides that, or the MASTER who manages the owner; it is tried with what the owner may see.
    Raises NotFound, SourceMissing when its agent reads other sources by now, and what a statement that fails raises.
    """
    async with engine.platform.database.transaction() as session:
        async with seeing_all(session):
            owner_id = await feedback.owner_of(session, pair_id)
        owner_id = await _decided_by(session, actor, owner_id)
    with acting(owner_id):
        async with engine.platform.database.read() as session:
            found = await _pair_of(session, owner_id, pair_id)
            agent = None if found.agent_id is None else await agents.asked(session, owner_id, found.agent_id)
        if agent is None or sources_digest(agent) != found.sources:
            raise SourceMissing
        digest, sql = await _tried(engine, agent, found.sql)
        async with engine.platform.database.transaction() as session:
            pair = await _pair_of(session, owner_id, pair_id)
            pair.state, pair.verified_at = PairState.VERIFIED, clock.now()
            pair.schema_digest, pair.sql = digest, sql
            await feedback.save(session)
            await record(session, actor, AuditAction.PAIR_VERIFIED, "pair", pair_id)
            return PairRead.model_validate(pair)


async def delete(session: Session, actor: Actor, pair_id: UUID) -> None:
    """Removes a pair. Raises NotFound."""
    await feedback.remove(session, await _pair_of(session, actor.user_id, pair_id))
    await record(session, actor, AuditAction.PAIR_DELETED, "pair", pair_id)


async def export(engine: Engine, actor: Actor, agent_id: UUID) -> AsyncIterator[bytes]:
    """The pairs of an agent's sources as JSON lines, newest first. Raises NotFound, before the first line."""
    async with engine.platform.database.transaction() as session:
        sources = sources_digest(await _agent(session, actor.user_id, agent_id))
        await record(session, actor, AuditAction.PAIRS_EXPORTED, "agent", agent_id)
    return _lines(engine, actor, sources)


async def import_lines(engine: Engine, actor: Actor, agent_id: UUID, lines: bytes) -> PairsImported:
    """Proposes every line `{question, sql}` whose statement runs over the agent's sources.

    Raises NotFound, SourceMissing, NotReady.
    """
    async with engine.platform.database.read() as session:
        agent = await queries.askable(session, actor, agent_id)
    made, rejected = [], []
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            wanted = PairLine.model_validate_json(line)
            digest, sql = await _tried(engine, agent, wanted.sql)
        except (ValidationError, QuestionError, TimedOut):
            rejected.append(number)
        else:
            made.append(_pair(actor, agent, digest, question=wanted.question, sql=sql))
    async with engine.platform.database.transaction() as session:
        await feedback.add(session, made)
        after = {"added": len(made), "rejected": len(rejected)}
        await record(session, actor, AuditAction.PAIRS_IMPORTED, "agent", agent_id, after=after)
    return PairsImported(added=len(made), rejected=rejected)


async def _proposal(engine: Engine, actor: Actor, query: Query, wanted: FeedbackCreate) -> Pair | None:
    """The pair that a verdict proposes, its statement tried; what was right before and fails now proposes none."""
    sql = wanted.corrected_sql or (query.sql if wanted.verdict == Verdict.UP.value else None)
    if sql is None or query.agent_id is None:
        return None
    async with engine.platform.database.read() as session:
        agent = await queries.askable(session, actor, query.agent_id)
    try:
        digest, checked = await _tried(engine, agent, sql)
    except AgentGraphError:
        if wanted.corrected_sql is not None:
            raise
        return None
    if (query.details or {}).get("continues"):
        return None
    pair = _pair(actor, agent, digest, question=query.question, sql=checked)
    pair.query_id = query.id
    return pair


async def _replace(session: Session, actor: Actor, query_id: UUID, proposal: Pair | None) -> Pair | None:
    """Puts the proposal in the place of what was proposed of the same question before."""
    before = await feedback.pair_of(session, actor.user_id, query_id)
    if before is not None and proposal is not None and before.sql == proposal.sql:
        return before
    if before is not None:
        await feedback.remove(session, before)
    if proposal is not None:
        await feedback.add(session, [proposal])
    return proposal


async def _tried(engine: Engine, agent: AskedAgent, sql: str) -> tuple[str, str]:
    """Digest of the schema and the checked statement, once it has run. Raises what the gate and the source raise."""
    settings = engine.platform.settings
    async with opened(engine, agent) as source:
        catalog = source.catalog
        tables = [table.name for table in catalog.tables]
        statement = check(sql, dialect=catalog.dialect, tables=tables, policy=source.policy)
        await source.connector.query(statement, Limits(1, TRIAL_BYTES, settings.statement_timeout_s))
        return schema_digest(catalog), statement.shown


def _pair(actor: Actor, agent: AskedAgent, digest: str, *, question: str, sql: str) -> Pair:
    return Pair(
        id=new_id(),
        owner_id=actor.user_id,
        agent_id=agent.id,
        sources=sources_digest(agent),
        schema_digest=digest,
        question=question,
        sql=sql,
        state=PairState.PROPOSED,
    )


async def _lines(engine: Engine, actor: Actor, sources: str) -> AsyncIterator[bytes]:
    before: UUID | None = None
    while True:
        request = PageRequest(limit=EXPORT_PAGE, before=before)
        async with engine.platform.database.read() as session:
            rows = await feedback.page(session, actor.user_id, request, sources=sources, state=None)
        for row in rows[:EXPORT_PAGE]:
            yield orjson.dumps({"question": row.question, "sql": row.sql}) + b"\n"
        if len(rows) <= EXPORT_PAGE:
            return
        before = rows[EXPORT_PAGE - 1].id


async def _decided_by(session: Session, actor: Actor, owner_id: UUID | None) -> UUID:
    """The same id when the actor decides about the pairs of that user: its own, or as the MASTER. Raises NotFound."""
    owner = None if owner_id is None else await rights.find(session, owner_id)
    if owner is None or not may_share_for(await look(session, actor), owner):
        raise NotFound
    return owner.id


async def _pair_of(session: Session, owner_id: UUID, pair_id: UUID) -> Pair:
    found = await feedback.pair(session, owner_id, pair_id)
    if found is None:
        raise NotFound
    return found


async def _agent(session: Session, owner_id: UUID, agent_id: UUID) -> AskedAgent:
    found = await agents.asked(session, owner_id, agent_id)
    if found is None:
        raise NotFound
    return found
