"""What stays true of shares whatever people do: sequences of sharing, revoking and changes of people.

Who may read what is worked out a second time here, from the shares that were allowed and from the people as they are,
and compared with what the repositories find and with what the database shows by itself.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import strategies as st
from sqlalchemy import select, union_all, update

from app.core.db import Database, acting
from app.core.errors import AgentGraphError
from app.core.ids import new_id
from app.core.permissions import UserKind
from app.core.rights import Holder, held
from app.models import RECEIVED, BusyPolicy, Conversation, File, SessionState, Share, SharedKind
from app.repositories import files, sessions
from app.schemas.shares import ShareCreate
from app.services import shares
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
KINDS: Final = (SharedKind.FILE, SharedKind.SESSION)
KIND = st.sampled_from(KINDS)
CLOSE: Final = ((2, 4), (4, 2), (3, 5), (5, 3), (6, 7), (7, 6), (0, 4), (1, 6), (4, 4), (5, 5))
"""People as they are in the beginning: whose things may be shared with whom; the last two share with a role alone."""
SHARING: Final[list[st.SearchStrategy[Any]]] = [
    st.builds(lambda pair, kind: ("share", pair[0], pair[0], (kind, "user", pair[1])), st.sampled_from(CLOSE), KIND),
    st.builds(lambda pair, kind: ("share", pair[0], pair[0], (kind, "role", 0)), st.sampled_from(CLOSE), KIND),
    st.tuples(st.just("share"), SOMEBODY, SOMEBODY, st.tuples(KIND, st.just("user"), SOMEBODY)),
    st.tuples(st.just("share"), SOMEBODY, SOMEBODY, st.tuples(KIND, st.just("role"), SOME_ROLE)),
    st.tuples(st.just("revoke"), SOMEBODY, st.integers(0, 3), st.booleans()),
]
ACTIONS = st.one_of(*SHARING, *SHARING, *BY_AN_ADMIN, *CHANGES_OF_PEOPLE)


@dataclass(frozen=True, slots=True)
class Grant:
    """A share that was allowed."""

    id: UUID
    kind: SharedKind
    thing_id: UUID
    owner_id: UUID
    user_id: UUID | None
    role_id: UUID | None

    def reaches(self, reader: Holder, owner: Holder) -> bool:
        """Whether `reader` may read by it, as people are now."""
        is_named = reader.id == self.user_id or (reader.role is not None and reader.role.id == self.role_id)
        return (
            is_named and reader.id != owner.id and (owner.kind is UserKind.ADMIN or _circle(owner) == _circle(reader))
        )


@dataclass(slots=True)
class Things:
    """A file and a conversation of everybody, and how they are shared."""

    world: World
    ids: dict[tuple[SharedKind, UUID], UUID]
    grants: list[Grant] = field(default_factory=list)


async def test_no_sequence_shows_a_thing_to_anybody_but_its_owner_and_its_receivers(database: Database) -> None:
    done = await tried(partial(_play, database), ACTIONS, sequences=SEQUENCES)
    assert sum(done) > 2 * SEQUENCES, "hardly anything was allowed: the sequences try nothing"


async def _play(database: Database, actions: list[Action]) -> int:
    """Does the actions one after the other; gives how many were allowed."""
    things, allowed = await _things(database, await begin(database)), 0
    for action in actions:
        before = await everybody(database, things.world)
        me = before[things.world.user_ids[action[1]]]
        if not me.is_active:
            continue
        try:
            await _act(database, things, before, action)
        except AgentGraphError:
            assert await everybody(database, things.world) == before
        else:
            allowed += 1
        after = await everybody(database, things.world)
        if action[0] in {"share", "revoke"}:
            assert {person.id: held(person) for person in after.values()} == {
                person.id: held(person) for person in before.values()
            }, "sharing changed what somebody may do"
        await _check(database, things, after)
    await _check_walls(database, things, await everybody(database, things.world))
    return allowed


async def _act(database: Database, things: Things, people: dict[UUID, Holder], action: Action) -> None:
    name, me = action[0], people[things.world.user_ids[action[1]]]
    if name == "share":
        await _share(database, things, people, action)
    elif name == "revoke":
        await _revoke(database, things, people, action)
    else:
        async with database.transaction() as session:
            await change_person(session, things.world, me, action)


async def _share(database: Database, things: Things, people: dict[UUID, Holder], action: Action) -> None:
    _, acting_number, owner_number, (kind, by, number) = action
    me, owner = (people[things.world.user_ids[each]] for each in (acting_number, owner_number))
    thing_id = things.ids[kind, owner.id]
    user_id = things.world.user_ids[number] if by == "user" else None
    role_id = things.world.role(number) if by == "role" else None
    with acting(me.id):
        async with database.transaction() as session:
            wanted = ShareCreate(user_id=user_id, role_id=role_id)
            made = await shares.add(session, actor_of(me), kind, thing_id, wanted)
    assert _decides(me, owner), "somebody shared what is not theirs to share"
    if user_id is not None:
        receiver = people[user_id]
        assert receiver.is_active
        assert owner.kind is UserKind.ADMIN or _circle(receiver) == _circle(owner)
    if all(grant.id != made.id for grant in things.grants):
        things.grants.append(Grant(made.id, kind, thing_id, owner.id, user_id, role_id))


async def _revoke(database: Database, things: Things, people: dict[UUID, Holder], action: Action) -> None:
    me, by_owner = people[things.world.user_ids[action[1]]], action[3]
    grant = things.grants[action[2]] if action[2] < len(things.grants) else None
    if by_owner and grant is not None:
        me = people[grant.owner_id]
    kind, thing_id = (grant.kind, grant.thing_id) if grant else (SharedKind.FILE, things.ids[SharedKind.FILE, me.id])
    with acting(me.id):
        async with database.transaction() as session:
            await shares.remove(session, actor_of(me), kind, thing_id, grant.id if grant else new_id())
    assert grant is not None, "a share that nobody gave was taken back"
    assert _decides(me, people[grant.owner_id]), "somebody took back what is not theirs to share"
    things.grants.remove(grant)


async def _check(database: Database, things: Things, people: dict[UUID, Holder]) -> None:
    """What reaches whom is what was allowed, as people are now; and shares are those that were allowed."""
    async with database.read() as session:
        kept = await session.scalars(select(Share.id).where(Share.owner_id.in_(things.world.user_ids)))
        reached = await session.execute(
            select(RECEIVED.c.reader_id, RECEIVED.c.source_id).where(RECEIVED.c.owner_id.in_(things.world.user_ids))
        )
    assert set(kept) == {grant.id for grant in things.grants}
    assert {tuple(row) for row in reached} == {
        (reader_id, grant.thing_id)
        for reader_id in things.world.user_ids
        for grant in things.grants
        if grant.reaches(people[reader_id], people[grant.owner_id])
    }


async def _check_walls(database: Database, things: Things, people: dict[UUID, Holder]) -> None:
    """Everybody reads their own and what reaches them, by both walls, and changes nothing but their own."""
    every = set(things.ids.values())
    for reader_id in things.world.user_ids:
        own = [things.ids[kind, reader_id] for kind in KINDS]
        expected = {*own} | {
            grant.thing_id for grant in things.grants if grant.reaches(people[reader_id], people[grant.owner_id])
        }
        filtered = union_all(
            files.visible_to(reader_id).with_only_columns(File.id),
            sessions.visible_to(reader_id).with_only_columns(Conversation.id),
        )
        async with database.read() as session:
            assert set(await session.scalars(filtered)) & every == expected
        with acting(reader_id):
            async with database.transaction() as session:
                shown = await session.scalars(union_all(select(File.id), select(Conversation.id)))
                assert set(shown) & every == expected
                renamed = await session.scalars(update(File).values(name="mine").returning(File.id))
                retitled = await session.scalars(update(Conversation).values(title="mine").returning(Conversation.id))
                assert [*renamed, *retitled] == own


async def _things(database: Database, world: World) -> Things:
    made: dict[tuple[SharedKind, UUID], UUID] = {}
    async with database.transaction() as session:
        for owner_id in world.user_ids:
            file = File(id=new_id(), owner_id=owner_id, name="a.csv")
            conversation = Conversation(
                id=new_id(),
                owner_id=owner_id,
                state=SessionState.ACTIVE,
                tags=[],
                on_busy=BusyPolicy.QUEUE,
            )
            session.add_all([file, conversation])
            made |= {(SharedKind.FILE, owner_id): file.id, (SharedKind.SESSION, owner_id): conversation.id}
    return Things(world, made)


def _decides(me: Holder, owner: Holder) -> bool:
    is_manager = me.kind is UserKind.MASTER and owner.kind is UserKind.NORMAL and owner.manager_id == me.id
    return me.id == owner.id or is_manager


def _circle(person: Holder) -> UUID | None:
    return person.id if person.kind is UserKind.MASTER else person.manager_id
