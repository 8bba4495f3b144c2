"""Routes for one's own second factor."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.api.deps import CredentialsDep, PlatformDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotFound, Overloaded
from app.core.errors.access import SecondFactorOn, SecondFactorWrong
from app.core.errors.accounts import WrongPassword
from app.core.permissions import Permission
from app.schemas.second_factors import (
    SecondFactorCode,
    SecondFactorConfirmed,
    SecondFactorEnd,
    SecondFactorRead,
    SecondFactorStart,
    SecondFactorStarted,
)
from app.services.accounts import second_factors

router = APIRouter(prefix="/auth/second-factor", tags=["auth"])

Updating = Annotated[Actor, Depends(requires(Permission.PROFILE_UPDATE))]


@router.get("")
async def read_second_factor(
    actor: Annotated[Actor, Depends(requires(Permission.PROFILE_READ))], session: SessionDep
) -> SecondFactorRead:
    """Whether one's own sign-in needs a code of an authenticator app."""
    return await second_factors.read(session, actor)


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(WrongPassword, SecondFactorOn, Overloaded))
async def start_second_factor(
    actor: Updating, body: SecondFactorStart, platform: PlatformDep, credentials: CredentialsDep
) -> SecondFactorStarted:
    """Makes a secret for an authenticator app (RFC 6238); nothing changes before it is confirmed."""
    return await second_factors.start(platform, credentials.passwords, actor, body.password.get_secret_value())


@router.post("/confirm", responses=problems(NotFound, SecondFactorOn, SecondFactorWrong))
async def confirm_second_factor(
    actor: Updating, body: SecondFactorCode, platform: PlatformDep
) -> SecondFactorConfirmed:
    """Switches it on with a code of the app; gives the recovery codes."""
    return await second_factors.confirm(platform, actor, body.code)


@router.delete(
    "",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(NotFound, WrongPassword, SecondFactorWrong, Overloaded),
)
async def end_second_factor(
    actor: Updating, body: SecondFactorEnd, platform: PlatformDep, credentials: CredentialsDep
) -> None:
    """Switches it off, with the password and a code of the app or a recovery code."""
    await second_factors.end(platform, credentials.passwords, actor, body)
