"""Who was given what to read, and what that makes readable."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Row, Select, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from app.core.db import Session
from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.models import RECEIVED, Conversation, File, Query, Role, Share, SharedKind, SourceDatabase, User

COLUMNS: Final[Mapping[SharedKind, InstrumentedAttribute[UUID | None]]] = {
    SharedKind.FILE: Share.file_id,
    SharedKind.DATABASE: Share.database_id,
    SharedKind.SESSION: Share.session_id,
}
"""Where a share keeps what it is about."""
_OWNERS: Final[Mapping[SharedKind, Select[UUID]]] = {
    SharedKind.FILE: select(File.owner_id).where(File.deleted_at.is_(None), File.id == bindparam("thing_id")),
    SharedKind.DATABASE: select(SourceDatabase.owner_id).where(
        SourceDatabase.deleted_at.is_(None), SourceDatabase.id == bindparam("thing_id")
    ),
    SharedKind.SESSION: select(Conversation.owner_id).where(Conversation.id == bindparam("thing_id")),
}


def answer_is_readable(reader_id: ColumnExpressionArgument[UUID] | UUID) -> ColumnElement[bool]:
    """Of a query: whether everything that others shared, and that it rests on, reaches a reader as it did then."""
    keys = select(RECEIVED.c.key).where(RECEIVED.c.reader_id == reader_id).correlate(Query)
    return or_(Query.borrowed.is_(None), Query.borrowed.contained_by(func.array(keys.scalar_subquery())))


ANSWER_IS_READABLE: Final = answer_is_readable(Query.owner_id)
"""The same for whoever asked it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The thing that a share is about."""

    id: UUID
    owner_id: UUID
    kind: SharedKind


@dataclass(frozen=True, slots=True)
class Given:
    """A share with the names of whoever receives it."""

    share: Share
    user_name: str | None
    user_email: str | None
    role_name: str | None


async def place(session: Session, kind: SharedKind, thing_id: UUID) -> Place | None:
    """Whose a thing is. Tells about those of everybody: the caller asks whether it may be known."""
    owner_id = await session.scalar(_OWNERS[kind], {"thing_id": thing_id})
    return None if owner_id is None else Place(thing_id, owner_id, kind)


async def page(session: Session, of: Place, request: PageRequest) -> Sequence[Given]:
    """Up to `limit + 1` shares of a thing, newest first."""
    statement = _given(of).order_by(Share.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Share.id < request.before)
    return [_as_given(row) for row in await session.execute(statement)]


async def get(session: Session, of: Place, share_id: UUID) -> Given | None:
    """One share of a thing."""
    row = (await session.execute(_given(of).where(Share.id == share_id))).first()
    return None if row is None else _as_given(row)


async def add(
    session: Session, of: Place, *, user_id: UUID | None, role_id: UUID | None, given_by: UUID
) -> tuple[Given, bool]:
    """The share of a thing with a user or a role, and whether it is new."""
    values = {COLUMNS[of.kind].key: of.id, "user_id": user_id, "role_id": role_id}
    statement = insert(Share).values(id=new_id(), owner_id=of.owner_id, given_by=given_by, **values)
    made = await session.scalar(statement.on_conflict_do_nothing().returning(Share.id))
    mine = _given(of).where(Share.user_id.is_not_distinct_from(user_id), Share.role_id.is_not_distinct_from(role_id))
    return _as_given((await session.execute(mine)).one()), made is not None


async def remove(session: Session, share: Share) -> None:
    """Takes one share back."""
    await session.delete(share)
    await session.flush()


async def remove_all(session: Session, kind: SharedKind, thing_id: UUID) -> None:
    """Takes all shares of a thing back."""
    await session.execute(delete(Share).where(COLUMNS[kind] == thing_id))


def received_by(reader_id: UUID) -> Select[tuple[UUID]]:
    """Ids of the sources and conversations that reach `reader_id` by a share at this moment."""
    return select(RECEIVED.c.source_id).where(RECEIVED.c.reader_id == reader_id)


async def hold(session: Session, reader_id: UUID, keys: Collection[str]) -> bool:
    """Whether all of `keys` still reach `reader_id`."""
    statement = select(func.count()).where(RECEIVED.c.reader_id == reader_id, RECEIVED.c.key.in_(keys))
    return (await session.execute(statement)).scalar_one() == len(set(keys))


async def owner_names(session: Session, owner_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of those who share."""
    if not owner_ids:
        return {}
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(owner_ids)))
    return {row.id: row.name for row in rows}


def _given(of: Place) -> Select[Share, str, str, str]:
    return (
        select(Share, User.name, User.email, Role.name)
        .outerjoin(User, User.id == Share.user_id)
        .outerjoin(Role, Role.id == Share.role_id)
        .where(COLUMNS[of.kind] == of.id)
    )


def _as_given(row: Row[Share, str, str, str]) -> Given:
    return Given(row[0], row[1], row[2], row[3])
