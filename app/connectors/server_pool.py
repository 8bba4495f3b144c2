"""A bounded set of open connections to one database: kept a while when unused, thrown away after any trouble."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

from app.core.errors import DatabaseUnreachable


class Session(Protocol):
    """One open connection."""

    async def close(self) -> None:
        """Ends what runs in the server and closes the connection; bounded in time, raises nothing."""
        ...


S = TypeVar("S", bound=Session)


class ServerPool(Generic[S]):
    """At most `size` sessions that `opener` makes; belongs to one event loop."""

    def __init__(self, opener: Callable[[], Awaitable[S]], *, size: int, idle_s: float) -> None:
        self._opener = opener
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
                self._used.discard(session)
                await asyncio.shield(self._close_soon(session))
                raise
            self._used.discard(session)
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
        else:
            session = await self._opener()
        self._used.add(session)
        return session

    def _give_back(self, session: S) -> None:
        if self._closed:
            self._close_soon(session)
            return
        self._idle[session] = asyncio.get_running_loop().call_later(self._idle_s, self._drop, session)

    def _drop(self, session: S) -> None:
        timer = self._idle.pop(session, None)
        if timer is not None:
            timer.cancel()
        self._used.discard(session)
        self._close_soon(session)

    def _close_soon(self, session: S) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(session.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task
