"""Routes for registering, signing in, staying signed in and signing out."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.api.deps import CredentialsDep, DeviceDep, PlatformDep, SessionDep, get_actor
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import (
    BadCredentials,
    EmailTaken,
    Overloaded,
    RegistrationClosed,
    TokenInvalid,
    TokenReused,
    WeakPassword,
)
from app.schemas.auth import Login, RefreshRequest, Registration, TokensRead
from app.schemas.users import ProfileRead
from app.services import auth, users

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    responses=problems(RegistrationClosed, WeakPassword, EmailTaken, Overloaded),
)
async def register(
    body: Registration, session: SessionDep, platform: PlatformDep, credentials: CredentialsDep
) -> ProfileRead:
    """Creates a NORMAL account; sign in with it afterwards."""
    user = await users.register(
        session,
        platform.settings,
        credentials.passwords,
        email=body.email,
        name=body.name,
        password=body.password.get_secret_value(),
    )
    return ProfileRead.of(user)


@router.post("/login", responses=problems(BadCredentials, Overloaded))
async def login(body: Login, platform: PlatformDep, credentials: CredentialsDep, device: DeviceDep) -> TokensRead:
    """Signs in. An unknown e-mail and a wrong password get the same answer."""
    signed_in = await auth.login(
        platform.database, credentials, device, email=body.email, password=body.password.get_secret_value()
    )
    return TokensRead.of(signed_in)


@router.post("/refresh-token", responses=problems(TokenInvalid, TokenReused))
async def refresh_token(body: RefreshRequest, session: SessionDep, credentials: CredentialsDep) -> TokensRead:
    """Exchanges a refresh token for a new pair; using one twice ends the whole sign-in.

    Only the direct parent of the newest token may be repeated, for ten seconds, and gives the same child again.
    """
    return TokensRead.of(await auth.refresh(session, credentials, body.refresh_token))


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(actor: Annotated[Actor, Depends(get_actor)], session: SessionDep) -> None:
    """Ends this sign-in at once: its access and refresh tokens stop working everywhere."""
    await auth.logout(session, actor)
