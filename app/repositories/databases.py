"""Connections to databases as their owners and those they share them with see them, and what was seen of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.jobs import JobKind
from app.core.pagination import PageRequest
from app.models import Agent, AgentSource, DatabaseSnapshot, SourceDatabase, SurveyState
from app.repositories.jobs import Hint, enqueue
from app.repositories.shares import received_by


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A READY snapshot with everything that a question needs of it."""

    catalog: dict[str, Any]
    values: bytes
    fingerprint: str
    age_s: float
    """Since the database was last seen to be so."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The READY snapshot that questions read, and the newest one, which may still be on its way or have failed."""

    ready: DatabaseSnapshot | None
    newest: DatabaseSnapshot | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What one reading found."""

    fingerprint: str
    catalog: dict[str, Any]
    tables_found: int
    server: str
    warnings: list[str]
    grants: list[str]
    values: bytes


def visible_to(reader_id: UUID) -> Select[SourceDatabase]:
    """The databases that `reader_id` may see, own and shared; every read of databases starts here."""
    is_readable = or_(SourceDatabase.owner_id == reader_id, SourceDatabase.id.in_(received_by(reader_id)))
    return select(SourceDatabase).where(is_readable, SourceDatabase.deleted_at.is_(None))


async def get(session: AsyncSession, reader_id: UUID, database_id: UUID) -> SourceDatabase | None:
    """One database, to be read."""
    statement = visible_to(reader_id).where(SourceDatabase.id == database_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def get_own(
    session: AsyncSession, owner_id: UUID, database_id: UUID, *, lock: bool = False
) -> SourceDatabase | None:
    """One database, to be changed by its owner; with `lock` its row is held until the transaction ends."""
    is_own = (SourceDatabase.id == database_id, SourceDatabase.owner_id == owner_id)
    statement = visible_to(owner_id).where(*is_own)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(session: AsyncSession, reader_id: UUID, request: PageRequest) -> Sequence[SourceDatabase]:
    """Up to `limit + 1` databases, newest first."""
    statement = visible_to(reader_id).order_by(SourceDatabase.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(SourceDatabase.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def present(session: AsyncSession, reader_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` that are databases which `reader_id` may read."""
    statement = visible_to(reader_id).with_only_columns(SourceDatabase.id).where(SourceDatabase.id.in_(ids))
    return set((await session.execute(statement)).scalars())


async def add(session: AsyncSession, database: SourceDatabase) -> None:
    """Stores a new database."""
    session.add(database)
    await session.flush()
    await session.refresh(database, ["created_at", "updated_at"])


async def save(session: AsyncSession, database: SourceDatabase) -> None:
    """Writes the changes of `database` under its next version."""
    database.version += 1
    await session.flush()
    await session.refresh(database, ["updated_at"])


async def agents_reading(session: AsyncSession, database_id: UUID) -> int:
    """How many living agents of its owner have the database among their sources; those of others lose it."""
    is_owners = (SourceDatabase.id == AgentSource.database_id) & (SourceDatabase.owner_id == Agent.owner_id)
    statement = (
        select(func.count())
        .select_from(AgentSource)
        .join(Agent, Agent.id == AgentSource.agent_id)
        .join(SourceDatabase, is_owners)
        .where(AgentSource.database_id == database_id, Agent.deleted_at.is_(None))
    )
    return (await session.execute(statement)).scalar_one()


async def soft_delete(session: AsyncSession, database: SourceDatabase) -> None:
    """Hides the database for good and forgets its password at once."""
    await session.execute(
        update(SourceDatabase)
        .where(SourceDatabase.id == database.id)
        .values(deleted_at=func.now(), secret=b"", version=SourceDatabase.version + 1)
    )


async def request_survey(session: AsyncSession, database_id: UUID) -> Hint:
    """Adds a reading of the schema with its job; give the hint to the broker once the transaction is committed."""
    snapshot = DatabaseSnapshot(database_id=database_id, state=SurveyState.QUEUED)
    session.add(snapshot)
    await session.flush()
    return await enqueue(session, JobKind.SURVEY_DATABASE, snapshot.id)


