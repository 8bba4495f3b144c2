"""Routes for registering, signing in, staying signed in and signing out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, status

from app.api.deps import (
    CredentialsDep,
    DeviceDep,
    LanguageDep,
    PageDep,
    PlatformDep,
    SessionDep,
    get_actor,
    open_to_strangers,
    requires,
)
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import Overloaded
from app.core.errors.access import SecondFactorRequired, SecondFactorWrong
from app.core.errors.accounts import (
    BadCredentials,
    EmailTaken,
    RegistrationClosed,
    ResetTokenInvalid,
    TokenInvalid,
    TokenReused,
    WeakPassword,
)
from app.core.permissions import Permission
from app.schemas.auth import ForgotPassword, Login, RefreshRequest, Registration, ResetPassword, SignInRead, TokensRead
from app.schemas.common import PageRead
from app.schemas.users import ProfileRead
from app.services.accounts import auth, password_reset, sign_ins, users

router = APIRouter(prefix="/auth", tags=["auth"])
COUNTED = Depends(open_to_strangers)


@router.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    dependencies=[COUNTED],
    responses=problems(RegistrationClosed, WeakPassword, EmailTaken, Overloaded),
)
async def register(
    body: Registration, session: SessionDep, platform: PlatformDep, credentials: CredentialsDep
) -> ProfileRead:
    """Creates a NORMAL account; sign in with it afterwards."""
    profile = await users.register(
        session,
        platform.settings,
        credentials.passwords,
        email=body.email,
        name=body.name,
        password=body.password.get_secret_value(),
    )
    return ProfileRead.of(profile)


@router.post(
    "/login",
    dependencies=[COUNTED],
    responses=problems(BadCredentials, SecondFactorRequired, SecondFactorWrong, Overloaded),
)
async def login(body: Login, platform: PlatformDep, credentials: CredentialsDep, device: DeviceDep) -> TokensRead:
    """Signs in. An unknown e-mail and a wrong password get the same answer.

    An account with a second factor needs `code` as well (`second_factor_required`).
    Wrong passwords slow down the address they come from (`rate_limited`); others reach the account meanwhile.
    """
    signed_in = await auth.login(
        platform, credentials, device, email=body.email, password=body.password.get_secret_value(), code=body.code
    )
    return TokensRead.of(signed_in)


@router.post("/refresh-token", dependencies=[COUNTED], responses=problems(TokenInvalid, TokenReused))
async def refresh_token(body: RefreshRequest, session: SessionDep, credentials: CredentialsDep) -> TokensRead:
    """Exchanges a refresh token for a new pair; using one twice ends the whole sign-in.

    Only the direct parent of the newest token may be repeated, for ten seconds, and gives the same child again.
    """
    return TokensRead.of(await auth.refresh(session, credentials, body.refresh_token))


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(actor: Annotated[Actor, Depends(get_actor)], session: SessionDep) -> None:
    """Ends this sign-in at once: its access and refresh tokens stop working everywhere."""
    await auth.logout(session, actor)


@router.get("/sign-ins")
async def list_sign_ins(
    actor: Annotated[Actor, Depends(requires(Permission.SIGN_INS_READ))], session: SessionDep, page: PageDep
) -> PageRead[SignInRead]:
    """Where one is signed in, newest first."""
    return PageRead[SignInRead].model_validate(await sign_ins.list_page(session, actor, page))


@router.delete("/sign-ins", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_other_sign_ins(
    actor: Annotated[Actor, Depends(requires(Permission.SIGN_INS_REVOKE))], session: SessionDep
) -> None:
    """Ends all of one's sign-ins but the one that asks, at once."""
    await sign_ins.revoke_others(session, actor)


@router.delete("/sign-ins/{sign_in_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_sign_in(
    actor: Annotated[Actor, Depends(requires(Permission.SIGN_INS_REVOKE))], sign_in_id: UUID, session: SessionDep
) -> None:
    """Ends one sign-in at once: its access and refresh tokens stop working everywhere."""
    await sign_ins.revoke(session, actor, sign_in_id)


@router.post("/forgot-password", status_code=status.HTTP_202_ACCEPTED, dependencies=[COUNTED])
async def forgot_password(
    body: ForgotPassword, platform: PlatformDep, language: LanguageDep, background: BackgroundTasks
) -> None:
    """Mails a token for a new password. An e-mail without an account gets the same answer in the same time."""
    background.add_task(password_reset.send_token, platform, body.email, language)


@router.post(
    "/reset-password",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[COUNTED],
    responses=problems(ResetTokenInvalid, WeakPassword, Overloaded),
)
async def reset_password(body: ResetPassword, platform: PlatformDep, credentials: CredentialsDep) -> None:
    """Sets a new password with the token of a mail, which works once; ends all sign-ins of the account."""
    await password_reset.reset(
        platform.database,
        credentials.passwords,
        token=body.token,
        new_password=body.new_password.get_secret_value(),
    )
