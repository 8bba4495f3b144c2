"""What one process works with: settings, connections and the doors to the other parts of the installation."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core import clock, redis
from app.core.config import Settings
from app.core.db import Database
from app.core.deadline import by_deadline
from app.core.errors import Misconfigured, Unavailable
from app.core.jobs import Publisher
from app.core.limits import Limiter
from app.core.mail import Mailer, mailer_for
from app.core.measures import Measures
from app.core.storage import FileStore, open_store
from app.core.tracing import Tracing, start_tracing

HEALTH_TIMEOUT_S = 2.0


class Part(StrEnum):
    """What a process of the installation does."""

    API = "api"
    WORKER = "worker"
    INGESTION = "ingestion"
    """Reads files; such a process shows itself with the first one."""
    BEAT = "beat"


@dataclass(frozen=True, slots=True)
class Platform:
    """Opened once by a process, in its own event loop, and closed by it."""

    settings: Settings
    database: Database
    valkey: Redis
    limiter: Limiter
    publisher: Publisher
    mailer: Mailer
    store: FileStore
    part: Part
    measures: Measures
    tracing: Tracing | None
    now: Callable[[], datetime] = clock.now
    """The present moment, for what counts for seconds, as codes do."""

    async def close(self) -> None:
        """Closes every connection, and sends the last spans."""
        await self.valkey.aclose()
        await self.database.close()
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)


class Health(StrEnum):
    """State of one part of the installation."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Which of the parts that a request may need are there."""

    database: Health
    valkey: Health

    @property
    def is_ready(self) -> bool:
        """Whether requests can be served: everything that must survive is in the database."""
        return self.database is Health.UP


def open_platform(
    settings: Settings, publisher: Publisher, part: Part = Part.API, *, now: Callable[[], datetime] = clock.now
) -> Platform:
    """The platform of this process; connects on first use. Raises Misconfigured when an address is missing."""
    if settings.database_url is None:
        raise Misconfigured(setting="AGENTGRAPH_DATABASE_URL", reason="the system database is needed")
    if settings.valkey_url is None:
        raise Misconfigured(setting="AGENTGRAPH_VALKEY_URL", reason="Valkey or Redis is needed")
    valkey = redis.connect(settings.valkey_url)
    # Before the database, whose statements are traced or not from the first on.
    tracing = start_tracing(settings, part.value)
    return Platform(
        settings=settings,
        database=Database(settings.database_url, pool_size=settings.database_pool_size),
        valkey=valkey,
        limiter=Limiter(valkey),
        publisher=publisher,
        mailer=mailer_for(settings),
        store=open_store(settings),
        part=part,
        measures=Measures(),
        tracing=tracing,
        now=now,
    )


async def check_readiness(platform: Platform) -> Readiness:
    """Asks every part at once and waits two seconds at the most."""
    database, valkey = await asyncio.gather(_ask_database(platform), _ask_valkey(platform))
    return Readiness(database=database, valkey=valkey)


async def _ask_database(platform: Platform) -> Health:
    try:
        await by_deadline(platform.database.ping(), HEALTH_TIMEOUT_S)
    except (Unavailable, TimeoutError):
        return Health.DOWN
    return Health.UP


async def _ask_valkey(platform: Platform) -> Health:
    try:
        await by_deadline(_ping(platform.valkey), HEALTH_TIMEOUT_S)
    except (RedisError, OSError):
        return Health.DOWN
    return Health.UP


async def _ping(valkey: Redis) -> None:
    await valkey.ping()
