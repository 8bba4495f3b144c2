"""The rules of who may do what: what a person holds in the end, whom they may manage and what they may give.

All invariants about people are here, as plain functions over values, and nowhere else. Services load the people
concerned, locked, and ask before they change anything.

What a person holds
- An ADMIN holds everything. A MASTER holds its kind's default, plus its grants, minus its denials.
- A NORMAL user holds what its role says (without a role: its kind's default), plus grants, minus denials.
- What a manager gave is bounded by what the manager holds at this moment: when a MASTER loses a permission, so does
  everybody who has it from that MASTER, at once, and gets it back with the MASTER. That goes for its roles, for roles
  it assigned, for its grants, and for the default of its users without a role. What an ADMIN gave stays.
- A denial wins over everything. One that an ADMIN made cannot be lifted by a MASTER.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.errors.accounts import LastAdmin
from app.core.errors.people import AboveOwnKind, CannotGrant, NotYours, OwnAccount, RoleElsewhere
from app.core.permissions import BY_KIND, CEILING, Permission, UserKind


@dataclass(frozen=True, slots=True)
class Entry:
    """One permission granted or denied to one person, on top of kind and role."""

    permission: Permission
    is_granted: bool
    given_by: UUID | None
    """The MASTER who manages the person; None: an ADMIN."""


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A person's role, and who gave it."""

    id: UUID
    name: str
    permissions: frozenset[Permission]
    owner_id: UUID | None
    """The MASTER whose role it is; None: the installation's."""
    given_by: UUID | None
    """The MASTER who assigned it; None: an ADMIN."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A person as far as rights go."""

    id: UUID
    kind: UserKind
    is_active: bool = True
    manager_id: UUID | None = None
    role: GivenRole | None = None
    entries: tuple[Entry, ...] = ()
    manager_holds: frozenset[Permission] = frozenset()
    """What the manager holds now; empty without one."""
    scopes: frozenset[Permission] | None = None
    """What the API key that acts in the person's name is for; None: the person acts."""

    @property
    def granted(self) -> frozenset[Permission]:
        """What grants add, before bounds and denials."""
        return frozenset(entry.permission for entry in self.entries if entry.is_granted)

    @property
    def denied(self) -> frozenset[Permission]:
        """What denials take away."""
        return frozenset(entry.permission for entry in self.entries if not entry.is_granted)


class Origin(StrEnum):
    """Where a permission comes from."""

    KIND = "kind"
    ROLE = "role"
    GRANT = "grant"


class Limit(StrEnum):
    """What keeps a person from a permission that something gives them."""

    DENIAL = "denial"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether a person holds a permission, and why."""

    permission: Permission
    is_held: bool
    origin: Origin | None
    """None when nothing gives it."""
    limited_by: Limit | None

    @classmethod
    def of(cls, holder: Holder, permission: Permission) -> Self:
        """The reason that decides: of several origins one that is not bounded, of several limits the denial."""
        given = {origin: permission in given for origin, given in _given(holder).items()}
        bounded = {origin: permission in given for origin, given in _bounded(holder).items()}
        origin = next((o for o in Origin if bounded[o]), next((o for o in Origin if given[o]), None))
        limit = Limit.MANAGER if origin is not None and not any(bounded.values()) else None
        if permission in holder.denied and holder.kind is not UserKind.ADMIN:
            limit = Limit.DENIAL
        return cls(permission, permission in held(holder), origin, limit)


def held(holder: Holder) -> frozenset[Permission]:
    """What a person may do at this moment."""
    within = CEILING[holder.kind] if holder.scopes is None else CEILING[holder.kind] & holder.scopes
    if holder.kind is UserKind.ADMIN:
        return within
    return (frozenset[Permission]().union(*_bounded(holder).values()) - holder.denied) & within


def _given(holder: Holder) -> dict[Origin, frozenset[Permission]]:
    """What kind, role and grants give before any limit."""
    role = holder.role if holder.kind is UserKind.NORMAL else None
    return {
        Origin.KIND: frozenset() if role else BY_KIND[holder.kind],
        Origin.ROLE: role.permissions if role else frozenset(),
        Origin.GRANT: holder.granted,
    }


def _bounded(holder: Holder) -> dict[Origin, frozenset[Permission]]:
    """The same within the bounds of whoever gave it."""
    given = _given(holder)
    if holder.kind is not UserKind.NORMAL or holder.manager_id is None:
        return given
    bound, role = holder.manager_holds, holder.role
    by_manager = frozenset(e.permission for e in holder.entries if e.is_granted and e.given_by is not None)
    if role is None or role.owner_id is not None or role.given_by is not None:
        given[Origin.ROLE] &= bound
    given[Origin.KIND] &= bound
    given[Origin.GRANT] = (holder.granted - by_manager) | (by_manager & bound)
    return given


def sees(acting: Holder, person: Holder) -> bool:
    """Whether `acting` may know of `person`: oneself, one's own users, and for an ADMIN everybody."""
    return acting.id == person.id or manages(acting, person)


def manages(acting: Holder, person: Holder) -> bool:
    """Whether `person` is somebody else whom `acting` manages."""
    if acting.id == person.id or not acting.is_active:
        return False
    if acting.kind is UserKind.ADMIN:
        return True
    return acting.kind is UserKind.MASTER and person.kind is UserKind.NORMAL and person.manager_id == acting.id


