"""The rules of who may do what, for people of every making."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import AgentGraphError
from app.core.permissions import CEILING, MANAGEMENT, Permission, UserKind
from app.core.rights import (
    Entry,
    Explained,
    GivenRole,
    Holder,
    held,
    manages,
    require_may_change_entries,
    require_may_create,
    require_may_give,
    sees,
)

SPACE = UUID(int=1)
MASTER, OTHER, PERSON, ROLE = (uuid5(SPACE, name) for name in ("master", "other", "person", "role"))
KINDS = st.sampled_from(UserKind)
SOME = st.frozensets(st.sampled_from(Permission))


@st.composite
def entries(draw: st.DrawFn, givers: tuple[UUID | None, ...] = (None, MASTER)) -> tuple[Entry, ...]:
    """Grants and denials, one a permission."""
    giver = st.sampled_from(givers)
    return tuple(Entry(permission, draw(st.booleans()), draw(giver)) for permission in sorted(draw(SOME)))


@st.composite
def masters(draw: st.DrawFn) -> Holder:
    """A MASTER with whatever administrators granted and denied."""
    return Holder(MASTER, UserKind.MASTER, entries=draw(entries((None,))))


@st.composite
def people(draw: st.DrawFn, manager: Holder | None = None) -> Holder:
    """A NORMAL user, of `manager` or of nobody."""
    author = st.sampled_from([None] if manager is None else [None, manager.id])
    role = None
    if draw(st.booleans()):
        role = GivenRole(ROLE, "role", draw(SOME), owner_id=draw(author), given_by=draw(author))
    given_entries = draw(entries((None,) if manager is None else (None, manager.id)))
    bounds = frozenset[Permission]() if manager is None else held(manager)
    manager_id = None if manager is None else manager.id
    return Holder(
        PERSON, UserKind.NORMAL, manager_id=manager_id, role=role, entries=given_entries, manager_holds=bounds
    )


@given(people() | masters() | masters().flatmap(people))
def test_nobody_holds_more_than_the_kind_can_nor_what_is_denied(person: Holder) -> None:
    assert held(person) <= CEILING[person.kind] - person.denied
    assert person.kind is not UserKind.NORMAL or not held(person) & MANAGEMENT


@given(entries())
def test_administrators_hold_everything(given_entries: tuple[Entry, ...]) -> None:
    assert held(Holder(PERSON, UserKind.ADMIN, entries=given_entries)) == frozenset(Permission)


@given(masters().flatmap(people))
def test_what_goes_beyond_the_manager_came_from_an_administrator(person: Holder) -> None:
    by_admins = frozenset(e.permission for e in person.entries if e.is_granted and e.given_by is None)
    role = person.role
    if role is not None and role.owner_id is None and role.given_by is None:
        by_admins |= role.permissions
    assert held(person) - person.manager_holds <= by_admins


@given(masters().flatmap(people), SOME)
def test_a_key_never_does_more_than_its_owner(person: Holder, scopes: frozenset[Permission]) -> None:
    assert held(replace(person, scopes=scopes)) == held(person) & scopes


@given(masters().flatmap(people) | people() | masters(), st.sampled_from(Permission))
def test_explanation_says_what_holds(person: Holder, permission: Permission) -> None:
    explained = Explained.of(person, permission)
    assert explained.is_held == (permission in held(person))
    if explained.is_held:
        assert explained.origin is not None
        assert explained.limited_by is None


@given(masters(), SOME, KINDS)
def test_nobody_gives_what_they_do_not_hold(master: Holder, wanted: frozenset[Permission], kind: UserKind) -> None:
    allowed = _allows(lambda: require_may_give(master, wanted, to=kind))
    assert allowed == (wanted <= held(master) & CEILING[kind])


@given(st.data())
def test_changed_entries_add_nothing_that_the_giver_lacks(data: st.DataObject) -> None:
    master = data.draw(masters())
    person = data.draw(people(master))
    wanted = data.draw(st.dictionaries(st.sampled_from(Permission), st.booleans()))
    if not _allows(lambda: require_may_change_entries(master, person, wanted)):
        return
    present = {entry.permission: entry for entry in person.entries}
    after = tuple(
        present[permission]
        if permission in present and present[permission].is_granted == is_granted
        else Entry(permission, is_granted, master.id)
        for permission, is_granted in wanted.items()
    )
    changed = replace(person, entries=after)
    assert held(changed) - held(person) <= held(master)
    kept = {entry for entry in person.entries if entry.given_by is None}
    assert kept <= set(changed.entries)


@given(KINDS, KINDS, st.sampled_from([None, MASTER, OTHER]), st.booleans())
def test_only_administrators_reach_beyond_their_own_users(
    acting: UserKind, target: UserKind, manager_id: UUID | None, is_active: bool
) -> None:
    me = Holder(MASTER, acting, is_active=is_active)
    person = Holder(PERSON, target, manager_id=manager_id)
    own = acting is UserKind.MASTER and target is UserKind.NORMAL and manager_id == MASTER
    assert manages(me, person) == (is_active and (acting is UserKind.ADMIN or own))
    assert sees(me, person) == manages(me, person)
    assert not manages(me, me)


@given(KINDS, KINDS, st.sampled_from([None, MASTER, OTHER]))
def test_nobody_makes_an_account_above_their_kind(acting: UserKind, kind: UserKind, manager_id: UUID | None) -> None:
    allowed = _allows(lambda: require_may_create(Holder(MASTER, acting), kind, manager_id))
    own = acting is UserKind.MASTER and kind is UserKind.NORMAL and manager_id in {None, MASTER}
    assert allowed == (acting is UserKind.ADMIN or own)


def _allows(check: Callable[[], None]) -> bool:
    try:
        check()
    except AgentGraphError:
        return False
    return True
