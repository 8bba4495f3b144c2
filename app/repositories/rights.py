"""Loading what rights follow from: the one place where a person's kind, role, grants and manager are read together."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import AliasedClass

from app.core.db import Session
from app.core.permissions import Permission, UserKind
from app.core.rights import Entry, GivenRole, Holder, held
from app.models import Role, User, UserPermission

CHANGE_LOCK: Final = 0x6167_0002
"""Key of the advisory lock of `begin_change`."""
_Manager: Final = aliased(User)
_VOCABULARY: Final = {permission.value: permission for permission in Permission}


def _entries_of(person: type[User] | AliasedClass[User]) -> ScalarSelect[Any]:
    entry = func.jsonb_build_array(UserPermission.permission, UserPermission.is_granted, UserPermission.given_by)
    found = select(func.jsonb_agg(entry, type_=JSONB)).where(UserPermission.user_id == person.id)
    return found.correlate(person).scalar_subquery()


HOLDERS: Final[Select[Any]] = (
    select(
        User.id.label("holder_id"),
        User.kind.label("holder_kind"),
        (User.is_active & User.deleted_at.is_(None)).label("holder_is_active"),
        User.manager_id.label("holder_manager_id"),
        User.role_given_by,
        _entries_of(User).label("entries"),
        Role.id.label("role_id"),
        Role.name.label("role_name"),
        Role.permissions.label("role_permissions"),
        Role.owner_id.label("role_owner_id"),
        _Manager.kind.label("manager_kind"),
        _entries_of(_Manager).label("manager_entries"),
    )
    .select_from(User)
    .outerjoin(Role, Role.id == User.role_id)
    .outerjoin(_Manager, _Manager.id == User.manager_id)
)
"""All people with what their rights follow from; narrow it, add columns, and give each row to `holder_of`."""


def holder_of(row: Row[Any]) -> Holder:
    """The person in a row of HOLDERS."""
    role = None
    if row.role_id is not None:
        permissions = known(row.role_permissions)
        role = GivenRole(
            row.role_id, row.role_name, permissions, owner_id=row.role_owner_id, given_by=row.role_given_by
        )
    manager_holds = frozenset[Permission]()
    if row.holder_manager_id is not None:
        manager = Holder(row.holder_manager_id, UserKind(row.manager_kind), entries=_entries(row.manager_entries))
        manager_holds = held(manager)
    return Holder(
        id=row.holder_id,
        kind=UserKind(row.holder_kind),
        is_active=row.holder_is_active,
        manager_id=row.holder_manager_id,
        role=role,
        entries=_entries(row.entries),
        manager_holds=manager_holds,
    )


async def find(session: Session, user_id: UUID) -> Holder | None:
    """One person, unless the account was deleted."""
    statement = HOLDERS.where(User.id == user_id, User.deleted_at.is_(None))
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else holder_of(row)


async def begin_change(session: Session) -> None:
    """Waits until this transaction is the only one that changes who may do what, until it ends.

    Such changes are rare, and what one checks must still hold when it is committed.
    """
    await session.execute(select(func.pg_advisory_xact_lock(CHANGE_LOCK)))


async def set_entries(
    session: Session, user_id: UUID, wanted: dict[Permission, bool], *, given_by: UUID | None
) -> None:
    """Makes `wanted` (True: granted, False: denied) the entries of a user; those that stay keep who gave them."""
    mine = UserPermission.user_id == user_id
    present = dict(
        (await session.execute(select(UserPermission.permission, UserPermission.is_granted).where(mine))).all()
    )
    changed = {name for name, is_granted in present.items() if wanted.get(_VOCABULARY[name]) != is_granted}
    await session.execute(delete(UserPermission).where(mine, UserPermission.permission.in_(changed)))
    new = [
        {"user_id": user_id, "permission": permission.value, "is_granted": is_granted, "given_by": given_by}
        for permission, is_granted in wanted.items()
        if present.get(permission.value) != is_granted
    ]
    if new:
        await session.execute(insert(UserPermission).values(new))


async def clear_entries(session: Session, user_id: UUID) -> None:
    """Takes all grants and denials of a user away."""
    await session.execute(delete(UserPermission).where(UserPermission.user_id == user_id))


async def take_over(session: Session, user_ids: Iterable[UUID], *, manager_id: UUID | None) -> None:
    """Lets what earlier managers gave to these users count as given by the next one; None: by an ADMIN."""
    among = list(user_ids)
    entries = update(UserPermission).where(UserPermission.user_id.in_(among), UserPermission.given_by.is_not(None))
    await session.execute(entries.values(given_by=manager_id))
    roles = update(User).where(User.id.in_(among), User.role_given_by.is_not(None))
    await session.execute(roles.values(role_given_by=manager_id))


def _entries(rows: list[list[Any]] | None) -> tuple[Entry, ...]:
    return tuple(
        Entry(_VOCABULARY[permission], is_granted, None if given_by is None else UUID(given_by))
        for permission, is_granted, given_by in rows or ()
        if permission in _VOCABULARY
    )


def known(names: Iterable[str]) -> frozenset[Permission]:
    """The permissions among `names`; what is no longer in the vocabulary allows nothing."""
    return frozenset(permission for permission in map(_VOCABULARY.get, names) if permission is not None)
