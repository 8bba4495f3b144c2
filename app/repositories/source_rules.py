"""The rules on rows and columns of shared sources: kept for their owners, found for their readers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from app.core.db import Session
from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.core.source_rules import ReaderRules, Restriction, TableRules, attributes_of
from app.models import RECEIVED, Role, SharedKind, SourceRules, User
from app.repositories.shares import Place

_COLUMNS: Final = {SharedKind.FILE: SourceRules.file_id, SharedKind.DATABASE: SourceRules.database_id}


@dataclass(frozen=True, slots=True)
class Kept:
    """Rules with the name of the role that they are for."""

    rules: SourceRules
    role_name: str | None


async def page(session: Session, of: Place, request: PageRequest) -> Sequence[Kept]:
    """Up to `limit + 1` sets of rules of a source, newest first."""
    statement = _kept(of).order_by(SourceRules.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(SourceRules.id < request.before)
    return [_as_kept(row) for row in await session.execute(statement)]


async def get(session: Session, of: Place, rules_id: UUID) -> Kept | None:
    """One set of rules of a source."""
    row = (await session.execute(_kept(of).where(SourceRules.id == rules_id))).first()
    return None if row is None else _as_kept(row)


async def put(session: Session, of: Place, role_id: UUID | None, tables: Sequence[Mapping[str, Any]]) -> Kept:
    """Makes `tables` the rules of a source for a role, None: for those without rules of their own. Holds `lock`."""
    await lock(session, of.id)
    mine = SourceRules.role_id.is_not_distinct_from(role_id)
    row = (await session.execute(_kept(of).where(mine))).first()
    found = None if row is None else _as_kept(row).rules
    if found is None:
        place = {_COLUMNS[of.kind].key: of.id}
        found = SourceRules(id=new_id(), owner_id=of.owner_id, role_id=role_id, version=0, **place)
        session.add(found)
    found.tables = [dict(table) for table in tables]
    found.version += 1
    await session.flush()
    await session.refresh(found, ["updated_at"])
    return _as_kept((await session.execute(_kept(of).where(mine))).one())


async def remove(session: Session, rules: SourceRules) -> None:
    """Takes rules away; what they hid is seen again."""
    await session.delete(rules)
    await session.flush()


async def holding(session: Session, reader_id: UUID, source_ids: Collection[UUID]) -> Restriction:
    """The rules that hold for a reader of these sources; none for those that are its own."""
    statement = (
        select(RECEIVED.c.source_id, SourceRules.tables, User.email, User.attributes)
        .join(SourceRules, SourceRules.id == RECEIVED.c.rules_id)
        .join(User, User.id == RECEIVED.c.reader_id)
        .where(RECEIVED.c.reader_id == reader_id, RECEIVED.c.source_id.in_(source_ids))
    )
    rows = (await session.execute(statement)).all()
    if not rows:
        return Restriction((), ())
    known = attributes_of(reader_id, rows[0].email, rows[0].attributes)
    return replace(known, rules=tuple(reader_rules(row.source_id, row.tables) for row in rows))


def reader_rules(source_id: UUID, tables: Sequence[Mapping[str, Any]]) -> ReaderRules:
    """Stored rules as values."""
    return ReaderRules(source_id, tuple(TableRules.stored(table) for table in tables))


async def lock(session: Session, source_id: UUID) -> None:
    """Until the transaction ends, nobody else writes rules of this source."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(source_id), 0x7275))))


def _kept(of: Place) -> Select[SourceRules, str]:
    mine = _COLUMNS[of.kind] == of.id
    return select(SourceRules, Role.name).outerjoin(Role, Role.id == SourceRules.role_id).where(mine)


def _as_kept(row: Row[SourceRules, str]) -> Kept:
    return Kept(row[0], row[1])
