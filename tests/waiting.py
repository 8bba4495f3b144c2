"""Waiting for what another process, thread or clock brings about: the only place where tests look again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE_S = 0.02


async def until(holds: Callable[[], object], *, timeout_s: float = 60) -> None:
    """Returns once `holds` gives something true. Raises TimeoutError when it does not in time."""

    async def look() -> bool:
        return bool(holds())

    await until_given(look, timeout_s=timeout_s)


async def until_given(look: Callable[[], Awaitable[T | None]], *, timeout_s: float = 60) -> T:
    """The first true thing that awaiting `look` gives. Raises TimeoutError when there is none in time."""
    async with asyncio.timeout(timeout_s):
        while not (found := await look()):  # noqa: ASYNC110  (what is waited for tells nobody)
            await asyncio.sleep(PAUSE_S)
    return found
