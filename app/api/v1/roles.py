"""Routes for roles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status

from app.api.deps import IfMatch, PageDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import PreconditionFailed, ValidationFailed
from app.core.errors.people import CannotGrant, NotYours, RoleElsewhere, RoleInUse, RoleNameTaken
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.permissions import PermissionRead
from app.schemas.roles import RolePermissions, RoleRead, RoleWrite
from app.services.accounts import roles
from app.services.entity_tags import etag

router = APIRouter(prefix="/roles", tags=["roles"])

ReassignTo = Annotated[UUID | None, Query(description="The role that users of the removed one get.")]


@router.get("/")
async def list_roles(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_READ))], session: ReaderDep, page: PageDep
) -> PageRead[RoleRead]:
    """Roles that one may give, newest first: a MASTER's own and the installation's; all for an ADMIN."""
    return PageRead[RoleRead].model_validate(await roles.list_page(session, actor, page))


@router.post("/", status_code=status.HTTP_201_CREATED, responses=problems(CannotGrant, RoleNameTaken))
async def create_role(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_CREATE))],
    body: RoleWrite,
    session: SessionDep,
    response: Response,
) -> RoleRead:
    """Makes a role with permissions that one holds; an ADMIN's is the installation's."""
    role = await roles.create(session, actor, body)
    response.headers["Location"] = f"/api/v1/roles/{role.id}"
    return _tagged(response, role)


@router.get("/{role_id}")
async def read_role(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_READ))],
    role_id: UUID,
    session: ReaderDep,
    response: Response,
) -> RoleRead:
    """One role; its ETag guards changes."""
    return _tagged(response, await roles.read(session, actor, role_id))


@router.put("/{role_id}", responses=problems(CannotGrant, NotYours, RoleNameTaken, PreconditionFailed))
async def update_role(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_UPDATE))],
    role_id: UUID,
    body: RoleWrite,
    session: SessionDep,
    response: Response,
    if_match: IfMatch = None,
) -> RoleRead:
    """Replaces a role; it takes effect on the next request of everybody who has it."""
    return _tagged(response, await roles.update(session, actor, role_id, body, if_match=if_match))


@router.delete(
    "/{role_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(CannotGrant, NotYours, RoleInUse, RoleElsewhere, ValidationFailed, PreconditionFailed),
)
async def delete_role(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_DELETE))],
    role_id: UUID,
    session: SessionDep,
    reassign_to: ReassignTo = None,
    if_match: IfMatch = None,
) -> None:
    """Removes a role; one that somebody has needs `reassign_to`."""
    await roles.delete(session, actor, role_id, reassign_to=reassign_to, if_match=if_match)


@router.get("/{role_id}/permissions")
async def list_role_permissions(
    actor: Annotated[Actor, Depends(requires(Permission.ROLES_READ))], role_id: UUID, session: SessionDep
) -> RolePermissions:
    """What a role allows, in words."""
    role = await roles.read(session, actor, role_id)
    return RolePermissions(items=[PermissionRead.of(permission, actor.language) for permission in role.permissions])


def _tagged(response: Response, role: RoleRead) -> RoleRead:
    response.headers["ETag"] = etag(role.version)
    return role
