"""Who acts: the caller of a request or the owner of a task, as services and repositories see them."""

from dataclasses import dataclass
from uuid import UUID

from app.core.errors import PermissionDenied
from app.core.i18n import Language
from app.core.permissions import SENTENCES, Permission, UserKind


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated person with the rights they hold at this moment; never kept beyond one request or task."""

    user_id: UUID
    kind: UserKind
    permissions: frozenset[Permission]
    sign_in_id: UUID | None
    """The sign-in behind an access token; None where work goes on in a user's name without one."""
    language: Language
    """The language this person reads."""
    api_key_id: UUID | None = None
    """The key that a program calls with, in this person's name."""

    def require(self, permission: Permission) -> None:
        """Raises PermissionDenied, naming what is missing, unless the actor holds `permission`."""
        if permission not in self.permissions:
            raise PermissionDenied(permission=permission.value, sentence=SENTENCES[permission].to(self.language))
