"""Accounts of other people: making, changing, suspending and removing them, their roles and single permissions."""

import json
from dataclasses import dataclass, replace
from uuid import UUID

from app.core import clock
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import Forbidden, NotFound, ValidationFailed
from app.core.i18n import Text
from app.core.pagination import Page, PageRequest, page_of
from app.core.passwords import PasswordHasher, check_password
from app.core.permissions import BY_KIND, Permission, UserKind
from app.core.rights import (
    Explained,
    Holder,
    author,
    held,
    require_admin_remains,
    require_fits,
    require_may_change_entries,
    require_may_create,
    require_may_give,
    require_may_manage,
    require_may_place,
    sees,
)
from app.models import AuditAction, User
from app.repositories import auth, rights, users
from app.schemas.people import PersonCreate, PersonRead, PersonUpdate
from app.services.accounts import acting, roles
from app.services.accounts.erasures import Begun
from app.services.accounts.leaving import close, require_master, settle_kind
from app.services.audit.audit import fingerprint, record

_NOT_NORMAL = Text(en="Only a NORMAL user has a manager.", pt="Só um usuário NORMAL tem gestor.")


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person may do and why, permission by permission."""

    holder: Holder
    explained: tuple[Explained, ...]


async def create(session: Session, passwords: PasswordHasher, actor: Actor, wanted: PersonCreate) -> PersonRead:
    """Makes an account; a MASTER's is its own NORMAL user.

    Raises AboveOwnKind, CannotGrant, RoleElsewhere, EmailTaken, WeakPassword, ValidationFailed, Overloaded.
    """
    password = wanted.password.get_secret_value()
    check_password(password, email=wanted.email, name=wanted.name)
    password_hash = await passwords.hash(password)
    me = await acting.begin(session, actor)
    require_may_create(me, wanted.kind, wanted.manager_id)
    manager_id = me.id if me.kind is UserKind.MASTER else wanted.manager_id
    user = User(email=wanted.email, name=wanted.name, kind=wanted.kind, password_hash=password_hash, is_active=True)
    if manager_id is not None:
        await _require_manager(session, wanted.kind, manager_id)
        user.manager_id = manager_id
    await users.add(session, user)
    if wanted.role_id is not None:
        if Permission.USERS_GRANT not in held(me):
            raise Forbidden
        await _give_role(session, me, user, await acting.person(session, user.id), wanted.role_id)
    await record(session, actor, AuditAction.USER_CREATED, "user", user.id, after=_noted(user))
    return await _read(session, user)


async def read(session: Session, actor: Actor, user_id: UUID) -> PersonRead:
    """Somebody whom the actor may see. Raises NotFound."""
    await _visible(session, await acting.look(session, actor), user_id)
    return PersonRead.model_validate(await users.get(session, user_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[PersonRead]:
    """Accounts, newest first: all of them for an ADMIN, a MASTER's own users for a MASTER."""
    me = await acting.look(session, actor)
    rows = await users.page(session, request, manager_id=author(me))
    return page_of([PersonRead.model_validate(row) for row in rows], request)


async def explain(session: Session, actor: Actor, user_id: UUID) -> Rights:
    """What somebody may do, and what each permission follows from. Raises NotFound."""
    person = await _visible(session, await acting.look(session, actor), user_id)
    return Rights(person, tuple(Explained.of(person, permission) for permission in Permission))


async def update(
    session: Session, actor: Actor, user_id: UUID, wanted: PersonUpdate, *, reassign_to: UUID | None
) -> PersonRead:
    """Changes what is sent of an account; it counts on the person's next request.

    Raises NotFound, OwnAccount, AboveOwnKind, LastAdmin, StillManages, RoleElsewhere, RoleNameTaken, ValidationFailed.
    """
    me, person, user = await _managed(session, actor, user_id, Permission.USERS_UPDATE)
    before = _noted(user)
    user.name = wanted.name or user.name
    if wanted.attributes is not None:
        user.attributes = dict(wanted.attributes)
    if wanted.is_active is not None and wanted.is_active is not user.is_active:
        await _set_active(session, person, user, is_active=wanted.is_active)
    if wanted.kind is not None and wanted.kind is not person.kind:
        require_may_place(me)
        await _set_kind(session, person, user, wanted.kind, reassign_to=reassign_to)
    if "manager_id" in wanted.model_fields_set and wanted.manager_id != user.manager_id:
        require_may_place(me)
        await session.flush()
        await _set_manager(session, await acting.person(session, user_id), user, wanted.manager_id)
    read = await _read(session, user)
    await record(session, actor, AuditAction.USER_UPDATED, "user", user.id, before=before, after=_noted(user))
    return read


async def delete(session: Session, actor: Actor, user_id: UUID, *, reassign_to: UUID | None) -> Begun:
    """Closes an account and begins to remove all that belonged to it; give the hint once it is committed.

    Raises NotFound, OwnAccount, LastAdmin, StillManages, RoleNameTaken, ValidationFailed.
    """
    _, person, user = await _managed(session, actor, user_id, Permission.USERS_DELETE)
    before = _noted(user)
    await settle_kind(session, person, reassign_to=reassign_to)
    begun = await close(session, user)
    await record(session, actor, AuditAction.USER_DELETED, "user", user.id, before=before)
    return begun


