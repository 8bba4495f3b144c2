"""Routes for accounts."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.api.deps import CredentialsDep, PlatformDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import EmailTaken, LastAdmin, Overloaded, WeakPassword, WrongPassword
from app.core.permissions import Permission
from app.schemas.users import ProfileDelete, ProfileRead, ProfileUpdate, revealed
from app.services import users
from app.services.users import ProfileChange

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/me")
async def read_profile(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_READ))], session: SessionDep
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
    )
    profile = await users.change_profile(session, platform.database, credentials.passwords, actor, change)
    return ProfileRead.of(profile)


@router.delete("/me", status_code=status.HTTP_204_NO_CONTENT, responses=problems(WrongPassword, LastAdmin, Overloaded))
async def delete_profile(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_DELETE))],
    body: ProfileDelete,
    session: SessionDep,
    platform: PlatformDep,
    credentials: CredentialsDep,
) -> None:
    """Closes one's own account and signs it out everywhere; the last administrator cannot leave."""
    await users.delete_own(
        session, platform.database, credentials.passwords, actor, password=body.password.get_secret_value()
    )
