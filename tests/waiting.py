"""Waiting for what another process, thread or clock brings about: the only place where tests look again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE_S = 0.02


async def until(holds: Callable[[], object], *, timeout_s: float = 60) -> None:
    """Returns once `holds` gives something true. Raises TimeoutError when it does not in time."""

    async def look() -> bool:
        return bool(holds())

    await until_given(look, timeout_s=timeout_s)


def until_now(holds: Callable[[], object], *, timeout_s: float = 60) -> None:
    """The same for what starts a server outside of an event loop, and blocks the thread."""
    ends = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(PAUSE_S)


async def until_given(look: Callable[[], Awaitable[T | None]], *, timeout_s: float = 60) -> T:
    """The first true thing that awaiting `look` gives. Raises TimeoutError when there is none in time."""
    async with asyncio.timeout(timeout_s):
        while not (found := await look()):  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(PAUSE_S)
    return found
