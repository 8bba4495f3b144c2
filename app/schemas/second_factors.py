"""Shapes of second factors."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.users import GivenPassword

GivenCode = Annotated[str, Field(min_length=6, max_length=40)]
"""Six digits of the app, or a recovery code."""


class SecondFactorRead(ResponseModel):
    """Whether signing in needs a code, and how many recovery codes are left."""

    is_on: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


class SecondFactorStart(RequestModel):
    """Proof that it is the owner who sets a second factor up."""

    password: GivenPassword


class SecondFactorStarted(ResponseModel):
    """What an authenticator app takes. Shown once; signing in needs no code before it is confirmed."""

    uri: str
    """`otpauth://…`, to be shown as a QR code."""
    base32: str
    """The same secret, to be typed."""


class SecondFactorCode(RequestModel):
    """A code of the app."""

    code: GivenCode


class SecondFactorConfirmed(ResponseModel):
    """From now on signing in needs a code."""

    recovery_codes: list[str]
    """Each stands in for the app once. Shown once."""


class SecondFactorEnd(RequestModel):
    """Proof that it is the owner who switches it off."""

    password: GivenPassword
    code: GivenCode
