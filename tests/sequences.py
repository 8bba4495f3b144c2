"""Worlds of a few people in which sequences of real changes are tried, for tests of what must stay true."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.i18n import Language
from app.core.ids import new_id
from app.core.permissions import UserKind
from app.core.rights import Holder, held
from app.models import Role, User
from app.repositories.rights import HOLDERS, holder_of
from app.schemas.people import PersonUpdate
from app.services.accounts import people

Action = tuple[str, int, int, Any]
"""What is done, by which of the people, to which, and with what."""
CAST: Final = (UserKind.ADMIN, UserKind.ADMIN, UserKind.MASTER, UserKind.MASTER, *[UserKind.NORMAL] * 4)
SOMEBODY: Final = st.integers(0, len(CAST) - 1)
SOME_ROLE: Final = st.integers(0, 4)
CHANGES_OF_PEOPLE: Final[list[st.SearchStrategy[Any]]] = [
    st.tuples(st.just("role"), SOMEBODY, SOMEBODY, st.none() | SOME_ROLE),
    st.tuples(st.just("kind"), SOMEBODY, SOMEBODY, st.sampled_from(UserKind)),
    st.tuples(st.just("active"), SOMEBODY, SOMEBODY, st.booleans()),
    st.tuples(st.just("manager"), SOMEBODY, SOMEBODY, st.none() | SOMEBODY),
]

BY_AN_ADMIN: Final[list[st.SearchStrategy[Any]]] = [
    st.tuples(st.just("manager"), st.just(0), st.integers(4, 7), st.sampled_from([None, 2, 3])),
    st.tuples(st.just("role"), st.just(0), st.integers(4, 7), st.sampled_from([None, 0, 0])),
]
"""The same by somebody who may, so that much is allowed."""


@dataclass(slots=True)
class World:
    """The people and roles of one sequence."""

    user_ids: list[UUID]
    role_ids: list[UUID] = field(default_factory=list)

    def role(self, number: int) -> UUID:
        """A role of this world, or one that does not exist."""
        return self.role_ids[number] if number < len(self.role_ids) else new_id()


async def tried(
    play: Callable[[list[Action]], Coroutine[Any, Any, int]], actions: st.SearchStrategy[Any], *, sequences: int
) -> list[int]:
    """Plays as many sequences of actions; gives how many actions of each were allowed."""
    loop = asyncio.get_running_loop()
    done: list[int] = []

    @settings(max_examples=sequences, suppress_health_check=list(HealthCheck))
    @given(st.lists(actions, min_size=5, max_size=15))
    def holds(actions: list[Action]) -> None:
        done.append(asyncio.run_coroutine_threadsafe(play(actions), loop).result(60))

    await asyncio.to_thread(holds)
    print(f"{len(done)} sequences, {sum(done)} actions allowed")  # noqa: T201  (shown by pytest -s)
    return done


async def begin(database: Database) -> World:
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


async def everybody(database: Database, world: World) -> dict[UUID, Holder]:
    """The people of a world with what their rights follow from."""
    async with database.read() as session:
        rows = (await session.execute(HOLDERS.where(User.id.in_(world.user_ids)))).all()
    return {person.id: person for person in map(holder_of, rows)}


def actor_of(person: Holder) -> Actor:
    """Somebody who does something."""
    return Actor(
        user_id=person.id, kind=person.kind, permissions=held(person), sign_in_id=new_id(), language=Language.EN
    )


async def change_person(session: Session, world: World, me: Holder, action: Action) -> None:
    """One of CHANGES_OF_PEOPLE."""
    name, _, target, value = action
    user_id = world.user_ids[target]
    if name == "role":
        await people.set_role(session, actor_of(me), user_id, None if value is None else world.role(value))
        return
    if name == "manager" and value is not None:
        value = world.user_ids[value]
    field_of = {"kind": "kind", "active": "is_active", "manager": "manager_id"}
    await people.update(session, actor_of(me), user_id, PersonUpdate(**{field_of[name]: value}), reassign_to=None)
