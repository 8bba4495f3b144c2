"""Whom to kill or cut off, how, and at which moment of a question's life."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import asyncpg
import httpx

from benchmarks.chaos.installation import Installation
from tests.fakes.wire import Fault

POLL_S = 0.004
MOMENT_LIMIT_S = 4.0
"""How long a moment is waited for; below the lock timeout of the product (5 s). Then the kill comes all the same."""
BACK_LIMIT_S = 60.0
RUNNING: Final = "SELECT EXISTS (SELECT FROM queries WHERE state = 'running')"


@dataclass(frozen=True, slots=True)
class Victim:
    """A process by the words of its command line, and the signals that end it."""

    name: str
    words: str
    weight: int
    signals: tuple[signal.Signals, ...] = (signal.SIGKILL,)


VICTIMS: Final = (
    Victim("worker", "worker --queues queries", 9),
    Victim("uploads", "worker --queues uploads", 2),
    Victim("api", "app.cli api", 4),
    Victim("beat", "app.cli beat", 2),
    Victim("postgresql", "/bin/postgres -D", 2, (signal.SIGKILL, signal.SIGINT)),
    Victim("valkey", "valkey-server", 2, (signal.SIGKILL, signal.SIGTERM)),
)
"""SIGINT is PostgreSQL's fast shutdown, which an operator's restart uses."""
WIRES: Final[Mapping[str, int]] = {"postgresql": 3, "valkey": 2, "models": 2}
"""Weights of the wires that are broken."""
BROKEN_S: Final = (0.2, 4.0)
"""How long a wire stays broken."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What was done."""

    victim: str
    by: str
    """The signal, or what was wrong with the wire."""
    moment: str
    hit: bool
    """Whether the moment came, rather than the limit."""


async def at_random(_: Installation, chance: random.Random) -> bool:
    """Any time."""
    await asyncio.sleep(chance.uniform(0, 0.5))
    return True


async def before_claim(place: Installation, _: random.Random) -> bool:
    """A question is recorded and nobody has it."""
    return await _until(place, "SELECT EXISTS (SELECT FROM jobs WHERE state = 'queued' AND kind = 'run_query')")


async def in_model_call(place: Installation, _: random.Random) -> bool:
    """A model call is under way."""
    deadline = time.monotonic() + MOMENT_LIMIT_S
    async with httpx.AsyncClient(base_url=place.models, timeout=MOMENT_LIMIT_S) as client:
        while time.monotonic() < deadline:
            if (await client.get("/open")).json():
                return True
            await asyncio.sleep(POLL_S)
    return False


async def between_nodes(place: Installation, _: random.Random) -> bool:
    """The first model call of a question was just stored."""
    async with place.connection() as connection:
        newest = await connection.fetchval("SELECT max(id::text) FROM usage_records")
    return await _until(place, f"SELECT EXISTS (SELECT FROM usage_records WHERE id::text > '{newest or ''}')")


async def after_commit(place: Installation, _: random.Random) -> bool:
    """The end of a question was just committed, and its worker has not acknowledged it."""
    if not await _until(place, RUNNING):
        return False
    async with place.connection() as connection:
        running = await connection.fetchval("SELECT id FROM queries WHERE state = 'running' ORDER BY id LIMIT 1")
    return await _until(
        place, f"SELECT EXISTS (SELECT FROM queries WHERE id = '{running}' AND finished_at IS NOT NULL)"
    )


async def in_commit(place: Installation, _: random.Random) -> bool:
    """The statement that ends a question has begun and cannot go on, because its job is locked here."""
    if not await _until(place, RUNNING):
        return False
    async with place.connection() as connection, connection.transaction():
        locked = await connection.fetchval(
            "SELECT id FROM jobs WHERE state = 'running' AND kind = 'run_query' ORDER BY id LIMIT 1 FOR UPDATE"
        )
        if locked is None:
            return False
        hit = await _until(
            place,
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE '%INSERT INTO query_results%' AND pid <> pg_backend_pid())",
        )
        if hit:
            place.strike()
        return hit


MOMENTS: Final[Mapping[str, Callable[[Installation, random.Random], Awaitable[bool]]]] = {
    "at_random": at_random,
    "before_claim": before_claim,
    "in_model_call": in_model_call,
    "between_nodes": between_nodes,
    "in_commit": in_commit,
    "after_commit": after_commit,
}


async def kill_one(place: Installation, chance: random.Random) -> Kill:
    """Chooses victim and moment, waits for both, and kills it or breaks its wire for a while."""
    victims: list[Victim | str] = [*VICTIMS, *(name for name in WIRES if name in place.wires)]
    weights = [one.weight if isinstance(one, Victim) else WIRES[one] for one in victims]
    victim = chance.choices(victims, weights)[0]
    moment = chance.choice(list(MOMENTS))
    if isinstance(victim, str):
        return await _break(place, victim, moment, chance)
    number, pid = chance.choice(victim.signals), await _alive(place, victim)

    def strike() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    return Kill(victim.name, number.name, moment, await _at(place, moment, chance, strike))


async def _break(place: Installation, name: str, moment: str, chance: random.Random) -> Kill:
    fault, wire = chance.choice(list(Fault)), place.wires[name]
    hit = await _at(place, moment, chance, lambda: wire.suffer(fault))
    await asyncio.sleep(chance.uniform(*BROKEN_S))
    wire.heal()
    return Kill(f"wire to {name}", fault.value, moment, hit)


async def _at(place: Installation, moment: str, chance: random.Random, strike: Callable[[], None]) -> bool:
    """Strikes at the moment, or at its limit; gives whether it came."""
    place.strike = strike
    hit = False
    # The database may be away just now: then the moment cannot be seen, and the blow comes at any time.
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, httpx.HTTPError, TimeoutError):
        hit = await MOMENTS[moment](place, chance)
    strike()
    return hit


async def _alive(place: Installation, victim: Victim) -> int:
    """Waits for the victim's process; gives its number."""
    deadline = time.monotonic() + BACK_LIMIT_S
    while time.monotonic() < deadline:
        for pid, command in place.processes().items():
            if victim.words in command:
                return pid
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{victim.name} did not come back in {BACK_LIMIT_S:.0f} s")


async def _until(place: Installation, statement: str) -> bool:
    deadline = time.monotonic() + MOMENT_LIMIT_S
    async with place.connection() as connection:
        while time.monotonic() < deadline:
            if await connection.fetchval(statement):
                return True
            await asyncio.sleep(POLL_S)
    return False
