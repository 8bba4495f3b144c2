"""Accounts in the system database."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotFound
from app.core.errors.accounts import EmailTaken
from app.core.pagination import PageRequest
from app.core.permissions import UserKind
from app.models import User

EMAIL_INDEX: Final = "uq_users_email"


async def find_by_email(session: Session, email: str) -> User | None:
    """The account with this e-mail, in any spelling of upper and lower case."""
    return await session.scalar(select(User).where(func.lower(User.email) == email.lower()))


async def get_own(session: Session, actor: Actor, *, lock: bool = False) -> User:
    """The actor's account, locked until the end of the transaction on demand. Raises NotFound."""
    return await get(session, actor.user_id, lock=lock)


async def get(session: Session, user_id: UUID, *, lock: bool = False) -> User:
    """An account, locked until the transaction ends on demand. Raises NotFound."""
    statement = select(User).where(User.id == user_id, User.deleted_at.is_(None))
    user = await session.scalar(statement.with_for_update() if lock else statement)
    if user is None:
        raise NotFound
    return user


async def page(session: Session, request: PageRequest, *, manager_id: UUID | None) -> Sequence[User]:
    """Up to `limit + 1` accounts, newest first; with `manager_id` only those that it manages."""
    statement = select(User).where(User.deleted_at.is_(None))
    if request.before is not None:
        statement = statement.where(User.id < request.before)
    if manager_id is not None:
        statement = statement.where(User.manager_id == manager_id)
    return (await session.scalars(statement.order_by(User.id.desc()).limit(request.limit + 1))).all()


async def managed_by(session: Session, manager_id: UUID) -> Sequence[UUID]:
    """Ids of the users of a MASTER."""
    statement = select(User.id).where(User.manager_id == manager_id, User.deleted_at.is_(None))
    return (await session.scalars(statement)).all()


async def hand_over(session: Session, manager_id: UUID, *, to: UUID) -> None:
    """Gives all users of one MASTER to another."""
    await session.execute(update(User).where(User.manager_id == manager_id).values(manager_id=to))


async def add(session: Session, user: User) -> User:
    """Stores a new account. Raises EmailTaken."""
    session.add(user)
    await flush_email(session)
    return user


async def flush_email(session: Session) -> None:
    """Writes pending changes of accounts. Raises EmailTaken when another account has the e-mail."""
    try:
        await session.flush()
    except IntegrityError as error:
        if EMAIL_INDEX in str(error.orig):
            raise EmailTaken(pointer="/email") from error
        raise


async def lock_active_admins(session: Session) -> Sequence[UUID]:
    """Ids of the active administrators, locked in one order, so that two cannot leave at the same moment."""
    statement = (
        select(User.id)
        .where(User.kind == UserKind.ADMIN, User.is_active, User.deleted_at.is_(None))
        .order_by(User.id)
        .with_for_update()
    )
    return (await session.scalars(statement)).all()
