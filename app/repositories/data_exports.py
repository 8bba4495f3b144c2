"""Exports in the system database, and the rows that go into one."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Select,
    String,
    Table,
    Uuid,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.core.db import Database, Session
from app.core.pagination import PageRequest
from app.models import AuditEvent, Base, DataExport, ExportState, File, FileVersion, QueryResult, UsageRecord, User
from app.models.ownership import of_user

BATCH: Final = 500
SHOWN: Final = (Boolean, DateTime, Integer, JSON, Numeric, String, Uuid, ARRAY)
"""Types of columns that say something to a person; digests, sealed secrets and vectors do not."""
HIDDEN: Final = frozenset({"password_hash", "storage_key", "opens"})
INTERNAL: Final = frozenset(
    {
        "data_exports",
        "idempotency_keys",
        "password_resets",
        "refresh_tokens",
        "uploads",
        "upload_chunks",
        "call_answers",
    }
)
"""Tables of a person's rows that hold nothing but machinery."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One version of a file, with what its owner called it."""

    file_id: UUID
    version_id: UUID
    number: int
    name: str


async def open_one(session: Session, owner_id: UUID) -> DataExport | None:
    """The export of a person that is not finished yet."""
    statement = select(DataExport).where(DataExport.owner_id == owner_id, DataExport.state == ExportState.QUEUED)
    return await session.scalar(statement.limit(1))


async def add(session: Session, export: DataExport) -> None:
    """Stores a new export."""
    session.add(export)
    await session.flush()
    await session.refresh(export)


async def find(session: Session, owner_id: UUID, export_id: UUID) -> DataExport | None:
    """One export of a person's own."""
    return await session.scalar(_visible_to(owner_id).where(DataExport.id == export_id))


async def page(session: Session, owner_id: UUID, request: PageRequest) -> Sequence[DataExport]:
    """Up to `limit + 1` exports of a person's own, newest first."""
    statement = _visible_to(owner_id).order_by(DataExport.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(DataExport.id < request.before)
    return (await session.scalars(statement)).all()


async def owner_of(session: Session, export_id: UUID) -> UUID | None:
    """Whose export it is."""
    return await session.scalar(select(DataExport.owner_id).where(DataExport.id == export_id))


async def end(session: Session, export_id: UUID, state: ExportState, *, size_bytes: int | None, ttl_s: float) -> None:
    """Notes how it ended, and until when it is kept."""
    until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, ttl_s)
    values = {"state": state, "size_bytes": size_bytes, "finished_at": func.now(), "expires_at": until}
    await session.execute(update(DataExport).where(DataExport.id == export_id).values(values))


async def expired(session: Session, *, most: int) -> list[tuple[UUID, UUID]]:
    """Owner and id of exports whose time is over."""
    statement = select(DataExport.owner_id, DataExport.id).where(DataExport.expires_at < func.now()).limit(most)
    return [(row.owner_id, row.id) for row in await session.execute(statement)]


async def remove(session: Session, export_ids: Sequence[UUID]) -> None:
    """Forgets exports."""
    await session.execute(delete(DataExport).where(DataExport.id.in_(export_ids)))


async def stored_files(session: Session, owner_id: UUID) -> list[StoredFile]:
    """All versions of a person's files that can still be had, oldest first."""
    statement = (
        select(File.id, FileVersion.id.label("version_id"), FileVersion.number, File.name)
        .join(FileVersion, FileVersion.file_id == File.id)
        .where(File.owner_id == owner_id, File.deleted_at.is_(None))
        .order_by(FileVersion.id)
    )
    return [StoredFile(r.id, r.version_id, r.number, r.name) for r in await session.execute(statement)]


def sorts() -> list[str]:
    """Names of the tables with rows of people's, as they are called in an archive."""
    return [table.name for table, _ in _tables(UUID(int=0))]


async def rows_of(database: Database, owner_id: UUID, sort: str) -> AsyncIterator[list[dict[str, Any]]]:
    """A person's rows of one sort, a batch at a time; no connection is held between two batches."""
    table, mine = next((table, mine) for table, mine in _tables(owner_id) if table.name == sort)
    columns = _shown(table)
    if table.name == QueryResult.__tablename__:
        columns.append(table.c.rows)
    key, last = list(table.primary_key), None
    while True:
        statement = select(*columns, *key).where(mine).order_by(*key).limit(BATCH)
        if last is not None:
            statement = statement.where(tuple_(*key) > tuple_(*last))
        async with database.read() as session:
            found = (await session.execute(statement)).all()
        if found:
            yield [dict(zip([column.name for column in columns], row, strict=False)) for row in found]
        if len(found) < BATCH:
            return
        last = found[-1][-len(key) :]


def _visible_to(owner_id: UUID) -> Select[DataExport]:
    return select(DataExport).where(DataExport.owner_id == owner_id)


def _tables(owner_id: UUID) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """What belongs to a person, and what says something about them."""
    about = {
        User.__tablename__: User.id == owner_id,
        UsageRecord.__tablename__: UsageRecord.owner_id == owner_id,
        AuditEvent.__tablename__: AuditEvent.actor_id == owner_id,
    }
    for name, table in sorted(Base.metadata.tables.items()):
        mine = about.get(name)
        if mine is None and name not in INTERNAL:
            mine = of_user(table, owner_id)
        if mine is not None:
            yield table, mine


def _shown(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if isinstance(column.type, SHOWN) and column.name not in HIDDEN]
