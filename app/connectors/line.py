"""How a blocking driver is used: one socket to a judged address, and one thread that nobody else waits for."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Line:
    """A socket and its thread. What the thread does ends when the line is dropped under it."""

    def __init__(self, plug: socket.socket) -> None:
        # A second handle on the same connection: whatever a driver does to its own, this one can be cut.
        self._wire = plug.dup()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="line")
        self._running: Future[Any] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the thread works for somebody, who may have stopped waiting."""
        return self._running is not None and not self._running.done()

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in the thread; cancelling leaves it at work there."""
        running = self._running = self._thread.submit(work)
        return await asyncio.wrap_future(running)

    async def rest(self, within_s: float) -> None:
        """Waits until the thread has nothing to do, not longer than `within_s`."""
        if self._running is None or self._running.done():
            return
        ended = asyncio.wrap_future(self._running)
        ended.add_done_callback(_heard)
        await asyncio.wait([ended], timeout=within_s)

    def drop(self, closing: Callable[[], object]) -> None:
        """Cuts the connection; the thread does `closing` at last, when whatever it did has failed."""
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        self._wire.close()
        self._thread.submit(closing)
        self._thread.shutdown(wait=False)


def _heard(ended: "asyncio.Future[Any]") -> None:
    """Takes note of an error, which was that of somebody who does not wait any more."""
    if not ended.cancelled():
        ended.exception()


async def connected(address: str, port: int, sign_in: Callable[[socket.socket], T]) -> tuple[Line, T]:
    """A line to `address` and what `sign_in` makes of its socket, in the thread. Raises its errors, and OSError."""
    plug = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    plug.settimeout(0)
    try:
        await asyncio.get_running_loop().sock_connect(plug, (address, port))
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        plug.settimeout(None)
        line = Line(plug)
    except BaseException:
        plug.close()
        raise
    try:
        return line, await line.run(lambda: sign_in(plug))
    except BaseException:
        line.drop(plug.close)
        raise
