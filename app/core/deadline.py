"""A deadline that is kept also when what is given up takes its time to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")
_ending: Final[set[asyncio.Task[Any]]] = set()
"""What was given up and still cleans up; kept here so that it is not collected meanwhile."""


async def by_deadline(work: Coroutine[Any, Any, T], timeout_s: float) -> T:
    """What `work` gives. Raises TimeoutError after `timeout_s` seconds.

    `asyncio.timeout` waits for the end of what it cancels, and a connection whose server is silent takes seconds to
    close: here that happens afterwards.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait([task], timeout=timeout_s)
    except asyncio.CancelledError:
        _give_up(task)
        raise
    if not done:
        _give_up(task)
        raise TimeoutError
    return task.result()


def _give_up(task: "asyncio.Task[Any]") -> None:
    _ending.add(task)
    task.add_done_callback(_ended)
    task.cancel()


def _ended(task: "asyncio.Task[Any]") -> None:
    _ending.discard(task)
    if not task.cancelled():
        task.exception()  # Looked at, because nobody else will.
