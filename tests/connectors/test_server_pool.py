"""The pool of sessions: its bounds, its idle sessions, and what it does for a database that is down."""

import asyncio
from dataclasses import dataclass, field

import pytest

from app.connectors.server_pool import BREAK_AFTER, BREAK_S, Breaker, Room, ServerPool
from app.core.errors.databases import ConnectionRefused, LoginRefused

pytestmark = pytest.mark.anyio


@dataclass(eq=False)
class Opened:
    """A session that notes its end."""

    closed: asyncio.Event = field(default_factory=asyncio.Event)
    is_spent: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self.closed.is_set()

    async def close(self) -> None:
        """Notes it."""
        self.closed.set()


@dataclass
class Server:
    """Opens sessions, or refuses to."""

    sessions: list[Opened] = field(default_factory=list)
    attempts: int = 0
    error: ConnectionRefused | LoginRefused | None = None

    async def open(self) -> Opened:
        """A new session."""
        self.attempts += 1
        if self.error is not None:
            raise self.error
        self.sessions.append(Opened())
        return self.sessions[-1]


def pool_of(server: Server, *, room: Room | None = None, size: int = 2, idle_s: float = 60) -> ServerPool[Opened]:
    return ServerPool(server.open, room=room or Room(10), size=size, idle_s=idle_s)


async def test_a_session_is_used_again() -> None:
    server = Server()
    pool = pool_of(server)
    for _ in range(3):
        async with pool.session():
            pass
    assert (server.attempts, pool.open_sessions) == (1, 1)
    await pool.close()
    assert server.sessions[0].is_closed


async def test_a_session_in_trouble_is_closed_and_another_takes_its_place() -> None:
    server = Server()
    pool = pool_of(server)
    with pytest.raises(KeyError):
        async with pool.session():
            raise KeyError
    async with pool.session() as session:
        assert session is server.sessions[1]
    assert server.sessions[0].is_closed
    await pool.close()


async def test_an_unused_session_is_closed_after_a_while() -> None:
    server = Server()
    pool = pool_of(server, idle_s=0)
    async with pool.session():
        pass
    async with asyncio.timeout(5):
        await server.sessions[0].closed.wait()
    assert pool.open_sessions == 0


async def test_who_needs_room_gets_that_of_a_session_that_nobody_uses() -> None:
    one, other, room = Server(), Server(), Room(1)
    first, second = pool_of(one, room=room), pool_of(other, room=room)
    async with first.session():
        waiting = asyncio.create_task(_used(second))
        await asyncio.sleep(0)
        assert other.attempts == 0
    assert await waiting is other.sessions[0]
    assert one.sessions[0].is_closed
    await first.close()
    await second.close()


async def _used(pool: ServerPool[Opened]) -> Opened:
    async with pool.session() as session:
        return session


async def test_a_database_that_is_down_is_left_alone_for_a_while() -> None:
    server = Server(error=ConnectionRefused())
    pool = pool_of(server)
    for _ in range(BREAK_AFTER + 5):
        with pytest.raises(ConnectionRefused):
            await _used(pool)
    assert server.attempts == BREAK_AFTER


async def test_one_attempt_is_let_through_after_the_break_and_success_ends_it() -> None:
    now = 0.0
    breaker = Breaker(clock=lambda: now)
    for _ in range(BREAK_AFTER):
        breaker.check()
        breaker.failed(LoginRefused())
    with pytest.raises(LoginRefused):
        breaker.check()
    now += BREAK_S
    breaker.check()
    with pytest.raises(LoginRefused):
        breaker.check()
    breaker.succeeded()
    breaker.check()


async def test_a_session_that_is_spent_is_closed_and_not_used_again() -> None:
    server = Server()
    pool = pool_of(server)
    async with pool.session() as first:
        first.is_spent = True
    async with pool.session() as second:
        assert second is not first
    await pool.close()
    assert first.is_closed
