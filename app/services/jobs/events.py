"""What happens in a query, told in order to whoever follows it, from any replica and also after the fact."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.models import RESTING_STATES, Query, QueryState
from app.repositories import queries
from app.services.platform import Platform
from app.services.results import json_value

STARTED = "query.started"
USAGE = "usage"
TERMINAL = {
    QueryState.SUCCEEDED: "query.succeeded",
    QueryState.FAILED: "query.failed",
    QueryState.CANCELLED: "query.cancelled",
    QueryState.NEEDS_INPUT: "query.needs_input",
}
CLAIM_STRIDE = 1_000_000
"""Ids of a repeated or continued run start above those of the run before, so that they only rise."""
FLUSH_TIMEOUT_S = 2.0
GATHER_S = 0.02
"""How long what is told is gathered before it is sent: a run tells some twenty events, most of them within this time
of one before, and sending costs more than what is sent. Nobody who reads along sees it, and the end does not wait."""
BLOCK_MS = 1500
"""How long a follower waits for events before it looks at the stored query, which outlives the stream."""
_log = logging.getLogger(__name__)


Begin = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event as followers get it."""

    id: int
    name: str
    data: str
    """JSON."""


class EventWriter:
    """Appends the events of one claim to the query's stream; telling costs a run no waiting."""

    def __init__(
        self, valkey: Redis, query_id: UUID, *, fence: int, ttl_s: int, begin: Begin = asyncio.create_task
    ) -> None:
        """`begin` starts what sends them, as a task that somebody waits for before `valkey` is closed."""
        self._valkey = valkey
        self._begin = begin
        self._key = stream_key(query_id)
        self._ttl_s = ttl_s
        self._last = before_claim(fence)
        self._waiting: list[tuple[int, str, bytes]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._is_over = asyncio.Event()

    def tell(self, name: str, data: Mapping[str, object]) -> None:
        """Queues an event; it is on its way a moment later, with those that are told meanwhile."""
        self._last += 1
        self._waiting.append((self._last, name, orjson.dumps(json_value(data))))
        if self._flushing is None or self._flushing.done():
            self._flushing = self._begin(self._flush())
        if name in TERMINAL.values():
            self._is_over.set()

    async def drain(self) -> None:
        """Waits until everything told so far was sent (or given up on)."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _flush(self) -> None:
        while self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._is_over.wait()
            batch, self._waiting = self._waiting, []
            try:
                pipeline = self._valkey.pipeline(transaction=False)
                for number, name, data in batch:
                    pipeline.xadd(self._key, {"name": name, "data": data}, id=f"{number}-0")
                pipeline.expire(self._key, self._ttl_s)
                async with asyncio.timeout(FLUSH_TIMEOUT_S):
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                _log.warning("events were not sent: %s", type(error).__name__)


def before_claim(fence: int) -> int:
    """The id after which the events of a claim come."""
    return (fence - 1) * CLAIM_STRIDE


def stream_key(query_id: UUID) -> str:
    """Valkey's key of a query's events."""
    return f"agentgraph:events:{query_id}"


def usage_data(query: Query) -> dict[str, object]:
    """What the `usage` event says."""
    return {"tokens_in": query.tokens_in, "tokens_out": query.tokens_out, "cost_usd": query.cost_usd}


def terminal_data(query: Query) -> dict[str, object]:
    """What the terminal event says."""
    return {
        "query_id": query.id,
        "state": query.state,
        "outcome": query.outcome,
        "answer": query.answer,
        "answered_by": query.answered_by,
        "sql": query.sql,
        "row_count": query.row_count,
        "truncated": query.truncated,
        "error": query.error,
        "input_request": query.input_request,
    }


async def tell_end(platform: Platform, query: Query, *, fence: int) -> None:
    """Tells the end of a query that no run has told, such as one cancelled while it waited; `fence` is its job's."""
    settings = platform.settings
    writer = EventWriter(platform.valkey, query.id, fence=fence + 1, ttl_s=settings.event_ttl_s)
    tell_final(writer, query)
    await writer.drain()


def tell_final(writer: EventWriter, query: Query) -> None:
    """Tells usage and then the terminal event of a query that no process works on any more."""
    writer.tell(USAGE, usage_data(query))
    writer.tell(TERMINAL[query.state], terminal_data(query))


async def follow(platform: Platform, query: Query, *, after: int) -> AsyncIterator[SentEvent]:
    """The events of `query` with ids above `after`, as they happen, up to the terminal one.

    `query.needs_input` is the last only as long as nothing was replied. Where the stream is gone or never told the end,
    what is missing is made from the stored query.
    """
    last, heard = after, False
    while True:
        is_resting = query.state in RESTING_STATES
        batch = await _read(platform.valkey, query.id, last, wait=not is_resting)
        for event in batch:
            yield event
            last, heard = event.id, True
            if event.name in TERMINAL.values():
                if event.name != TERMINAL[QueryState.NEEDS_INPUT]:
                    return
                query = await _stored(platform, query)
                if query.state == QueryState.NEEDS_INPUT:
                    return
        if is_resting and not batch:
            for event in _remaining(query, last, whole=not heard and after == 0):
                yield event
            return
        if not batch:
            query = await _stored(platform, query)


async def _read(valkey: Redis, query_id: UUID, last: int, *, wait: bool) -> list[SentEvent]:
    entries: Any
    try:
        if wait:
            entries = _entries(await valkey.xread({stream_key(query_id): f"{last}-0"}, count=500, block=BLOCK_MS))
        else:
            entries = await valkey.xrange(stream_key(query_id), min=f"({last}-0", count=500)
    except (RedisError, OSError) as error:
        _log.warning("events cannot be read: %s", type(error).__name__)
        await asyncio.sleep(1.0 if wait else 0)
        return []
    return [_event(number, fields) for number, fields in entries]


def _entries(found: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of the one stream that was asked for, in either form of the protocol (RESP 2: list, RESP 3: map)."""
    if not found:
        return []
    entries: list[tuple[bytes, dict[bytes, bytes]]]
    entries = next(iter(found.values()))[0] if isinstance(found, dict) else found[0][1]
    return entries


def _event(number: bytes, fields: dict[bytes, bytes]) -> SentEvent:
    return SentEvent(id=int(number.partition(b"-")[0]), name=fields[b"name"].decode(), data=fields[b"data"].decode())


async def _stored(platform: Platform, query: Query) -> Query:
    async with platform.database.read() as session:
        return await queries.get(session, query.owner_id, query.id) or query


def _remaining(query: Query, last: int, *, whole: bool) -> list[SentEvent]:
    """The events that a final query would have told after `last`: all the main ones, or only its end.

    One that ended while it waited, such as by a cancel, never started.
    """
    told: list[tuple[str, dict[str, object]]] = []
    if whole and query.started_at is not None:
        told.append((STARTED, {"query_id": query.id, "question": query.question}))
        if query.sql is not None:
            told.append(("sql", {"sql": query.sql}))
        if query.row_count is not None:
            told.append(("rows", {"row_count": query.row_count, "truncated": query.truncated}))
        if query.chart is not None:
            told.append(("chart", query.chart))
    told += [(USAGE, usage_data(query)), (TERMINAL[query.state], terminal_data(query))]
    return [
        SentEvent(id=last + i, name=name, data=orjson.dumps(json_value(data)).decode())
        for i, (name, data) in enumerate(told, start=1)
    ]