def require_may_manage(acting: Holder, person: Holder, permission: Permission) -> None:
    """Raises NotFound for somebody invisible, OwnAccount for oneself, Forbidden when the right was lost meanwhile."""
    if not sees(acting, person):
        raise NotFound
    if acting.id == person.id:
        raise OwnAccount
    if permission not in held(acting):
        raise Forbidden


def require_may_create(acting: Holder, kind: UserKind, manager_id: UUID | None) -> None:
    """A MASTER creates NORMAL users of its own and nobody else. Raises AboveOwnKind, Forbidden."""
    if Permission.USERS_CREATE not in held(acting) or acting.kind is UserKind.NORMAL:
        raise Forbidden
    if acting.kind is UserKind.MASTER and (kind is not UserKind.NORMAL or manager_id not in {None, acting.id}):
        raise AboveOwnKind


def require_may_place(acting: Holder) -> None:
    """Kinds and managers are changed by an ADMIN alone. Raises AboveOwnKind."""
    if acting.kind is not UserKind.ADMIN:
        raise AboveOwnKind


def require_admin_remains(admins: Iterable[UUID], leaving: UUID) -> None:
    """Somebody has to be left to run the installation. `admins`: the active ones, locked. Raises LastAdmin."""
    if not set(admins) - {leaving}:
        raise LastAdmin


def circle(holder: Holder) -> UUID | None:
    """Among whom a person's sources may be shared: a MASTER with its users; None: everybody without a MASTER.

    The view `received_sources` of the system database holds the same rule for what was shared already.
    """
    return holder.id if holder.kind is UserKind.MASTER else holder.manager_id


def may_share_for(acting: Holder, owner: Holder) -> bool:
    """Whether `acting` decides who else reads the sources of `owner`: the owner, or the MASTER who manages it."""
    return acting.id == owner.id or (acting.kind is UserKind.MASTER and manages(acting, owner))


def may_receive(owner: Holder, person: Holder) -> bool:
    """Whether sources of `owner` may be shared with `person`: within the circle, and an ADMIN's with everybody."""
    if person.id == owner.id or not person.is_active:
        return False
    return owner.kind is UserKind.ADMIN or circle(owner) == circle(person)


def role_may_receive(owner: Holder, role_owner_id: UUID | None) -> bool:
    """Whether sources of `owner` may be shared with a role: the installation's, or one of the circle's MASTER."""
    return owner.kind is UserKind.ADMIN or role_owner_id in {None, circle(owner)}


def require_may_give(acting: Holder, permissions: Iterable[Permission], *, to: UserKind) -> None:
    """Nobody gives what they do not hold, nor what that kind cannot hold. Raises CannotGrant."""
    refused = frozenset(permissions) - (held(acting) & CEILING[to])
    if refused:
        raise CannotGrant(permissions=", ".join(sorted(refused)))


def require_may_change_entries(acting: Holder, person: Holder, wanted: dict[Permission, bool]) -> None:
    """Checks that `acting` may turn the person's entries into `wanted` (True: granted, False: denied).

    A new grant and a lifted denial both give. What an ADMIN set, a MASTER leaves as it is. An ADMIN takes no entries.
    Raises CannotGrant, NotYours.
    """
    present = {entry.permission: entry for entry in person.entries}
    if wanted and person.kind is UserKind.ADMIN:
        raise CannotGrant(permissions=", ".join(sorted(wanted)))
    for permission, entry in present.items():
        if wanted.get(permission) != entry.is_granted and not _may_undo(acting, entry):
            raise NotYours
    granted = {p for p, is_granted in wanted.items() if is_granted and p not in person.granted}
    lifted = {p for p in person.denied if p not in wanted}
    require_may_give(acting, granted | lifted, to=person.kind)


def _may_undo(acting: Holder, entry: Entry) -> bool:
    return acting.kind is UserKind.ADMIN or entry.given_by == acting.id


def require_fits(role_owner_id: UUID | None, person: Holder) -> None:
    """A person's role is the installation's or their manager's; only NORMAL users have one. Raises RoleElsewhere."""
    if person.kind is not UserKind.NORMAL or role_owner_id not in {None, person.manager_id}:
        raise RoleElsewhere


def sees_role(acting: Holder, owner_id: UUID | None) -> bool:
    """An ADMIN sees all roles, a MASTER its own and the installation's."""
    if acting.kind is UserKind.ADMIN:
        return True
    return acting.kind is UserKind.MASTER and owner_id in {None, acting.id}


def require_may_change_role(acting: Holder, owner_id: UUID | None, permission: Permission) -> None:
    """Raises NotFound for an invisible role, NotYours for the installation's, Forbidden when the right was lost."""
    if not sees_role(acting, owner_id):
        raise NotFound
    if acting.kind is not UserKind.ADMIN and owner_id != acting.id:
        raise NotYours
    if permission not in held(acting):
        raise Forbidden


def author(acting: Holder) -> UUID | None:
    """Whose bounds hold for what `acting` gives: a MASTER's own; None for an ADMIN, who holds everything."""
    return None if acting.kind is UserKind.ADMIN else acting.id
