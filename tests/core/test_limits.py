"""Sliding windows: what they let through, how long the rest waits, and that they hold without Valkey."""

import asyncio
import math
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from app.core import redis
from app.core.errors import RateLimited
from app.core.limits import Limiter, Policy, Use, _LocalWindows, network_of, refuse_spent

pytestmark = pytest.mark.anyio

FIVE = Policy("five", 5, 3600)
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Redis]:
    client = redis.connect(valkey_url)
    yield client
    await client.aclose()


@pytest.fixture
async def away() -> AsyncIterator[Limiter]:
    client = redis.connect(NOBODY_LISTENS)
    yield Limiter(client)
    await client.aclose()


async def test_of_many_uses_at_once_exactly_the_limit_passes(valkey: Redis) -> None:
    # A busy machine may make forty connections slowly, and each replica would count for itself meanwhile.
    replicas = [Limiter(valkey, timeout_s=10), Limiter(valkey, timeout_s=10)]
    use = Use(FIVE, "ana")
    taken = await asyncio.gather(*(replicas[i % 2].take([use]) for i in range(40)))
    passed = [standing for [standing] in taken if not standing.wait_s]
    assert sorted(standing.remaining for standing in passed) == [0, 1, 2, 3, 4]
    assert all(0 < standing.wait_s <= 2 * FIVE.window_s for [standing] in taken if standing.wait_s)


async def test_one_full_window_keeps_the_others_from_being_counted(valkey: Redis) -> None:
    limiter, full, free = Limiter(valkey), Use(Policy("one", 1, 60), "ana"), Use(FIVE, "ana")
    await limiter.take([full])
    refused = await limiter.take([full, free])
    assert (refused[0].wait_s > 0, refused[1].wait_s, refused[1].remaining) == (True, 0, 5)
    assert (await limiter.take([free]))[0].remaining == 4


async def test_uses_of_the_span_before_fade_out_of_the_window(valkey: Redis) -> None:
    limiter, use = Limiter(valkey), Use(FIVE, "ana")
    for _ in range(5):
        await limiter.take([use])
    slot = int(await valkey.hget(use.key, "slot") or 0)
    await valkey.hset(use.key, "slot", str(slot - 1))
    past = time.time() / FIVE.window_s % 1
    assert (await limiter.take([use]))[0].remaining == pytest.approx(max(0, math.floor(5 * past) - 1), abs=1)
    await valkey.hset(use.key, "slot", str(slot - 2))
    assert (await limiter.take([use]))[0].remaining == 4


async def test_a_use_that_is_given_back_does_not_count(valkey: Redis) -> None:
    limiter, use = Limiter(valkey), Use(FIVE, "ana")
    for _ in range(20):
        refuse_spent(await limiter.take([use]))
        await limiter.give_back([use])
    await limiter.give_back([use])
    assert (await limiter.take([use]))[0].remaining == 4


async def test_windows_do_not_stay_in_valkey(valkey: Redis) -> None:
    use = Use(FIVE, "ana")
    await Limiter(valkey).take([use])
    assert 0 < await valkey.ttl(use.key) <= 2 * FIVE.window_s


async def test_without_valkey_this_process_goes_on_counting(away: Limiter) -> None:
    use = Use(FIVE, "ana")
    for _ in range(5):
        refuse_spent(await away.take([use]))
    await away.give_back([use])
    refuse_spent(await away.take([use]))
    with pytest.raises(RateLimited) as refused:
        refuse_spent(await away.take([use]))
    assert refused.value.fields["retry_after_s"] >= 1  # type: ignore[operator]


@given(
    limit=st.integers(1, 20),
    gaps=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=200),
)
def test_no_span_lets_more_than_its_limit_through_and_every_wait_is_long_enough(limit: int, gaps: list[float]) -> None:
    windows, use, now = _LocalWindows(), Use(Policy("any", limit, 60), "ana"), 1_800_000_000.0
    passed: list[float] = []
    for gap in gaps:
        now += gap
        [standing] = windows.take([use], now)
        if standing.wait_s:
            [later] = windows.take([use], now + standing.wait_s + 0.001)
            assert not later.wait_s
            now += standing.wait_s + 0.001
        passed.append(now)
    in_one_span: dict[int, int] = {}
    for moment in passed:
        in_one_span[math.floor(moment / 60)] = in_one_span.get(math.floor(moment / 60), 0) + 1
    assert max(in_one_span.values()) <= limit


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("testclient", "testclient"),
    ],
)
def test_addresses_of_one_customer_count_as_one(address: str | None, network: str) -> None:
    assert network_of(address) == network
