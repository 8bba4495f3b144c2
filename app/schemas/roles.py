"""Shapes of roles."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.permissions import Permission
from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.permissions import PermissionRead


class RoleWrite(RequestModel):
    """A role as it shall be."""

    name: Name
    """No two roles of one owner have the same, in any spelling of upper and lower case."""
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    permissions: list[Permission] = Field(max_length=len(Permission))
    """What its users may do; only what you hold yourself and a NORMAL user can hold."""


class RoleRead(ResponseModel):
    """A role."""

    id: UUID
    owner_id: UUID | None
    """The MASTER whose role it is; null: the installation's, which every MASTER may give."""
    name: str
    description: str
    permissions: list[Permission]
    version: int
    """Rises with every change; the ETag holds it."""
    created_at: datetime
    updated_at: datetime


class RolePermissions(ResponseModel):
    """What the users of a role may do."""

    items: list[PermissionRead]
