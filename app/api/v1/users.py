"""Routes for accounts."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Response, status

from app.api.deps import CredentialsDep, PlatformDep, ReaderDep, ReassignTo, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import Overloaded, ValidationFailed
from app.core.errors.accounts import EmailTaken, LastAdmin, WeakPassword, WrongPassword
from app.core.errors.people import RoleNameTaken, StillManages
from app.core.permissions import Permission
from app.schemas.erasures import ErasureBegun
from app.schemas.users import ProfileDelete, ProfileRead, ProfileUpdate, revealed
from app.services.accounts import leaving, users
from app.services.accounts.users import ProfileChange
from app.services.jobs.jobs import send_hints

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/me")
async def read_profile(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_READ))], session: ReaderDep
) -> ProfileRead:
    """One's own account, with the permissions that hold right now."""
    return ProfileRead.of(await users.read_profile(session, actor))


@router.put("/me", responses=problems(WeakPassword, WrongPassword, EmailTaken, Overloaded))
async def change_profile(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_UPDATE))],
    body: ProfileUpdate,
    session: SessionDep,
    platform: PlatformDep,
    credentials: CredentialsDep,
) -> ProfileRead:
    """Changes the fields that are sent; a new e-mail or password needs `current_password`.

    A new password ends all other sign-ins of the account.
    """
    change = ProfileChange(
        name=body.name,
        email=body.email,
        new_password=revealed(body.new_password),
        current_password=revealed(body.current_password),
        session_retention_days=body.session_retention_days,
    )
    profile = await users.change_profile(session, platform, credentials.passwords, actor, change)
    return ProfileRead.of(profile)


@router.delete(
    "/me",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(WrongPassword, LastAdmin, RoleNameTaken, StillManages, ValidationFailed, Overloaded),
)
async def delete_profile(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_DELETE))],
    body: ProfileDelete,
    session: SessionDep,
    platform: PlatformDep,
    credentials: CredentialsDep,
    background: BackgroundTasks,
    response: Response,
    reassign_to: ReassignTo = None,
) -> ErasureBegun:
    """Closes one's own account, signs it out everywhere at once, and removes all that belonged to it in the background.

    The receipt shows with POST /erasures/receipt what was removed. The last administrator cannot leave; a MASTER with
    users or roles needs `reassign_to`.
    """
    password = body.password.get_secret_value()
    await users.confirm(platform, credentials.passwords, actor, password, pointer="/password")
    begun = await leaving.leave(session, actor, reassign_to=reassign_to)
    background.add_task(send_hints, platform.publisher, [begun.hint])
    response.headers["Location"] = f"/api/v1/erasures/{begun.shown.id}"
    return begun.shown
