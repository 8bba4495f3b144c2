"""Agents as their owners see them, and what a question needs of one in a single read."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.core.pagination import PageRequest
from app.core.source_rules import UNRESTRICTED, Restriction, attributes_of
from app.models import Agent, AgentSource, FileState, SurveyState
from app.repositories.source_rules import reader_rules


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """The version of a file that a question asked now would read."""

    file_id: UUID
    file_name: str
    edition: int
    """Which state of the file's descriptions."""
    version_id: UUID
    state: FileState
    storage_key: str


@dataclass(frozen=True, slots=True)
class AskedDatabase:
    """A database that an agent reads, in the state in which a question asked now would find it."""

    id: UUID
    name: str
    version: int
    """Which state of the connection's settings."""
    snapshot_id: UUID
    """The schema that is read: the newest READY one, or else the newest."""
    state: SurveyState
    timeout_s: float | None
    max_rows: int | None
    max_bytes: int | None
    cache_ttl_s: int


@dataclass(frozen=True, slots=True)
class AskedAgent:
    """An agent with its sources, as one question sees it."""

    id: UUID
    owner_id: UUID
    version: int
    instructions: str
    model: str | None
    processing_enabled: bool
    processing_model: str | None
    execute_suggestion: bool
    refine_question: bool
    advanced_mode: bool
    charts_enabled: bool
    planner_first: bool
    candidates: int
    max_rows: int
    debug: bool
    sources: tuple[SourceVersion, ...]
    """Its files, in order."""
    databases: tuple[AskedDatabase, ...]
    borrowed: tuple[str, ...] = ()
    """Keys of those of its sources that others share (`app.models.shares.RECEIVED`)."""
    restriction: Restriction = UNRESTRICTED
    """What its owner may not see of those."""


_ASKED = text(
    """
    SELECT a.id, a.owner_id, a.version, a.instructions, a.model, a.processing_enabled, a.processing_model,
           a.execute_suggestion, a.refine_question, a.advanced_mode, a.charts_enabled, a.planner_first, a.candidates,
           a.max_rows, a.debug,
           f.id AS file_id, f.name AS file_name, f.edition, v.id AS version_id, v.state AS version_state, v.storage_key,
           d.id AS database_id, d.name AS database_name, d.version AS database_version, d.timeout_s,
           d.max_rows AS database_max_rows, d.max_bytes, d.cache_ttl_s, p.id AS snapshot_id,
           p.state AS snapshot_state, r.key AS received_key,
           rules.tables AS rules, u.email, u.attributes
      FROM agents a
      JOIN users u ON u.id = a.owner_id
      LEFT JOIN agent_sources s ON s.agent_id = a.id
      LEFT JOIN received_sources r ON r.reader_id = a.owner_id AND r.source_id = coalesce(s.file_id, s.database_id)
      LEFT JOIN source_rules rules ON rules.id = r.rules_id
      LEFT JOIN files f ON f.id = s.file_id AND f.deleted_at IS NULL AND a.owner_id IN (f.owner_id, r.reader_id)
      LEFT JOIN LATERAL (
            SELECT id, state, storage_key FROM file_versions
             WHERE file_id = f.id ORDER BY (state = 'ready') DESC, number DESC LIMIT 1
           ) v ON true
      LEFT JOIN databases d
        ON d.id = s.database_id AND d.deleted_at IS NULL AND a.owner_id IN (d.owner_id, r.reader_id)
      LEFT JOIN LATERAL (
            SELECT id, state FROM database_snapshots
             WHERE database_id = d.id ORDER BY (state = 'ready') DESC, id DESC LIMIT 1
           ) p ON true
     WHERE a.id = :agent_id AND a.owner_id = :owner_id AND a.deleted_at IS NULL
     ORDER BY s.position
    """
)


def visible_to(owner_id: UUID) -> Select[Agent]:
    """The agents that `owner_id` may see, with their sources; every read of agents starts here."""
    return (
        select(Agent).where(Agent.owner_id == owner_id, Agent.deleted_at.is_(None)).options(selectinload(Agent.sources))
    )


