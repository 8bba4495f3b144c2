"""Sign-ins and refresh tokens in the system database, and the one query that every authenticated request makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select, update

from app.core.db import Session
from app.core.pagination import PageRequest
from app.core.rights import Holder
from app.models import PasswordReset, RefreshToken, SignIn, User
from app.repositories.rights import HOLDERS, holder_of


@dataclass(frozen=True, slots=True)
class Family:
    """A refresh token with the sign-in and the account it belongs to."""

    token: RefreshToken
    sign_in: SignIn
    user: User


NOBODY: Final = UUID(int=0)
_IDENTITY: Final = HOLDERS.join(SignIn, SignIn.user_id == User.id).where(
    User.id == bindparam("user_id"),
    SignIn.id == bindparam("sign_in_id"),
    SignIn.revoked_at.is_(None),
    SignIn.expires_at > func.now(),
    User.is_active,
    User.deleted_at.is_(None),
)


async def find_identity(session: Session, *, user_id: UUID, sign_in_id: UUID) -> Holder | None:
    """The active user behind a sign-in that was not revoked and has not expired, with what their rights follow from."""
    row = (await session.execute(_IDENTITY, {"user_id": user_id, "sign_in_id": sign_in_id})).one_or_none()
    return None if row is None else holder_of(row)


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


async def sign_ins_page(session: Session, user_id: UUID, request: PageRequest) -> Sequence[SignIn]:
    """Up to `limit + 1` living sign-ins of a user, newest first."""
    statement = select(SignIn).where(
        SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.expires_at > func.now()
    )
    if request.before is not None:
        statement = statement.where(SignIn.id < request.before)
    return (await session.scalars(statement.order_by(SignIn.id.desc()).limit(request.limit + 1))).all()


async def was_signed_in_from(session: Session, user_id: UUID | None, address: str | None) -> bool:
    """Whether the user has been signed in from `address`; asked the same way where there is no user."""
    statement = select(SignIn.id).where(SignIn.user_id == (user_id or NOBODY), SignIn.address == (address or ""))
    return await session.scalar(statement.limit(1)) is not None


async def owns_sign_in(session: Session, user_id: UUID, sign_in_id: UUID) -> bool:
    """Whether that sign-in is one of the user's that still lives."""
    statement = select(SignIn.id).where(
        SignIn.id == sign_in_id, SignIn.user_id == user_id, SignIn.revoked_at.is_(None), SignIn.expires_at > func.now()
    )
    return await session.scalar(statement) is not None


async def find_reset(session: Session, token_hash: bytes) -> tuple[UUID, str, str] | None:
    """Id, e-mail and name of the active user whose unused, unexpired reset token has that hash."""
    statement = (
        select(User.id, User.email, User.name)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(
            PasswordReset.token_hash == token_hash,
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > func.now(),
            User.is_active,
            User.deleted_at.is_(None),
        )
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row.id, row.email, row.name)


async def use_resets(session: Session, user_id: UUID, token_hash: bytes, *, at: datetime) -> bool:
    """Uses up a reset token, and with it all others of the user; False when somebody else was first."""
    unused = update(PasswordReset).where(PasswordReset.user_id == user_id, PasswordReset.used_at.is_(None))
    mine = unused.where(PasswordReset.token_hash == token_hash, PasswordReset.expires_at > func.now())
    if (await session.execute(mine.values(used_at=at).returning(PasswordReset.id))).first() is None:
        return False
    await session.execute(unused.values(used_at=at))
    return True


async def remove_expired_resets(session: Session) -> None:
    """Forgets the reset tokens that nobody can use any more."""
    await session.execute(delete(PasswordReset).where(PasswordReset.expires_at < func.now()))


async def remove_ended_sign_ins(session: Session, *, days: int, most: int = 500) -> None:
    """Forgets sign-ins, with their tokens, that expired or were revoked more than `days` days ago."""
    since = func.now() - func.make_interval(0, 0, 0, days)
    ended = select(SignIn.id).where(or_(SignIn.expires_at < since, SignIn.revoked_at < since))
    ended = ended.limit(most).with_for_update(skip_locked=True)
    await session.execute(delete(SignIn).where(SignIn.id.in_(ended)))


async def has_reset_since(session: Session, user_id: UUID, moment: datetime) -> bool:
    """Whether the user asked for a new password after `moment`."""
    statement = select(PasswordReset.id).where(PasswordReset.user_id == user_id, PasswordReset.created_at > moment)
    return await session.scalar(statement.limit(1)) is not None
