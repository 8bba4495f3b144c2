"""Shapes of signing in."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.second_factors import GivenCode
from app.schemas.users import Email, GivenPassword, NewPassword, ProfileRead


class Registration(RequestModel):
    """A new account."""

    email: Email
    name: Name
    password: NewPassword
    """8 to 128 characters, of any kind, and not one of the most used passwords."""


class Login(RequestModel):
    """An attempt to sign in."""

    email: Annotated[str, Field(max_length=1000)]
    password: GivenPassword
    code: GivenCode | None = None
    """Of the authenticator app, or a recovery code, when the account has a second factor."""


class RefreshRequest(RequestModel):
    """A refresh token to exchange."""

    refresh_token: Annotated[str, Field(max_length=200, repr=False)]


class ForgotPassword(RequestModel):
    """Whose password is forgotten."""

    email: Annotated[str, Field(max_length=1000)]


class ResetPassword(RequestModel):
    """The token of a mail, and the password that shall count from now on."""

    token: Annotated[str, Field(max_length=200, repr=False)]
    new_password: NewPassword


class SignInRead(ResponseModel):
    """One place where somebody is signed in."""

    id: UUID
    is_current: bool
    """Whether it is the one that asks."""
    address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    """Of its refresh token."""
    expires_at: datetime


class TokensRead(ResponseModel):
    """A pair of tokens and the profile they belong to."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (RFC 6750 scheme)
    expires_in: int
    """Life of the access token, in seconds."""
    refresh_token: str
    """Works once; the next one comes with the next pair."""
    refresh_expires_at: datetime
    user: ProfileRead

    @classmethod
    def of(cls, signed_in: Any) -> Self:
        """The answer for a fresh sign-in or refresh (`app.services.accounts.auth.SignedIn`)."""
        return cls(
            access_token=signed_in.access_token,
            expires_in=signed_in.access_ttl_s,
            refresh_token=signed_in.refresh_token,
            refresh_expires_at=signed_in.refresh_expires_at,
            user=ProfileRead.of(signed_in),
        )
