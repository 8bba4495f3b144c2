"""Shapes of accounts."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from app.core.passwords import MAX_CHARS, MIN_CHARS
from app.core.permissions import Permission, UserKind
from app.core.rights import held
from app.schemas.common import Name, RequestModel, ResponseModel

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s<>\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$",
    ),
]
"""An address by its shape alone (RFC 5321 lengths); only a message that arrives would prove more."""


def _fits(password: SecretStr) -> SecretStr:
    length = len(password.get_secret_value())
    if not MIN_CHARS <= length <= MAX_CHARS:
        raise ValueError(f"a password has {MIN_CHARS} to {MAX_CHARS} characters")
    return password


NewPassword = Annotated[SecretStr, AfterValidator(_fits)]
GivenPassword = Annotated[SecretStr, Field(max_length=1000)]


class UserRead(ResponseModel):
    """An account."""

    id: UUID
    email: str
    name: str
    kind: UserKind
    is_active: bool
    created_at: datetime


class RoleName(ResponseModel):
    """Which role somebody has."""

    id: UUID
    name: str


class ProfileRead(UserRead):
    """One's own account, with what it may do."""

    role: RoleName | None
    permissions: list[Permission]
    """What holds right now, whatever it follows from."""
    session_retention_days: int
    """Days without activity after which own conversations are removed unless pinned; 0: as the installation says."""

    @classmethod
    def of(cls, person: Any) -> Self:
        """The profile of whoever has a `user` row and a `holder` (`app.services.accounts.users.Profile`)."""
        user, holder = UserRead.model_validate(person.user), person.holder
        role = None if holder.role is None else RoleName.model_validate(holder.role)
        return cls(
            **user.model_dump(),
            role=role,
            permissions=sorted(held(holder)),
            session_retention_days=person.user.session_retention_days or 0,
        )


class ProfileUpdate(RequestModel):
    """Changes to one's own account; a new e-mail or password needs the current password."""

    name: Name | None = None
    email: Email | None = None
    current_password: GivenPassword | None = None
    new_password: NewPassword | None = None
    session_retention_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    """Days without activity after which own conversations are removed unless pinned, if the installation does not
    remove them sooner; 0 leaves it to the installation."""


class ProfileDelete(RequestModel):
    """Proof that it is the owner who closes the account."""

    password: GivenPassword


def revealed(secret: SecretStr | None) -> str | None:
    """The text of a secret that may be absent."""
    return None if secret is None else secret.get_secret_value()
