"""Shapes of accounts that somebody manages."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator, model_validator

from app.core.i18n import Language
from app.core.permissions import SENTENCES, Permission, UserKind
from app.core.rights import Explained, Holder, Limit, Origin
from app.core.source_rules import BUILT_IN, AttributeValue
from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.users import Email, NewPassword, UserRead

AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
AttributeText = Annotated[str, StringConstraints(max_length=200)]
Attribute = AttributeText | bool | int | float | Annotated[list[AttributeText | int], Field(max_length=200)]


class PersonRead(UserRead):
    """An account as whoever manages it sees it."""

    manager_id: UUID | None
    """The MASTER who manages it."""
    role_id: UUID | None
    """Its role; null: what its kind holds by default."""
    attributes: dict[str, AttributeValue]
    """What filters of shared sources may ask of it."""


class PersonCreate(RequestModel):
    """A new account."""

    email: Email
    name: Name
    password: NewPassword
    kind: UserKind = UserKind.NORMAL
    """Other kinds are for an ADMIN to make."""
    manager_id: UUID | None = None
    """The MASTER who manages it; a MASTER's new users are always its own."""
    role_id: UUID | None = None
    """Needs the permission to grant as well."""


class PersonUpdate(RequestModel):
    """What changes of an account; what is not sent stays."""

    name: Name | None = None
    is_active: bool | None = None
    """False suspends: the person is signed out everywhere, and their keys do not work."""
    kind: UserKind | None = None
    """For an ADMIN. Role, manager and single permissions go with the old kind."""
    manager_id: UUID | None = None
    """For an ADMIN. Null, when sent, leaves the user to the administrators."""
    attributes: Annotated[dict[AttributeName, Attribute], Field(max_length=50)] | None = None
    """What filters of shared sources may ask of the person, such as a region; replaces all that were set before."""

    @field_validator("attributes")
    @classmethod
    def _takes_no_built_in(cls, given: dict[str, AttributeValue] | None) -> dict[str, AttributeValue] | None:
        if given is not None and BUILT_IN & given.keys():
            raise ValueError(f"everybody has these by themselves: {', '.join(sorted(BUILT_IN))}")
        return given


class RoleGiven(RequestModel):
    """Which role somebody gets."""

    role_id: UUID | None
    """Null takes the role away."""


class PermissionsWrite(RequestModel):
    """Single permissions of a user on top of kind and role; a denial wins over everything."""

    granted: list[Permission] = Field(max_length=len(Permission))
    denied: list[Permission] = Field(max_length=len(Permission))

    @model_validator(mode="after")
    def _contradicts_nothing(self) -> Self:
        if set(self.granted) & set(self.denied):
            raise ValueError("a permission is granted or denied, not both")
        return self

    def as_entries(self) -> dict[Permission, bool]:
        """True for what is granted, False for what is denied."""
        return dict.fromkeys(self.granted, True) | dict.fromkeys(self.denied, False)


class ExplainedPermission(ResponseModel):
    """One permission, whether the user has it, and why."""

    permission: Permission
    allows: str
    is_held: bool
    origin: Origin | None
    """What gives it: the kind, the role or a grant."""
    limited_by: Limit | None
    """What takes it away: a denial, or that its manager does not hold it now."""


class PersonPermissions(ResponseModel):
    """What somebody may do at this moment."""

    granted: list[Permission]
    denied: list[Permission]
    items: list[ExplainedPermission]

    @classmethod
    def of(cls, holder: Holder, explained: tuple[Explained, ...], to: Language) -> Self:
        """The whole vocabulary, in words of a language."""
        items = [
            ExplainedPermission(
                permission=each.permission,
                allows=SENTENCES[each.permission].to(to),
                is_held=each.is_held,
                origin=each.origin,
                limited_by=each.limited_by,
            )
            for each in explained
        ]
        return cls(granted=sorted(holder.granted), denied=sorted(holder.denied), items=items)
