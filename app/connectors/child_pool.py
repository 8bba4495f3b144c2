"""Prewarmed child processes that run SQL on files: killed at the deadline or on cancel, and replaced."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from app.connectors.children.protocol import HEADER, pack, unpack
from app.core.errors import DatabaseUnreachable, TimedOut, Unavailable

_ROOT = Path(__file__).parents[2]
_MAX_ANSWER_FACTOR = 4
_START_TIMEOUT_S = 30.0
_RETRY_S = 1.0

_log = logging.getLogger(__name__)


class ChildEnded(DatabaseUnreachable):
    """The child died while it ran a statement: out of memory or CPU."""


class _Child:
    """One child process and the stream to it."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process = process
        self._reader = reader
        self._writer = writer

    async def call(self, request: dict[str, Any], max_answer_bytes: int) -> dict[str, Any]:
        """Sends a request and gives the answer. Raises ChildEnded."""
        try:
            self._writer.write(pack(request))
            await self._writer.drain()
            (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            if length > max_answer_bytes:
                raise ChildEnded
            return unpack(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, OSError, ValueError) as error:
            raise ChildEnded from error

    def kill(self) -> None:
        """Ends the process at once; `reap` waits for it."""
        self._writer.close()
        self.process.kill()

    async def reap(self) -> None:
        """Waits until the killed process is gone."""
        await asyncio.to_thread(self.process.wait)


class ChildPool:
    """Runs requests in `children` processes, first come first served. Belongs to the event loop that started it.

    `setup` is what a child is told before anything else: `engine`, `address_bytes`, `cpu_factor` (processors that one
    statement may use), and what that engine wants to know.
    """

    def __init__(
        self, setup: dict[str, Any], *, children: int = 2, grace_s: float = 0.5, max_waiting: int = 1000
    ) -> None:
        self._setup = setup
        self._size = children
        self._grace_s = grace_s
        self._max_waiting = max_waiting
        self._idle: deque[_Child] = deque()
        self._waiting: deque[asyncio.Future[_Child]] = deque()
        self._all: set[_Child] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._starting: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Ids of the living children."""
        return tuple(child.process.pid for child in self._all)

    async def start(self) -> None:
        """Starts all children and waits until each is ready; `run` does it when nobody has. Safe to call again."""
        if self._starting is None or (self._starting.done() and self._starting.exception() is not None):
            self._starting = asyncio.get_running_loop().create_task(self._start_all())
        await asyncio.shield(self._starting)

    async def _start_all(self) -> None:
        for child in await asyncio.gather(*(self._spawn() for _ in range(self._size - len(self._all)))):
            self._hand_over(child)

    async def close(self) -> None:
        """Kills all children; whoever waits or runs gets an error."""
        self._closed = True
        if self._starting is not None:
            await asyncio.wait([self._starting])
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(DatabaseUnreachable())
        await asyncio.gather(*self._background, return_exceptions=True)
        children, self._all = self._all, set()
        for child in children:
            child.kill()
        await asyncio.gather(*(child.reap() for child in children))

    async def recover(self) -> None:
        """Waits until killed children are gone and replaced."""
        await asyncio.gather(*self._background)

    async def run(self, request: dict[str, Any], *, timeout_s: float, max_bytes: int) -> dict[str, Any]:
        """The child's answer to `request`; waiting for a free child counts into `timeout_s`.

        Raises TimedOut, ChildEnded, Unavailable (too many wait). Cancelling kills the child that runs the statement.
        """
        deadline = time.monotonic() + timeout_s
        child = await self._take(timeout_s)
        left = max(deadline - time.monotonic(), 0.001)
        try:
            async with asyncio.timeout(left + self._grace_s):
                answer = await child.call({**request, "timeout_s": left}, max_bytes * _MAX_ANSWER_FACTOR + 1024**2)
        except TimeoutError as error:
            self._replace(child)
            raise TimedOut(limit_s=timeout_s) from error
        except BaseException:
            self._replace(child)
            raise
        self._hand_over(child)
        return answer

    async def _take(self, timeout_s: float) -> _Child:
        if self._closed:
            raise DatabaseUnreachable
        await self.start()
        if self._idle:
            return self._idle.popleft()
        if len(self._waiting) >= self._max_waiting:
            raise Unavailable
        waiter: asyncio.Future[_Child] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                return await waiter
        except TimeoutError as error:
            self._give_up(waiter)
            raise TimedOut(limit_s=timeout_s) from error
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    def _give_up(self, waiter: asyncio.Future[_Child]) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self._hand_over(waiter.result())

    def _hand_over(self, child: _Child) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(child)
                return
        self._idle.append(child)

    def _replace(self, child: _Child) -> None:
        child.kill()
        if child not in self._all:
            return  # The pool has been closed meanwhile, and reaps it itself.
        self._all.discard(child)
        task = asyncio.get_running_loop().create_task(self._renew(child))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _renew(self, dead: _Child) -> None:
        await dead.reap()
        while not self._closed:
            try:
                self._hand_over(await self._spawn())
            except (OSError, TimeoutError, ChildEnded):
                _log.exception("A child for SQL on files did not start; trying again.")
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _spawn(self) -> _Child:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: ASYNC220, S603 — takes 2 ms, and the child must belong to this thread
                [sys.executable, "-s", "-m", "app.connectors.children.worker", str(theirs.fileno()), str(os.getpid())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        ours.setblocking(False)  # noqa: FBT003
        reader, writer = await asyncio.open_connection(sock=ours)
        child = _Child(process, reader, writer)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await child.call(self._setup, 1024)
        except BaseException:
            child.kill()
            await child.reap()
            raise
        self._all.add(child)
        return child
