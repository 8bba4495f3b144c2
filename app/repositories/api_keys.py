"""API keys in the system database."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select, text, update

from app.core.db import Session
from app.core.pagination import PageRequest
from app.core.rights import Holder
from app.models import ApiKey, User
from app.repositories.rights import HOLDERS, holder_of


@dataclass(frozen=True, slots=True)
class KeyIdentity:
    """Whose a valid key is, and what it is for."""

    key_id: UUID
    owner: Holder
    scopes: frozenset[str]
    is_use_due: bool
    """Whether its last use was noted more than a minute ago, or never."""


_LIVING = (
    ApiKey.revoked_at.is_(None),
    or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()),
)
_IDENTITY = (
    HOLDERS.add_columns(
        ApiKey.id,
        ApiKey.scopes,
        func.coalesce(ApiKey.last_used_at < func.now() - text("interval '1 minute'"), True).label("is_use_due"),
    )
    .join(ApiKey, ApiKey.owner_id == User.id)
    .where(*_LIVING, User.is_active, User.deleted_at.is_(None))
)


async def find_identity(session: Session, key_hash: bytes) -> KeyIdentity | None:
    """The active owner behind a key that was not revoked and has not expired."""
    row = (await session.execute(_IDENTITY.where(ApiKey.key_hash == key_hash))).one_or_none()
    if row is None:
        return None
    return KeyIdentity(row.id, holder_of(row), scopes=frozenset(row.scopes), is_use_due=row.is_use_due)


async def note_use(session: Session, key_id: UUID) -> bool:
    """Notes that a key is in use; False when that was noted within the last minute."""
    statement = (
        update(ApiKey)
        .where(
            ApiKey.id == key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < func.now() - text("interval '1 minute'")),
        )
        .values(last_used_at=func.now())
        .returning(ApiKey.id)
    )
    return (await session.execute(statement)).first() is not None


async def add(session: Session, key: ApiKey) -> None:
    """Stores a new key."""
    session.add(key)
    await session.flush()
    await session.refresh(key, ["created_at"])


async def page(session: Session, owner_id: UUID, request: PageRequest) -> Sequence[ApiKey]:
    """Up to `limit + 1` keys of an owner that were not revoked, newest first."""
    statement = select(ApiKey).where(ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None))
    if request.before is not None:
        statement = statement.where(ApiKey.id < request.before)
    return (await session.scalars(statement.order_by(ApiKey.id.desc()).limit(request.limit + 1))).all()


async def revoke(session: Session, owner_id: UUID, key_id: UUID) -> bool:
    """Ends a key; False when the owner has no such living one."""
    statement = (
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    )
    return (await session.execute(statement)).first() is not None


async def revoke_all(session: Session, owner_id: UUID) -> None:
    """Ends all keys of an owner."""
    statement = update(ApiKey).where(ApiKey.owner_id == owner_id, ApiKey.revoked_at.is_(None))
    await session.execute(statement.values(revoked_at=func.now()))
