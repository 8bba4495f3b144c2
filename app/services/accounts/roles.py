"""Roles: making, changing and removing named sets of permissions."""

from uuid import UUID

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotFound, ValidationFailed
from app.core.errors.people import RoleElsewhere, RoleInUse
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, page_of
from app.core.permissions import Permission, UserKind
from app.core.rights import Holder, author, require_may_change_role, require_may_give, sees_role
from app.models import AuditAction, Role
from app.repositories import rights, roles
from app.schemas.roles import RoleRead, RoleWrite
from app.services.accounts import acting
from app.services.audit.audit import fingerprint, record
from app.services.entity_tags import require_match

_NO_ROLE = Text(en="There is no role {role_id}.", pt="Não existe o papel {role_id}.")
_SAME_ROLE = Text(en="Name another role than the one that goes.", pt="Indique um papel diferente do que sai.")


async def create(session: Session, actor: Actor, wanted: RoleWrite) -> RoleRead:
    """Makes a role: a MASTER's own, or an ADMIN's for the installation. Raises CannotGrant, RoleNameTaken."""
    me = await acting.begin(session, actor)
    role = Role(id=new_id(), owner_id=author(me), version=1)
    require_may_change_role(me, role.owner_id, Permission.ROLES_CREATE)
    require_may_give(me, wanted.permissions, to=UserKind.NORMAL)
    made = await _save(session, role, wanted)
    await record(session, actor, AuditAction.ROLE_CREATED, "role", role.id, after=_noted(made))
    return made


async def read(session: Session, actor: Actor, role_id: UUID) -> RoleRead:
    """One role that the actor may see. Raises NotFound."""
    return RoleRead.model_validate(await visible(session, await acting.look(session, actor), role_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[RoleRead]:
    """Roles, newest first: all of them for an ADMIN, a MASTER's own and the installation's for a MASTER."""
    me = await acting.look(session, actor)
    rows = await roles.page(session, request, owner_id=author(me))
    return page_of([RoleRead.model_validate(row) for row in rows], request)


async def update(session: Session, actor: Actor, role_id: UUID, wanted: RoleWrite, *, if_match: str | None) -> RoleRead:
    """Replaces a role; its users have what it says now on their next request.

    Raises NotFound, NotYours, CannotGrant, RoleNameTaken, PreconditionFailed.
    """
    me = await acting.begin(session, actor)
    role = await visible(session, me, role_id)
    require_may_change_role(me, role.owner_id, Permission.ROLES_UPDATE)
    require_match(role.version, if_match)
    before = RoleRead.model_validate(role)
    require_may_give(me, set(wanted.permissions) - set(before.permissions), to=UserKind.NORMAL)
    role.version += 1
    changed = await _save(session, role, wanted)
    await record(
        session, actor, AuditAction.ROLE_UPDATED, "role", role.id, before=_noted(before), after=_noted(changed)
    )
    return changed


async def delete(
    session: Session, actor: Actor, role_id: UUID, *, reassign_to: UUID | None, if_match: str | None
) -> None:
    """Removes a role; whoever has it gets `reassign_to`.

    Raises NotFound, NotYours, RoleInUse, RoleElsewhere, CannotGrant, ValidationFailed, PreconditionFailed.
    """
    me = await acting.begin(session, actor)
    role = await visible(session, me, role_id)
    require_may_change_role(me, role.owner_id, Permission.ROLES_DELETE)
    require_match(role.version, if_match)
    users_by_manager = await roles.managers_of_holders(session, role.id)
    if users_by_manager:
        if reassign_to is None:
            raise RoleInUse(users=sum(users_by_manager.values()))
        await _reassign(session, me, role, reassign_to, set(users_by_manager))
    before = _noted(RoleRead.model_validate(role))
    after = {"reassigned_to": None if reassign_to is None else str(reassign_to)}
    await roles.delete(session, role)
    await record(session, actor, AuditAction.ROLE_DELETED, "role", role_id, before=before, after=after)


async def visible(session: Session, me: Holder, role_id: UUID) -> Role:
    """A role that `me` may see. Raises NotFound."""
    role = await roles.get(session, role_id)
    if role is None or not sees_role(me, role.owner_id):
        raise NotFound
    return role


async def named(session: Session, me: Holder, role_id: UUID, *, pointer: str) -> Role:
    """The role that a field of a request names. Raises ValidationFailed."""
    try:
        return await visible(session, me, role_id)
    except NotFound:
        raise ValidationFailed(_NO_ROLE, pointer=pointer, role_id=str(role_id)) from None


async def _reassign(session: Session, me: Holder, role: Role, to: UUID, managers: set[UUID | None]) -> None:
    if to == role.id:
        raise ValidationFailed(_SAME_ROLE, pointer="/reassign_to")
    other = await named(session, me, to, pointer="/reassign_to")
    if other.owner_id is not None and managers != {other.owner_id}:
        raise RoleElsewhere
    require_may_give(me, rights.known(other.permissions), to=UserKind.NORMAL)
    await roles.reassign(session, role.id, to=other.id, given_by=author(me))


async def _save(session: Session, role: Role, wanted: RoleWrite) -> RoleRead:
    role.name, role.description = wanted.name, wanted.description
    role.permissions = sorted({permission.value for permission in wanted.permissions})
    await roles.save(session, role)
    return RoleRead.model_validate(role)


def _noted(role: RoleRead) -> dict[str, object]:
    """A role as the audit log keeps it: what people wrote is there as a fingerprint."""
    values = role.model_dump(mode="json", exclude={"id", "created_at", "updated_at"})
    return values | {name: fingerprint(values[name]) for name in ("name", "description")}