async def get(session: AsyncSession, owner_id: UUID, agent_id: UUID, *, lock: bool = False) -> Agent | None:
    """One agent; with `lock` its row is held until the transaction ends."""
    statement = visible_to(owner_id).where(Agent.id == agent_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(session: AsyncSession, owner_id: UUID, request: PageRequest) -> Sequence[Agent]:
    """Up to `limit + 1` agents, newest first."""
    statement = visible_to(owner_id).order_by(Agent.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Agent.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def add(
    session: AsyncSession, agent: Agent, source_ids: Sequence[UUID], databases: Set[UUID] = frozenset()
) -> None:
    """Stores a new agent that reads `source_ids` in that order; those among `databases` are no files."""
    agent.sources = _sources(source_ids, databases)
    session.add(agent)
    await session.flush()
    await session.refresh(agent, ["created_at", "updated_at"])


async def replace_sources(
    session: AsyncSession, agent: Agent, source_ids: Sequence[UUID], databases: Set[UUID]
) -> None:
    """Makes `agent` read `source_ids`, in that order, and nothing else; those among `databases` are no files."""
    agent.sources.clear()
    await session.flush()
    agent.sources = _sources(source_ids, databases)


async def save(session: AsyncSession, agent: Agent) -> None:
    """Writes the changes of `agent` under its next version."""
    agent.version += 1
    await session.flush()
    await session.refresh(agent, ["updated_at"])


async def soft_delete(session: AsyncSession, agent: Agent) -> None:
    """Hides the agent for good; its queries stay."""
    await session.execute(update(Agent).where(Agent.id == agent.id).values(deleted_at=func.now()))


async def asked(session: AsyncSession, owner_id: UUID, agent_id: UUID) -> AskedAgent | None:
    """What a question to the agent needs, in one statement; None when `owner_id` has no such agent."""
    rows = (await session.execute(_ASKED, {"agent_id": agent_id, "owner_id": owner_id})).all()
    if not rows:
        return None
    head = rows[0]
    return AskedAgent(
        id=head.id,
        owner_id=head.owner_id,
        version=head.version,
        instructions=head.instructions,
        model=head.model,
        processing_enabled=head.processing_enabled,
        processing_model=head.processing_model,
        execute_suggestion=head.execute_suggestion,
        refine_question=head.refine_question,
        advanced_mode=head.advanced_mode,
        charts_enabled=head.charts_enabled,
        planner_first=head.planner_first,
        candidates=head.candidates,
        max_rows=head.max_rows,
        debug=head.debug,
        sources=tuple(_source(row) for row in rows if row.version_id is not None),
        databases=tuple(_database(row) for row in rows if row.snapshot_id is not None),
        borrowed=tuple(row.received_key for row in rows if row.received_key is not None),
        restriction=_restriction(rows),
    )


def _restriction(rows: Sequence[Row[Any]]) -> Restriction:
    ruled = [row for row in rows if row.rules is not None]
    if not ruled:
        return UNRESTRICTED
    known = attributes_of(rows[0].owner_id, rows[0].email, rows[0].attributes)
    return replace(known, rules=tuple(reader_rules(row.file_id or row.database_id, row.rules) for row in ruled))


def _source(row: Row[Any]) -> SourceVersion:
    return SourceVersion(
        file_id=row.file_id,
        file_name=row.file_name,
        edition=row.edition,
        version_id=row.version_id,
        state=FileState(row.version_state),
        storage_key=row.storage_key,
    )


def _database(row: Row[Any]) -> AskedDatabase:
    return AskedDatabase(
        id=row.database_id,
        name=row.database_name,
        version=row.database_version,
        snapshot_id=row.snapshot_id,
        state=SurveyState(row.snapshot_state),
        timeout_s=row.timeout_s,
        max_rows=row.database_max_rows,
        max_bytes=row.max_bytes,
        cache_ttl_s=row.cache_ttl_s,
    )


def _sources(source_ids: Sequence[UUID], databases: Set[UUID]) -> list[AgentSource]:
    return [
        AgentSource(position=place, **{"database_id" if source_id in databases else "file_id": source_id})
        for place, source_id in enumerate(source_ids)
    ]
