"""A deadline holds whatever the work that is given up does at its end."""

import asyncio

import pytest

from app.core.deadline import by_deadline

pytestmark = pytest.mark.anyio


async def test_what_ends_in_time_gives_its_result_or_its_error() -> None:
    async def answer(value: int) -> int:
        if value < 0:
            raise LookupError
        return value

    assert await by_deadline(answer(7), 5) == 7
    with pytest.raises(LookupError):
        await by_deadline(answer(-1), 5)


async def test_nobody_waits_for_the_end_of_what_is_given_up() -> None:
    may_end, has_ended = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await may_end.wait()
            has_ended.set()
            raise OSError("nobody hears this")

    with pytest.raises(TimeoutError):
        await by_deadline(stubborn(), 0.01)
    assert not has_ended.is_set()
    may_end.set()
    await asyncio.wait_for(has_ended.wait(), 5)


async def test_who_is_cancelled_takes_the_work_along() -> None:
    has_begun, was_cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    outer = asyncio.create_task(by_deadline(work(), 60))
    await has_begun.wait()
    outer.cancel()
    await asyncio.wait([outer])
    assert outer.cancelled()
    await asyncio.wait_for(was_cancelled.wait(), 5)
