"""A bounded set of open connections to one database: kept a while when unused, thrown away after any trouble."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

from app.core.errors import DatabaseUnreachable

BREAK_AFTER = 3
"""Failed attempts to connect, one after the other, after which a database counts as down."""
BREAK_S = 10.0
"""How long a database that is down is left alone before one attempt is made."""


class Session(Protocol):
    """One open connection."""

    @property
    def is_spent(self) -> bool:
        """Whether it is of no use any more, although its last statement ended well."""
        ...

    async def close(self) -> None:
        """Ends what runs in the server and closes the connection; bounded in time, raises nothing."""
        ...


S = TypeVar("S", bound=Session)


class Room:
    """How many connections one process may have open, over all its pools; belongs to one event loop.

    Who needs one while all are open gets that of the longest unused session, which is closed, or waits.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._unused: dict[object, Callable[[], None]] = {}
        self._waiting = 0

    async def enter(self) -> None:
        """Takes the place of one connection."""
        if self._free.locked() and self._unused:
            self._unused.pop(next(iter(self._unused)))()
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Gives the place of a closed connection back."""
        self._free.release()

    def rest(self, session: object, drop: Callable[[], None]) -> None:
        """Notes that `session` is unused; `drop` closes it, at once when somebody waits for its place."""
        if self._waiting:
            drop()
        else:
            self._unused[session] = drop

    def wake(self, session: object) -> None:
        """Notes that `session` is used again, or closed."""
        self._unused.pop(session, None)


class Breaker:
    """Leaves a database alone that refused several connections one after the other.

    It spares users the wait, the server the load, and the login from being locked for wrong passwords.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._last: DatabaseUnreachable | None = None

    def check(self) -> None:
        """Raises the last error anew while the database counts as down; lets one attempt through after a while."""
        if self._last is None or self._failures < BREAK_AFTER:
            return
        now = self._clock()
        if now < self._closed_until:
            raise self._last.with_traceback(None)
        self._closed_until = now + BREAK_S

    def failed(self, error: DatabaseUnreachable) -> None:
        """Counts an attempt that failed."""
        self._failures += 1
        self._last = error
        if self._failures >= BREAK_AFTER:
            self._closed_until = self._clock() + BREAK_S

    def succeeded(self) -> None:
        """Forgets the failures."""
        self._failures, self._last = 0, None


class ServerPool(Generic[S]):
    """At most `size` sessions that `opener` makes, within `room`; belongs to one event loop."""

    def __init__(self, opener: Callable[[], Awaitable[S]], *, room: Room, size: int, idle_s: float) -> None:
        self._opener = opener
        self._room = room
        self._breaker = Breaker()
        self._idle_s = idle_s
        self._slots = asyncio.Semaphore(size)
        self._idle: dict[S, asyncio.TimerHandle] = {}
        self._used: set[S] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def open_sessions(self) -> int:
        """Sessions in use and idle ones."""
        return len(self._idle) + len(self._used)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[S]:
        """A session for one statement; it is closed unless the block ends well. Raises what `opener` raises."""
        async with self._slots:
            session = await self._take()
            try:
                yield session
            except BaseException:
                if session in self._used:
                    self._used.discard(session)
                    await asyncio.shield(self._close_soon(session))
                raise
            if session in self._used:
                self._used.discard(session)
                if session.is_spent:
                    self._close_soon(session)
                else:
                    self._give_back(session)

    async def close(self) -> None:
        """Closes everything, also what is in use."""
        self._closed = True
        for session in [*self._idle, *self._used]:
            self._drop(session)
        if self._closing:
            await asyncio.wait(self._closing)

    async def _take(self) -> S:
        if self._closed:
            raise DatabaseUnreachable
        if self._idle:
            session, timer = self._idle.popitem()
            timer.cancel()
            self._room.wake(session)
        else:
            session = await self._opened()
        self._used.add(session)
        return session

    async def _opened(self) -> S:
        self._breaker.check()
        await self._room.enter()
        try:
            session = await self._opener()
        except BaseException as error:
            self._room.leave()
            if isinstance(error, DatabaseUnreachable):
                self._breaker.failed(error)
            raise
        self._breaker.succeeded()
        return session

    def _give_back(self, session: S) -> None:
        if self._closed:
            self._close_soon(session)
            return
        self._idle[session] = asyncio.get_running_loop().call_later(self._idle_s, self._drop, session)
        self._room.rest(session, lambda: self._drop(session))

    def _drop(self, session: S) -> None:
        timer = self._idle.pop(session, None)
        if timer is not None:
            timer.cancel()
            self._room.wake(session)
        self._used.discard(session)
        self._close_soon(session)

    def _close_soon(self, session: S) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._closed_for_good(session))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task

    async def _closed_for_good(self, session: S) -> None:
        try:
            await session.close()
        finally:
            self._room.leave()
