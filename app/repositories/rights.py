"""Loading what rights follow from: the one place where a person's kind, role, grants and manager are read together."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import AliasedClass

from app.core.db import Session
from app.core.permissions import Permission, UserKind
from app.core.rights import Entry, GivenRole, Holder, held
from app.models import Role, User, UserPermission

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
        permissions = _known(row.role_permissions)
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


async def lock(session: Session, user_ids: Iterable[UUID]) -> Sequence[UUID]:
    """Holds the rows of people, in one order, until the transaction ends; gives those that there are."""
    statement = select(User.id).where(User.id.in_(set(user_ids)), User.deleted_at.is_(None))
    return (await session.scalars(statement.order_by(User.id).with_for_update())).all()


def _entries(rows: list[list[Any]] | None) -> tuple[Entry, ...]:
    known = _known(permission for permission, _, _ in rows or ())
    return tuple(
        Entry(Permission(permission), is_granted, None if given_by is None else UUID(given_by))
        for permission, is_granted, given_by in rows or ()
        if permission in known
    )


def _known(names: Iterable[str]) -> frozenset[Permission]:
    # What no longer exists in the vocabulary allows nothing.
    return frozenset(permission for permission in map(_VOCABULARY.get, names) if permission is not None)
