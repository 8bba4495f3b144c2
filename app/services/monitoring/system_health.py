"""The health of every part of an installation, each asked at once and given up after its own time."""

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.core.clock import now
from app.core.deadline import by_deadline
from app.core.jobs import QUEUE_OF, JobKind
from app.core.migrations import newest_revision
from app.repositories import measures, system
from app.schemas.health import PartRead, State, SystemHealthRead
from app.services.platform import Part, Platform

TIMEOUT_S: Final = 1.5
"""For each part. All are asked at once, so that the whole takes no longer."""
LATE_S: Final = 60.0
"""A job that waits longer shows that the workers are behind or gone."""
SILENT_HEARTBEATS: Final = 3
"""Missed heartbeats after which a process counts as gone."""
MOST_SKEW_S: Final = 2.0
"""Between this machine's clock and the database's: tokens and leases are counted in seconds."""
LEAST_FREE: Final = 0.10
LEAST_FREE_BYTES: Final = 2 * 1024**3
"""Free disk below both of these is too little."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look at a part has found."""

    status: State
    detail: str
    figures: Mapping[str, object] = field(default_factory=dict)


Look = Callable[[Platform], Coroutine[None, None, Found]]


async def check(platform: Platform, *, timeout_s: float = TIMEOUT_S) -> SystemHealthRead:
    """The state of every part; it takes no longer than `timeout_s` whatever is down."""
    parts = await asyncio.gather(*(_ask(platform, name, look, timeout_s) for name, look in _LOOKS.items()))
    states = {part.name: part.status for part in parts}
    status: State = "down" if states["postgresql"] == "down" else "degraded"
    if set(states.values()) == {"up"}:
        status = "up"
    return SystemHealthRead(status=status, checked_at=now(), parts=list(parts))


async def _ask(platform: Platform, name: str, look: Look, timeout_s: float) -> PartRead:
    started = time.perf_counter()
    try:
        found = await by_deadline(look(platform), timeout_s)
    except TimeoutError:
        found = Found("down", f"no answer within {timeout_s} s")
    except Exception as error:  # noqa: BLE001  (clients raise what they like; health has to tell it, not to fail by it)
        found = Found("down", f"it cannot be reached ({type(error).__name__})")
    took_ms = round((time.perf_counter() - started) * 1000, 1)
    return PartRead(name=name, status=found.status, detail=found.detail, took_ms=took_ms, figures=dict(found.figures))


async def _postgresql(platform: Platform) -> Found:
    async with platform.database.read() as session:
        figures = await system.figures(session)
    return Found("up", "it answers", figures)


async def _valkey(platform: Platform) -> Found:
    await platform.valkey.ping()
    memory = await platform.valkey.info("memory")
    return Found("up", "it answers", {"used_memory_bytes": memory.get("used_memory")})


async def _migrations(platform: Platform) -> Found:
    async with platform.database.read() as session:
        present = await system.revision(session)
    newest = await asyncio.to_thread(newest_revision)
    figures = {"present": present, "newest": newest}
    if present != newest:
        return Found("degraded", "run `agentgraph migrate`: the schema is not that of this version", figures)
    return Found("up", "the schema is that of this version", figures)


async def _clocks(platform: Platform) -> Found:
    before = now()
    async with platform.database.read() as session:
        theirs = await system.clock(session)
    middle = before + (now() - before) / 2
    skew_s = round(abs((theirs - middle).total_seconds()), 3)
    if skew_s > MOST_SKEW_S:
        return Found("degraded", "set the clocks of the machines by NTP", {"skew_s": skew_s})
    return Found("up", "the clocks agree", {"skew_s": skew_s})


async def _queues(platform: Platform) -> Found:
    async with platform.database.read() as session:
        depths = await measures.queues(session)
    figures = {
        QUEUE_OF[JobKind(depth.kind)].value: {
            "waiting": depth.waiting,
            "running": depth.running,
            "oldest_waits_s": round(depth.oldest_s, 1),
        }
        for depth in depths
    }
    late = [depth for depth in depths if depth.oldest_s > LATE_S]
    if late:
        return Found("degraded", "jobs wait too long: start workers or look at their log", figures)
    return Found("up", "nothing waits for long", figures)


async def _processes(platform: Platform) -> Found:
    async with platform.database.read() as session:
        found = await measures.processes(session)
    limit_s = platform.settings.heartbeat_s * SILENT_HEARTBEATS
    living = [one for one in found if one[3] <= limit_s]
    figures = {
        "processes": [
            {"part": part, "host": host, "pid": pid, "silent_s": round(silent_s, 1)}
            for part, host, pid, silent_s in found
        ]
    }
    missing = {Part.API.value, Part.WORKER.value, Part.BEAT.value} - {part for part, *_ in living}
    if missing:
        return Found("degraded", f"no sign of life from: {', '.join(sorted(missing))}", figures)
    return Found("up", "every part shows that it lives", figures)


async def _storage(platform: Platform) -> Found:
    await platform.store.check()
    return Found("up", "it can be read and written")


async def _disk(platform: Platform) -> Found:
    usage = await asyncio.to_thread(shutil.disk_usage, platform.settings.data_dir)
    figures = {"total_bytes": usage.total, "free_bytes": usage.free}
    if usage.free < LEAST_FREE_BYTES and usage.free < usage.total * LEAST_FREE:
        return Found("degraded", "the disk of the data folder is nearly full", figures)
    return Found("up", "there is room", figures)


async def _models(platform: Platform) -> Found:
    async with platform.database.read() as session:
        last = await measures.providers(session)
    figures = {provider: {"outcome": outcome, "at": at.isoformat()} for provider, outcome, at in last}
    failed = sorted(provider for provider, outcome, _ in last if outcome in {"failed", "lost"})
    if failed:
        return Found("degraded", f"the last call failed: {', '.join(failed)}", figures)
    return Found("up", "the last call to each provider was answered" if last else "no call within a day", figures)


_LOOKS: Final[Mapping[str, Look]] = {
    "postgresql": _postgresql,
    "valkey": _valkey,
    "migrations": _migrations,
    "clocks": _clocks,
    "queues": _queues,
    "processes": _processes,
    "storage": _storage,
    "disk": _disk,
    "models": _models,
}