async def is_being_read(session: AsyncSession, database_id: UUID) -> bool:
    """Whether a reading of the schema waits or runs."""
    open_states = (SurveyState.QUEUED, SurveyState.READING)
    statement = select(DatabaseSnapshot.id).where(
        DatabaseSnapshot.database_id == database_id, DatabaseSnapshot.state.in_(open_states)
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def seen(session: AsyncSession, database_ids: Sequence[UUID]) -> dict[UUID, Seen]:
    """What was seen of each database, without catalogs."""
    newest = (
        select(DatabaseSnapshot)
        .where(DatabaseSnapshot.database_id.in_(database_ids))
        .ext(distinct_on(DatabaseSnapshot.database_id))
        .order_by(DatabaseSnapshot.database_id, DatabaseSnapshot.id.desc())
    )
    ready = newest.where(DatabaseSnapshot.state == SurveyState.READY)
    last = {row.database_id: row for row in (await session.execute(newest)).scalars()}
    usable = {row.database_id: row for row in (await session.execute(ready)).scalars()}
    return {key: Seen(usable.get(key), last.get(key)) for key in database_ids}


async def catalog(session: AsyncSession, snapshot_id: UUID) -> dict[str, Any] | None:
    """The catalog of a READY snapshot as JSON."""
    statement = select(DatabaseSnapshot.catalog).where(DatabaseSnapshot.id == snapshot_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def stored_snapshot(session: AsyncSession, snapshot_id: UUID) -> tuple[SourceDatabase, StoredSnapshot] | None:
    """A READY snapshot and its database, for a question that was let through already."""
    seen_at = func.coalesce(DatabaseSnapshot.verified_at, DatabaseSnapshot.finished_at)
    statement = (
        select(
            SourceDatabase,
            DatabaseSnapshot.catalog,
            DatabaseSnapshot.values,
            DatabaseSnapshot.fingerprint,
            func.extract("epoch", func.now() - seen_at).label("age_s"),
        )
        .join(SourceDatabase, SourceDatabase.id == DatabaseSnapshot.database_id)
        .where(DatabaseSnapshot.id == snapshot_id, SourceDatabase.deleted_at.is_(None))
    )
    row = (await session.execute(statement)).first()
    if row is None or row.catalog is None or row.values is None or row.fingerprint is None:
        return None
    return row[0], StoredSnapshot(row.catalog, row.values, row.fingerprint, float(row.age_s))


async def snapshot_with_database(
    session: AsyncSession, snapshot_id: UUID
) -> tuple[DatabaseSnapshot, SourceDatabase] | None:
    """A snapshot and its living database, for work that the queue gave out."""
    statement = (
        select(DatabaseSnapshot, SourceDatabase)
        .join(SourceDatabase, SourceDatabase.id == DatabaseSnapshot.database_id)
        .where(DatabaseSnapshot.id == snapshot_id, SourceDatabase.deleted_at.is_(None))
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def begin(session: AsyncSession, snapshot_id: UUID) -> None:
    """Notes that the schema is being read now."""
    await _set(session, snapshot_id, state=SurveyState.READING)


async def set_ready(session: AsyncSession, snapshot_id: UUID, found: Findings) -> None:
    """Makes what was found the schema that questions read."""
    await _set(
        session,
        snapshot_id,
        state=SurveyState.READY,
        fingerprint=found.fingerprint,
        catalog=found.catalog,
        tables_found=found.tables_found,
        server=found.server[:120],
        warnings=found.warnings,
        grants=found.grants,
        values=found.values,
        finished_at=func.now(),
        verified_at=func.now(),
    )


async def set_failed(session: AsyncSession, snapshot_id: UUID, error: dict[str, Any]) -> None:
    """Ends a reading that found nothing; the snapshot before it stays in use."""
    await _set(session, snapshot_id, state=SurveyState.FAILED, error=error, finished_at=func.now())


async def mark_verified(session: AsyncSession, snapshot_id: UUID) -> None:
    """Notes that the database is as the snapshot says."""
    await _set(session, snapshot_id, verified_at=func.now())


async def mark_drifted(session: AsyncSession, snapshot_id: UUID) -> datetime | None:
    """Notes that the database is otherwise than the snapshot says; gives when that was noted before."""
    statement = select(DatabaseSnapshot.drifted_at).where(DatabaseSnapshot.id == snapshot_id).with_for_update()
    before = (await session.execute(statement)).scalar_one_or_none()
    if before is None:
        await _set(session, snapshot_id, drifted_at=func.now())
    return before


async def _set(session: AsyncSession, snapshot_id: UUID, **values: object) -> None:
    await session.execute(update(DatabaseSnapshot).where(DatabaseSnapshot.id == snapshot_id).values(**values))


_REMOVE_OLD = text(
    """
    DELETE FROM database_snapshots s USING databases d
     WHERE d.id = s.database_id AND s.state IN ('ready', 'failed')
       AND (d.deleted_at < now() - make_interval(secs => :after_s)
            OR EXISTS (SELECT 1 FROM database_snapshots n
                        WHERE n.database_id = s.database_id AND n.id > s.id AND n.state = 'ready'
                          AND n.finished_at < now() - make_interval(secs => :after_s)))
    RETURNING s.id
    """
)


async def remove_old_snapshots(session: AsyncSession, *, after_s: float) -> int:
    """Forgets snapshots that a newer one replaced, or whose database was deleted, more than `after_s` ago."""
    return len((await session.execute(_REMOVE_OLD, {"after_s": after_s})).all())