async def set_role(session: Session, actor: Actor, user_id: UUID, role_id: UUID | None) -> PersonRead:
    """Gives a NORMAL user a role; None takes it away. Raises NotFound, OwnAccount, CannotGrant, RoleElsewhere."""
    me, person, user = await _managed(session, actor, user_id, Permission.USERS_GRANT)
    before = _noted(user)
    if role_id is not None:
        await _give_role(session, me, user, person, role_id)
    elif person.role is not None:
        bound = BY_KIND[person.kind] if person.manager_id is None else BY_KIND[person.kind] & person.manager_holds
        require_may_give(me, bound - held(person), to=person.kind)
        user.role_id, user.role_given_by = None, None
    read = await _read(session, user)
    await record(session, actor, AuditAction.USER_ROLE_CHANGED, "user", user.id, before=before, after=_noted(user))
    return read


async def set_permissions(session: Session, actor: Actor, user_id: UUID, wanted: dict[Permission, bool]) -> Rights:
    """Replaces what is granted (True) and denied (False) to somebody on top of kind and role.

    Raises NotFound, OwnAccount, CannotGrant, NotYours.
    """
    me, person, _ = await _managed(session, actor, user_id, Permission.USERS_GRANT)
    require_may_change_entries(me, person, wanted)
    await rights.set_entries(session, user_id, wanted, given_by=author(me))
    changed = await explain(session, actor, user_id)
    await record(
        session,
        actor,
        AuditAction.USER_PERMISSIONS_CHANGED,
        "user",
        user_id,
        before=_entries(person),
        after=_entries(changed.holder),
    )
    return changed


async def _visible(session: Session, me: Holder, user_id: UUID) -> Holder:
    person = await acting.person(session, user_id)
    if not sees(me, person):
        raise NotFound
    return person


async def _managed(
    session: Session, actor: Actor, user_id: UUID, permission: Permission
) -> tuple[Holder, Holder, User]:
    """The actor, the person as rights go, and the person's locked row; no other change of rights happens meanwhile."""
    me = await acting.begin(session, actor)
    person = await acting.person(session, user_id)
    require_may_manage(me, person, permission)
    return me, person, await users.get(session, user_id, lock=True)


async def _give_role(session: Session, me: Holder, user: User, person: Holder, role_id: UUID) -> None:
    role = await roles.named(session, me, role_id, pointer="/role_id")
    require_fits(role.owner_id, person)
    require_may_give(me, rights.known(role.permissions), to=person.kind)
    user.role_id, user.role_given_by = role.id, author(me)


async def _set_active(session: Session, person: Holder, user: User, *, is_active: bool) -> None:
    if not is_active:
        if person.kind is UserKind.ADMIN:
            require_admin_remains(await users.lock_active_admins(session), person.id)
        await auth.revoke_all(session, person.id, reason="suspended", at=clock.now())
    user.is_active = is_active


async def _set_kind(session: Session, person: Holder, user: User, kind: UserKind, *, reassign_to: UUID | None) -> None:
    """A person of another kind begins with that kind's default: role, manager and single permissions are gone."""
    await settle_kind(session, person, reassign_to=reassign_to)
    await rights.clear_entries(session, user.id)
    user.kind, user.manager_id = kind, None
    user.role_id, user.role_given_by = None, None


async def _set_manager(session: Session, person: Holder, user: User, manager_id: UUID | None) -> None:
    if manager_id is not None:
        await _require_manager(session, person.kind, manager_id)
    if person.role is not None:
        require_fits(person.role.owner_id, replace(person, manager_id=manager_id))
    await rights.take_over(session, [person.id], manager_id=manager_id)
    user.manager_id = manager_id


async def _require_manager(session: Session, kind: UserKind, manager_id: UUID) -> None:
    if kind is not UserKind.NORMAL:
        raise ValidationFailed(_NOT_NORMAL, pointer="/manager_id")
    await require_master(session, manager_id, but=None, pointer="/manager_id")


async def _read(session: Session, user: User) -> PersonRead:
    await session.flush()
    await session.refresh(user)
    return PersonRead.model_validate(user)


def _noted(user: User) -> dict[str, object]:
    """An account as the audit log keeps it."""
    ids = {name: getattr(user, name) for name in ("manager_id", "role_id")}
    noted = {name: None if value is None else str(value) for name, value in ids.items()}
    noted |= {"name": fingerprint(user.name), "attributes": fingerprint(json.dumps(user.attributes, sort_keys=True))}
    return {"kind": str(user.kind), "is_active": user.is_active, **noted}


def _entries(holder: Holder) -> dict[str, object]:
    return {"granted": sorted(holder.granted), "denied": sorted(holder.denied)}
