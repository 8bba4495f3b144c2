"""Sign-ins and refresh tokens in the system database, and the one query that every authenticated request makes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from app.core.db import Session
from app.core.permissions import BY_KIND, Permission, UserKind
from app.models import RefreshToken, SignIn, User


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a valid sign-in belongs to, and what they may do at this moment."""

    user_id: UUID
    kind: UserKind
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Family:
    """A refresh token with the sign-in and the account it belongs to."""

    token: RefreshToken
    sign_in: SignIn
    user: User


_IDENTITY: Final = (
    select(User.id, User.kind)
    .join(SignIn, SignIn.user_id == User.id)
    .where(
        SignIn.revoked_at.is_(None),
        SignIn.expires_at > func.now(),
        User.is_active,
        User.deleted_at.is_(None),
    )
)


async def find_identity(session: Session, *, user_id: UUID, sign_in_id: UUID) -> Identity | None:
    """The active user behind a sign-in that was not revoked and has not expired."""
    row = (await session.execute(_IDENTITY.where(User.id == user_id, SignIn.id == sign_in_id))).one_or_none()
    if row is None:
        return None
    kind = UserKind(row.kind)
    return Identity(user_id=row.id, kind=kind, permissions=BY_KIND[kind])


async def add_sign_in(session: Session, sign_in: SignIn, token: RefreshToken) -> None:
    """Stores a sign-in with its first refresh token."""
    session.add(sign_in)
    await session.flush()
    session.add(token)
    await session.flush()


async def lock_family(session: Session, token_hash: bytes) -> Family | None:
    """The token with that hash, its sign-in and its user; the sign-in stays locked until the transaction ends."""
    statement = (
        select(RefreshToken, SignIn, User)
        .join(SignIn, SignIn.id == RefreshToken.sign_in_id)
        .join(User, User.id == SignIn.user_id)
        .where(RefreshToken.token_hash == token_hash)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None:
        return None
    token, sign_in, user = found
    # What was read before the lock was granted may be old: the lock comes first, the state after it.
    await session.refresh(sign_in, with_for_update=True)
    await session.refresh(token)
    return Family(token=token, sign_in=sign_in, user=user)


async def find_token(session: Session, token_hash: bytes) -> RefreshToken | None:
    """The refresh token with that hash."""
    return await session.scalar(select(RefreshToken).where(RefreshToken.token_hash == token_hash))


async def add_token(session: Session, token: RefreshToken) -> None:
    """Stores the next refresh token of a family."""
    session.add(token)
    await session.flush()


async def revoke_sign_in(session: Session, sign_in_id: UUID, *, reason: str, at: datetime) -> None:
    """Ends one sign-in with all of its tokens."""
    await session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.revoked_at.is_(None))
        .values(revoked_at=at, revoke_reason=reason)
    )


async def revoke_all(session: Session, user_id: UUID, *, reason: str, at: datetime, but: UUID | None = None) -> None:
    """Ends every sign-in of a user, except `but`."""
    statement = update(SignIn).where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None))
    if but is not None:
        statement = statement.where(SignIn.id != but)
    await session.execute(statement.values(revoked_at=at, revoke_reason=reason))
