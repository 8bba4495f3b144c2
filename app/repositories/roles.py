"""Roles in the system database."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core.db import Session
from app.core.errors.people import RoleNameTaken
from app.core.pagination import PageRequest
from app.models import Role, User

NAME_INDEX: Final = "uq_roles_name"


async def get(session: Session, role_id: UUID, *, lock: bool = False) -> Role | None:
    """A role, locked until the end of the transaction on demand."""
    statement = select(Role).where(Role.id == role_id)
    role: Role | None = await session.scalar(statement.with_for_update() if lock else statement)
    return role


async def page(session: Session, request: PageRequest, *, owner_id: UUID | None) -> Sequence[Role]:
    """Up to `limit + 1` roles, newest first; with `owner_id` only its own and the installation's."""
    statement = select(Role)
    if request.before is not None:
        statement = statement.where(Role.id < request.before)
    if owner_id is not None:
        statement = statement.where(or_(Role.owner_id == owner_id, Role.owner_id.is_(None)))
    return (await session.scalars(statement.order_by(Role.id.desc()).limit(request.limit + 1))).all()


async def save(session: Session, role: Role) -> None:
    """Stores a role, new or changed. Raises RoleNameTaken."""
    session.add(role)
    await _flush(session)
    await session.refresh(role, ["created_at", "updated_at"])


async def delete(session: Session, role: Role) -> None:
    """Removes a role that nobody has."""
    await session.delete(role)
    await session.flush()


async def managers_of_holders(session: Session, role_id: UUID) -> dict[UUID | None, int]:
    """How many users have a role, by who manages them; None: nobody."""
    statement = select(User.manager_id, func.count()).where(User.role_id == role_id).group_by(User.manager_id)
    return dict((await session.execute(statement)).all())


async def reassign(session: Session, role_id: UUID, *, to: UUID, given_by: UUID | None) -> None:
    """Gives everybody with one role another one."""
    statement = update(User).where(User.role_id == role_id)
    await session.execute(statement.values(role_id=to, role_given_by=given_by))


async def count_owned(session: Session, owner_id: UUID) -> int:
    """How many roles a MASTER has made."""
    return await session.scalar(select(func.count()).where(Role.owner_id == owner_id)) or 0


async def hand_over(session: Session, owner_id: UUID, *, to: UUID) -> None:
    """Gives all roles of one MASTER to another. Raises RoleNameTaken."""
    for role in (await session.scalars(select(Role).where(Role.owner_id == owner_id).with_for_update())).all():
        role.owner_id = to
    await _flush(session)


async def _flush(session: Session) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if NAME_INDEX in str(error.orig):
            raise RoleNameTaken(pointer="/name") from error
        raise
