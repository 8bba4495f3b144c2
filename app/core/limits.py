"""How often something may be done: sliding windows, counted in Valkey for all processes, in this one while it is away.

A window is two counts: that of the present span and that of the one before, of which the share counts that the window
still covers. It costs a few bytes whatever the limit is, and errs only as far as requests were unevenly spread.
"""

import asyncio
import ipaddress
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.errors import RateLimited

VALKEY_TIMEOUT_S: Final = 0.5
AWAY_S: Final = 5.0
"""How long Valkey is not asked again after it failed to answer: no request waits for it twice."""
MOST_LOCAL: Final = 50_000
"""Windows that one process keeps while Valkey is away; beyond that it forgets them all."""
_log = logging.getLogger(__name__)

_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local windows, open = {}, true
for i, key in ipairs(KEYS) do
  local limit, span = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local slot = math.floor(now / span)
  local past = now / span - slot
  local kept = redis.call('HMGET', key, 'slot', 'count', 'before')
  local count, before = 0, 0
  if tonumber(kept[1]) == slot then
    count, before = tonumber(kept[2]), tonumber(kept[3])
  elseif tonumber(kept[1]) == slot - 1 then
    before = tonumber(kept[2])
  end
  local used, wait = before * (1 - past) + count, 0
  if used + 1 > limit then
    open = false
    if count + 1 <= limit then
      wait = (1 - (limit - 1 - count) / before - past) * span
    else
      wait = (2 - (limit - 1) / count - past) * span
    end
  end
  windows[i] = {key, slot, count, before, limit - used, wait, span, (1 - past) * span}
end
local answer = {}
for i, w in ipairs(windows) do
  local left = w[5]
  if open then
    redis.call('HSET', w[1], 'slot', w[2], 'count', w[3] + 1, 'before', w[4])
    redis.call('EXPIRE', w[1], 2 * w[7])
    left = left - 1
  end
  answer[i] = {tostring(left), tostring(w[6]), tostring(w[8])}
end
return answer
"""
_GIVE_BACK: Final = """
for _, key in ipairs(KEYS) do
  if (tonumber(redis.call('HGET', key, 'count')) or 0) > 0 then redis.call('HINCRBY', key, 'count', -1) end
end
return #KEYS
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `limit` times in any `window_s` seconds."""

    name: str
    limit: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Use:
    """Something that counts against a policy, for one user, key or address."""

    policy: Policy
    who: str

    @property
    def key(self) -> str:
        """Valkey's key of this window."""
        return f"agentgraph:limits:{self.policy.name}:{self.policy.window_s}:{self.who}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a window stands after a use was counted or refused."""

    policy: Policy
    remaining: int
    """Uses that are left now."""
    wait_s: float
    """Until one more is allowed; 0 when this one was."""
    reset_s: float
    """Until the present span ends."""


class Limiter:
    """Counts uses; may be shared by all requests of a process. Without Valkey it counts for this process alone."""

    def __init__(self, valkey: Redis, *, timeout_s: float = VALKEY_TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._take = valkey.register_script(_TAKE)
        self._give_back = valkey.register_script(_GIVE_BACK)
        self._local = _LocalWindows()
        self._away_until = 0.0

    async def take(self, uses: Sequence[Use]) -> list[Standing]:
        """Counts all of `uses` when every window has room, else none; never fails and waits `timeout_s` at most."""
        if not uses:
            return []
        arguments = [number for use in uses for number in (use.policy.limit, use.policy.window_s)]
        found = await self._ask(lambda: self._take(keys=[use.key for use in uses], args=arguments))
        if found is None:
            return self._local.take(uses, time.time())
        return [
            _standing(use, left=float(left), wait_s=float(wait), reset_s=float(reset))
            for use, (left, wait, reset) in zip(uses, found, strict=True)
        ]

    async def give_back(self, uses: Sequence[Use]) -> None:
        """Takes back the counting of `uses`."""
        if uses and await self._ask(lambda: self._give_back(keys=[use.key for use in uses])) is None:
            self._local.give_back(uses)

    async def _ask(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Valkey's answer; None while it is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(self._timeout_s):
                return await ask()
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + AWAY_S
            _log.warning("limits count in this process alone: Valkey is away (%s)", type(error).__name__)
            return None


class _LocalWindows:
    """The same windows in the memory of one process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, int, int]] = {}

    def take(self, uses: Sequence[Use], now: float) -> list[Standing]:
        """See `Limiter.take`."""
        if len(self._kept) > MOST_LOCAL:
            self._kept.clear()
        counts = [self._counts(use, now) for use in uses]
        waits = [_wait_s(use.policy, at, now) for use, at in zip(uses, counts, strict=True)]
        is_open = not any(waits)
        standings = []
        for use, (slot, count, before), wait_s in zip(uses, counts, waits, strict=True):
            if is_open:
                self._kept[use.key] = (slot, count + 1, before)
            past = now / use.policy.window_s - slot
            left = use.policy.limit - before * (1 - past) - count - is_open
            standings.append(_standing(use, left=left, wait_s=wait_s, reset_s=(1 - past) * use.policy.window_s))
        return standings

    def give_back(self, uses: Sequence[Use]) -> None:
        """See `Limiter.give_back`."""
        for use in uses:
            slot, count, before = self._kept.get(use.key, (0, 0, 0))
            if count:
                self._kept[use.key] = (slot, count - 1, before)

    def _counts(self, use: Use, now: float) -> tuple[int, int, int]:
        slot = math.floor(now / use.policy.window_s)
        kept_slot, count, before = self._kept.get(use.key, (0, 0, 0))
        if kept_slot == slot:
            return slot, count, before
        return slot, 0, count if kept_slot == slot - 1 else 0


def refuse_spent(standings: Sequence[Standing]) -> None:
    """Raises RateLimited when one of the windows had no room."""
    wait_s = max((standing.wait_s for standing in standings), default=0.0)
    if wait_s > 0:
        raise RateLimited(retry_after_s=max(1, math.ceil(wait_s)))


def network_of(address: str | None) -> str:
    """What counts as one address: an IPv4 address, the /64 of an IPv6 one, which is what one customer gets."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed.packed, 64), strict=False))


def _wait_s(policy: Policy, counts: tuple[int, int, int], now: float) -> float:
    """Seconds until one more use is allowed; 0 when it is now."""
    slot, count, before = counts
    past = now / policy.window_s - slot
    if before * (1 - past) + count + 1 <= policy.limit:
        return 0.0
    if count + 1 <= policy.limit:
        return (1 - (policy.limit - 1 - count) / before - past) * policy.window_s
    return (2 - (policy.limit - 1) / count - past) * policy.window_s


def _standing(use: Use, *, left: float, wait_s: float, reset_s: float) -> Standing:
    return Standing(use.policy, remaining=max(0, math.floor(left)), wait_s=max(0.0, wait_s), reset_s=reset_s)
