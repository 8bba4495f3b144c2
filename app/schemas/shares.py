"""Shapes of shares: who else may read something."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import model_validator

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.users import Email, RoleName


class ShareCreate(RequestModel):
    """Who shall read it: exactly one of the three."""

    user_id: UUID | None = None
    email: Email | None = None
    """Of a user, for those who do not know the id."""
    role_id: UUID | None = None
    """Everybody with this role at the time, as far as they belong to the owner's circle."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(value is not None for value in (self.user_id, self.email, self.role_id)) != 1:
            raise ValueError("name exactly one of user_id, email and role_id")
        return self


class Receiver(ResponseModel):
    """A user with whom something is shared."""

    id: UUID
    name: str
    email: str


class ShareRead(ResponseModel):
    """One share; one of `user` and `role` is set."""

    id: UUID
    user: Receiver | None
    role: RoleName | None
    given_by: UUID | None
    """The owner, or the MASTER who manages the owner; null when that account is gone."""
    created_at: datetime


class SharedBy(ResponseModel):
    """Who shares something with its reader."""

    id: UUID
    name: str
