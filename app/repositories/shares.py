"""Who was given which source to read, and what that makes readable."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Session
from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.models import RECEIVED, File, Query, Role, Share, SourceDatabase, User

_KEYS_OF_OWNER: Final = select(RECEIVED.c.key).where(RECEIVED.c.reader_id == Query.owner_id).correlate(Query)
ANSWER_IS_READABLE: Final[ColumnElement[bool]] = or_(
    Query.borrowed.is_(None), Query.borrowed.contained_by(func.array(_KEYS_OF_OWNER.scalar_subquery()))
)
"""Of a query: whether everything that others shared, and that it rests on, still reaches its owner unchanged."""


@dataclass(frozen=True, slots=True)
class Place:
    """The source that a share is about."""

    id: UUID
    owner_id: UUID
    is_file: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A share with the names of whoever receives it."""

    share: Share
    user_name: str | None
    user_email: str | None
    role_name: str | None


async def place(session: Session, source_id: UUID, *, is_file: bool) -> Place | None:
    """Whose a source is. Tells about the sources of everybody: the caller asks whether it may be known."""
    model = File if is_file else SourceDatabase
    statement = select(model.owner_id).where(model.id == source_id, model.deleted_at.is_(None))
    owner_id = await session.scalar(statement)
    return None if owner_id is None else Place(source_id, owner_id, is_file)


async def page(session: Session, of: Place, request: PageRequest) -> Sequence[Given]:
    """Up to `limit + 1` shares of a source, newest first."""
    statement = _given(of).order_by(Share.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Share.id < request.before)
    return [_as_given(row) for row in await session.execute(statement)]


async def get(session: Session, of: Place, share_id: UUID) -> Given | None:
    """One share of a source."""
    row = (await session.execute(_given(of).where(Share.id == share_id))).first()
    return None if row is None else _as_given(row)


async def add(
    session: Session, of: Place, *, user_id: UUID | None, role_id: UUID | None, given_by: UUID
) -> tuple[Given, bool]:
    """The share of a source with a user or a role, and whether it is new."""
    values = {"file_id" if of.is_file else "database_id": of.id, "user_id": user_id, "role_id": role_id}
    statement = insert(Share).values(id=new_id(), owner_id=of.owner_id, given_by=given_by, **values)
    made = await session.scalar(statement.on_conflict_do_nothing().returning(Share.id))
    mine = _given(of).where(Share.user_id.is_not_distinct_from(user_id), Share.role_id.is_not_distinct_from(role_id))
    return _as_given((await session.execute(mine)).one()), made is not None


async def remove(session: Session, share: Share) -> None:
    """Takes one share back."""
    await session.delete(share)
    await session.flush()


async def remove_all(session: Session, source_id: UUID, *, is_file: bool) -> None:
    """Takes all shares of a source back."""
    await session.execute(delete(Share).where((Share.file_id if is_file else Share.database_id) == source_id))


def received_by(reader_id: UUID) -> Select[tuple[UUID]]:
    """Ids of the sources that reach `reader_id` by a share at this moment."""
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
        .where((Share.file_id if of.is_file else Share.database_id) == of.id)
    )


def _as_given(row: Row[Share, str, str, str]) -> Given:
    return Given(row[0], row[1], row[2], row[3])
