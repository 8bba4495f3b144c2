"""Routes for accounts of other people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Response, status

from app.api.deps import (
    CredentialsDep,
    PageDep,
    PlatformDep,
    ReaderDep,
    ReassignTo,
    SessionDep,
    requires,
)
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import Overloaded, ValidationFailed
from app.core.errors.accounts import EmailTaken, LastAdmin, WeakPassword
from app.core.errors.people import (
    AboveOwnKind,
    CannotGrant,
    NotYours,
    OwnAccount,
    RoleElsewhere,
    RoleNameTaken,
    StillManages,
)
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.erasures import ErasureBegun
from app.schemas.people import (
    PermissionsWrite,
    PersonCreate,
    PersonPermissions,
    PersonRead,
    PersonUpdate,
    RoleGiven,
)
from app.services.accounts import people, second_factors
from app.services.accounts.people import Rights
from app.services.jobs.jobs import send_hints

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/")
async def list_users(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_READ))], session: ReaderDep, page: PageDep
) -> PageRead[PersonRead]:
    """Accounts that one manages, newest first: a MASTER's own users; all for an ADMIN."""
    return PageRead[PersonRead].model_validate(await people.list_page(session, actor, page))


@router.post(
    "/",
    status_code=status.HTTP_201_CREATED,
    responses=problems(
        AboveOwnKind, CannotGrant, EmailTaken, RoleElsewhere, WeakPassword, ValidationFailed, Overloaded
    ),
)
async def create_user(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_CREATE))],
    body: PersonCreate,
    session: SessionDep,
    credentials: CredentialsDep,
    response: Response,
) -> PersonRead:
    """Makes an account; a MASTER makes NORMAL users of its own."""
    person = await people.create(session, credentials.passwords, actor, body)
    response.headers["Location"] = f"/api/v1/users/{person.id}"
    return person


@router.get("/{user_id}")
async def read_user(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_READ))], user_id: UUID, session: ReaderDep
) -> PersonRead:
    """One account."""
    return await people.read(session, actor, user_id)


@router.put(
    "/{user_id}",
    responses=problems(
        AboveOwnKind, OwnAccount, LastAdmin, RoleElsewhere, RoleNameTaken, StillManages, ValidationFailed
    ),
)
async def update_user(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_UPDATE))],
    user_id: UUID,
    body: PersonUpdate,
    session: SessionDep,
    reassign_to: ReassignTo = None,
) -> PersonRead:
    """Changes the fields that are sent; it takes effect on the person's next request."""
    return await people.update(session, actor, user_id, body, reassign_to=reassign_to)


@router.delete(
    "/{user_id}",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(OwnAccount, LastAdmin, RoleNameTaken, StillManages, ValidationFailed),
)
async def delete_user(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_DELETE))],
    user_id: UUID,
    session: SessionDep,
    platform: PlatformDep,
    background: BackgroundTasks,
    response: Response,
    reassign_to: ReassignTo = None,
) -> ErasureBegun:
    """Closes an account and removes all that belonged to it in the background, which GET /erasures/{id} reports.

    A MASTER with users or roles needs `reassign_to`.
    """
    begun = await people.delete(session, actor, user_id, reassign_to=reassign_to)
    background.add_task(send_hints, platform.publisher, [begun.hint])
    response.headers["Location"] = f"/api/v1/erasures/{begun.shown.id}"
    return begun.shown


@router.delete(
    "/{user_id}/second-factor", status_code=status.HTTP_204_NO_CONTENT, responses=problems(AboveOwnKind, OwnAccount)
)
async def take_second_factor_away(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_UPDATE))], user_id: UUID, session: SessionDep
) -> None:
    """Switches off the second factor of somebody who has lost both the app and the recovery codes."""
    await second_factors.take_away(session, actor, user_id)


@router.put("/{user_id}/role", responses=problems(CannotGrant, OwnAccount, RoleElsewhere, ValidationFailed))
async def set_user_role(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_GRANT))],
    user_id: UUID,
    body: RoleGiven,
    session: SessionDep,
) -> PersonRead:
    """Gives a NORMAL user a role, or takes it away."""
    return await people.set_role(session, actor, user_id, body.role_id)


@router.get("/{user_id}/permissions")
async def list_user_permissions(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_READ))], user_id: UUID, session: SessionDep
) -> PersonPermissions:
    """What somebody may do at this moment, and what each permission follows from."""
    return _shown(await people.explain(session, actor, user_id), actor)


@router.put("/{user_id}/permissions", responses=problems(CannotGrant, NotYours, OwnAccount))
async def set_user_permissions(
    actor: Annotated[Actor, Depends(requires(Permission.USERS_GRANT))],
    user_id: UUID,
    body: PermissionsWrite,
    session: SessionDep,
) -> PersonPermissions:
    """Replaces the permissions granted and denied to a user on top of kind and role."""
    return _shown(await people.set_permissions(session, actor, user_id, body.as_entries()), actor)


def _shown(rights: Rights, actor: Actor) -> PersonPermissions:
    return PersonPermissions.of(rights.holder, rights.explained, actor.language)
