"""Shapes of API keys."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from app.core.permissions import Permission
from app.schemas.common import Name, RequestModel, ResponseModel


class ApiKeyCreate(RequestModel):
    """A key that a program shall have."""

    name: Name
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=200)]
    """What may be done with it; no more than one may do oneself."""
    expires_at: AwareDatetime | None = None
    """When it stops working; null: when it is revoked."""


class ApiKeyRead(ResponseModel):
    """A key, without its text."""

    id: UUID
    name: str
    prefix: str
    """Its first characters."""
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""
    created_at: datetime


class ApiKeyMade(ApiKeyRead):
    """A new key with its text, which is shown only now."""

    key: str

    @classmethod
    def of(cls, made: Any) -> Self:
        """The answer for an `app.services.accounts.api_keys.MadeKey`."""
        return cls(**made.key.model_dump(), key=made.text)
