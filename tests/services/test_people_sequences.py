"""What stays true of people whatever they do to each other: sequences of real changes, tried by the hundred."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.errors import AgentGraphError
from app.core.i18n import Language
from app.core.ids import new_id
from app.core.permissions import MANAGEMENT, Permission, UserKind
from app.core.rights import Holder, held
from app.models import Role, User
from app.repositories.rights import HOLDERS, holder_of
from app.schemas.people import PersonUpdate
from app.schemas.roles import RoleWrite
from app.services.accounts import people, roles

pytestmark = pytest.mark.anyio

CAST: Final = (UserKind.ADMIN, UserKind.ADMIN, UserKind.MASTER, UserKind.MASTER, *[UserKind.NORMAL] * 4)
SEQUENCES: Final = 60
RANK: Final = {UserKind.NORMAL: 0, UserKind.MASTER: 1, UserKind.ADMIN: 2}
SOMEBODY = st.integers(0, len(CAST) - 1)
SOME_ROLE = st.integers(0, 4)
SOME = st.frozensets(st.sampled_from(Permission), max_size=4)
ACTIONS = st.one_of(
    st.tuples(st.just("role"), SOMEBODY, SOMEBODY, st.none() | SOME_ROLE),
    st.tuples(st.just("entries"), SOMEBODY, SOMEBODY, st.dictionaries(st.sampled_from(Permission), st.booleans())),
    st.tuples(st.just("kind"), SOMEBODY, SOMEBODY, st.sampled_from(UserKind)),
    st.tuples(st.just("active"), SOMEBODY, SOMEBODY, st.booleans()),
    st.tuples(st.just("manager"), SOMEBODY, SOMEBODY, st.none() | SOMEBODY),
    st.tuples(st.just("delete"), SOMEBODY, SOMEBODY, st.none() | SOMEBODY),
    st.tuples(st.just("new_role"), SOMEBODY, SOMEBODY, SOME),
    st.tuples(st.just("change_role"), SOMEBODY, SOME_ROLE, SOME),
    st.tuples(st.just("delete_role"), SOMEBODY, SOME_ROLE, st.none() | SOME_ROLE),
)


@dataclass(slots=True)
class World:
    """The people and roles of one sequence."""

    user_ids: list[UUID]
    role_ids: list[UUID] = field(default_factory=list)

    def role(self, number: int) -> UUID:
        """A role of this world, or one that does not exist."""
        return self.role_ids[number] if number < len(self.role_ids) else new_id()


async def test_no_sequence_of_changes_breaks_what_must_hold(database: Database) -> None:
    loop = asyncio.get_running_loop()
    done: list[int] = []

    @settings(max_examples=SEQUENCES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ACTIONS, min_size=5, max_size=15))
    def holds(actions: list[tuple[str, int, int, Any]]) -> None:
        run: Coroutine[Any, Any, int] = _play(database, actions)
        done.append(asyncio.run_coroutine_threadsafe(run, loop).result(60))

    await asyncio.to_thread(holds)
    assert sum(done) > SEQUENCES, "hardly any change was allowed: the sequences try nothing"


async def _play(database: Database, actions: list[tuple[str, int, int, Any]]) -> int:
    """Does the actions one after the other; gives how many were allowed."""
    world, allowed = await _begin(database), 0
    for action in actions:
        before = await _everybody(database)
        me = before[world.user_ids[action[1]]]
        if not me.is_active:
            continue
        try:
            async with database.transaction() as session:
                await _act(session, world, me, action)
        except AgentGraphError:
            assert await _everybody(database) == before
            continue
        allowed += 1
        _check(me, before, await _everybody(database))
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


async def _begin(database: Database) -> World:
    """Two ADMINs, two MASTERs with a user each, and two users of nobody; nobody from a sequence before."""
    async with database.transaction() as session:
        for user in (await session.scalars(select(User).where(User.is_active))).all():
            user.is_active = False
        made = [
            User(id=new_id(), email=f"{new_id()}@example.com", name="", kind=kind, password_hash="", is_active=True)
            for kind in CAST
        ]
        session.add_all(made)
        await session.flush()
        made[4].manager_id, made[5].manager_id = made[2].id, made[3].id
        world = World([user.id for user in made])
        for owner in (None, made[2].id, made[3].id):
            role = Role(id=new_id(), owner_id=owner, name=str(new_id()), permissions=["files:read", "audit:read"])
            session.add(role)
            world.role_ids.append(role.id)
    return world


async def _everybody(database: Database) -> dict[UUID, Holder]:
    async with database.read() as session:
        rows = (await session.execute(HOLDERS)).all()
    return {person.id: person for person in map(holder_of, rows)}


async def _act(session: Session, world: World, me: Holder, action: tuple[str, int, int, Any]) -> None:
    name, _, target, value = action
    actor = Actor(user_id=me.id, kind=me.kind, permissions=held(me), sign_in_id=new_id(), language=Language.EN)
    if name.endswith("role"):
        await _act_on_roles(session, world, actor, action)
        return
    user_id = world.user_ids[target]
    other = world.user_ids[value] if name in {"manager", "delete"} and value is not None else None
    if name == "entries":
        await people.set_permissions(session, actor, user_id, value)
    elif name == "delete":
        await people.delete(session, actor, user_id, reassign_to=other)
    else:
        fields = {"kind": {"kind": value}, "active": {"is_active": value}, "manager": {"manager_id": other}}
        await people.update(session, actor, user_id, PersonUpdate(**fields[name]), reassign_to=None)


async def _act_on_roles(session: Session, world: World, actor: Actor, action: tuple[str, int, int, Any]) -> None:
    name, _, target, value = action
    if name == "role":
        role_id = None if value is None else world.role(value)
        await people.set_role(session, actor, world.user_ids[target], role_id)
    elif name == "delete_role":
        to = None if value is None else world.role(value)
        await roles.delete(session, actor, world.role(target), reassign_to=to, if_match=None)
    else:
        wanted = RoleWrite(name=str(new_id()), permissions=sorted(value))
        if name == "change_role":
            await roles.update(session, actor, world.role(target), wanted, if_match=None)
        else:
            world.role_ids.append((await roles.create(session, actor, wanted)).id)
