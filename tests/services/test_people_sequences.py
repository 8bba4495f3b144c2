"""What stays true of people whatever they do to each other: sequences of real changes, tried by the hundred."""

from functools import partial
from typing import Final
from uuid import UUID

import pytest
from hypothesis import strategies as st

from app.core.db import Database, Session
from app.core.errors import AgentGraphError
from app.core.ids import new_id
from app.core.permissions import MANAGEMENT, Permission, UserKind
from app.core.rights import Holder, held
from app.schemas.roles import RoleWrite
from app.services.accounts import people, roles
from tests.sequences import (
    BY_AN_ADMIN,
    CHANGES_OF_PEOPLE,
    SOME_ROLE,
    SOMEBODY,
    Action,
    World,
    actor_of,
    begin,
    change_person,
    everybody,
    tried,
)

pytestmark = pytest.mark.anyio

SEQUENCES: Final = 60
RANK: Final = {UserKind.NORMAL: 0, UserKind.MASTER: 1, UserKind.ADMIN: 2}
SOME = st.frozensets(st.sampled_from(Permission), max_size=4)
ACTIONS = st.one_of(
    *BY_AN_ADMIN,
    *CHANGES_OF_PEOPLE,
    st.tuples(st.just("entries"), SOMEBODY, SOMEBODY, st.dictionaries(st.sampled_from(Permission), st.booleans())),
    st.tuples(st.just("delete"), SOMEBODY, SOMEBODY, st.none() | SOMEBODY),
    st.tuples(st.just("new_role"), SOMEBODY, SOMEBODY, SOME),
    st.tuples(st.just("change_role"), SOMEBODY, SOME_ROLE, SOME),
    st.tuples(st.just("delete_role"), SOMEBODY, SOME_ROLE, st.none() | SOME_ROLE),
)


async def test_no_sequence_of_changes_breaks_what_must_hold(database: Database) -> None:
    done = await tried(partial(_play, database), ACTIONS, sequences=SEQUENCES)
    assert sum(done) > SEQUENCES, "hardly any change was allowed: the sequences try nothing"


async def _play(database: Database, actions: list[Action]) -> int:
    """Does the actions one after the other; gives how many were allowed."""
    world, allowed = await begin(database), 0
    for action in actions:
        before = await everybody(database, world)
        me = before[world.user_ids[action[1]]]
        if not me.is_active:
            continue
        try:
            async with database.transaction() as session:
                await _act(session, world, me, action)
        except AgentGraphError:
            assert await everybody(database, world) == before
            continue
        allowed += 1
        _check(me, before, await everybody(database, world))
    return allowed


def _check(me: Holder, before: dict[UUID, Holder], after: dict[UUID, Holder]) -> None:
    assert any(person.kind is UserKind.ADMIN and person.is_active for person in after.values())
    assert after[me.id] == before[me.id] or (me.kind is UserKind.MASTER and held(after[me.id]) == held(before[me.id]))
    for person in after.values():
        earlier = before[person.id]
        assert held(person) - held(earlier) <= held(me), "somebody got what the giver does not hold"
        assert person.kind is not UserKind.NORMAL or not held(person) & MANAGEMENT
        if person.kind is not earlier.kind:
            assert RANK[person.kind] <= RANK[me.kind]
        if me.kind is not UserKind.ADMIN and person != earlier:
            assert (earlier.kind, earlier.manager_id) == (UserKind.NORMAL, me.id)


async def _act(session: Session, world: World, me: Holder, action: Action) -> None:
    name, _, target, value = action
    if name == "entries":
        await people.set_permissions(session, actor_of(me), world.user_ids[target], value)
    elif name == "delete":
        other = None if value is None else world.user_ids[value]
        await people.delete(session, actor_of(me), world.user_ids[target], reassign_to=other)
    elif name.endswith("_role"):
        await _act_on_roles(session, world, me, action)
    else:
        await change_person(session, world, me, action)


async def _act_on_roles(session: Session, world: World, me: Holder, action: Action) -> None:
    name, _, target, value = action
    actor = actor_of(me)
    if name == "delete_role":
        to = None if value is None else world.role(value)
        await roles.delete(session, actor, world.role(target), reassign_to=to, if_match=None)
        return
    wanted = RoleWrite(name=str(new_id()), permissions=sorted(value))
    if name == "change_role":
        await roles.update(session, actor, world.role(target), wanted, if_match=None)
    else:
        world.role_ids.append((await roles.create(session, actor, wanted)).id)
