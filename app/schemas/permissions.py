"""Shapes of the catalogue of permissions."""

from typing import Self

from app.core.i18n import Language
from app.core.permissions import BY_KIND, SENTENCES, Permission, UserKind
from app.schemas.common import ResponseModel


class PermissionRead(ResponseModel):
    """One permission."""

    permission: Permission
    allows: str
    """What it lets a person do, in the reader's language."""
    kinds: list[UserKind]
    """Kinds of user that hold it by default."""

    @classmethod
    def of(cls, permission: Permission, language: Language) -> Self:
        """One permission in words of `language`."""
        kinds = [kind for kind, held in BY_KIND.items() if permission in held]
        return cls(permission=permission, allows=SENTENCES[permission].to(language), kinds=kinds)


class PermissionCatalogue(ResponseModel):
    """Every permission there is."""

    items: list[PermissionRead]
