"""Shapes of the catalogue of permissions."""

from app.core.permissions import Permission, UserKind
from app.schemas.common import ResponseModel


class PermissionRead(ResponseModel):
    """One permission."""

    permission: Permission
    allows: str
    """What it lets a person do, in the reader's language."""
    kinds: list[UserKind]
    """Kinds of user that hold it by default."""


class PermissionCatalogue(ResponseModel):
    """Every permission there is."""

    items: list[PermissionRead]
