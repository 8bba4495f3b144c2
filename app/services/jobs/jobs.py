"""The jobs that this process holds: leases are kept, tasks stopped on demand, and what is left handed back."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.config import Settings
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.jobs import QUEUE_OF, Publisher
from app.core.tracing import Kind, Span, continued, span
from app.repositories import jobs, queries
from app.repositories.jobs import Claim, Hint

CANCEL_POLL_S = 1.0
"""How often cancel requests are looked for, in seconds: they have to act within two."""
_log = logging.getLogger(__name__)


class StopReason(StrEnum):
    """Why a running job's task was cancelled."""

    CANCELLED = "cancelled"
    LEASE_LOST = "lease_lost"
    HANDED_BACK = "handed_back"


@dataclass(slots=True)
class HeldJob:
    """One claim and the task that works on it."""

    claim: Claim
    lease_ends: float
    """By this process's monotonic clock; counted from before the claim was made, so never too late."""
    task: asyncio.Task[Any] | None = None
    stopped: StopReason | None = None
    is_ending: bool = False
    """True once the end is being stored: from then on only a lost lease stops the work."""

    def stop(self, reason: StopReason) -> None:
        """Cancels the work; the first reason counts."""
        if self.is_ending and reason is not StopReason.LEASE_LOST:
            return
        if self.stopped is None and self.task is not None and not self.task.done():
            self.stopped = reason
            self.task.cancel()


@dataclass(slots=True)
class HeldJobs:
    """All claims of this process. Make it, `start` it and `close` it in the process's event loop."""

    database: Database
    publisher: Publisher
    settings: Settings
    _held: dict[UUID, HeldJob] = field(default_factory=dict)
    _keeper: asyncio.Task[None] | None = None
    _busy: asyncio.Event = field(default_factory=asyncio.Event)
    _aside: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Starts keeping leases."""
        self._keeper = asyncio.create_task(self._keep())

    def hold(self, claim: Claim, claimed_at: float) -> HeldJob:
        """Registers a claim made at `claimed_at` (monotonic, taken before the statement)."""
        held = HeldJob(claim, claimed_at + self.settings.lease_s)
        self._held[claim.job_id] = held
        self._busy.set()
        return held

    def work(self, held: HeldJob, doing: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs `doing` as the work on `held`, which is let go when it ends."""
        task = held.task = asyncio.create_task(_traced(held.claim, doing))
        task.add_done_callback(lambda _: self._let_go(held))
        return task

    @property
    def count(self) -> int:
        """How many jobs this process holds."""
        return len(self._held)

    def stop_subject(self, subject_id: UUID) -> None:
        """Stops the work on a subject at once when it is in this process."""
        for held in list(self._held.values()):
            if held.claim.subject_id == subject_id:
                held.stop(StopReason.CANCELLED)

    def hint_soon(self, hints: Iterable[Hint]) -> None:
        """Tells the broker of queued jobs without waiting; when that fails the sweeper repeats it."""
        self.begin_aside(send_hints(self.publisher, list(hints)))

    def begin_aside(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begins what no job waits for; `close` does."""
        task = asyncio.create_task(doing)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)
        return task

    async def close(self, *, grace_s: float) -> None:
        """Lets running work end for `grace_s` seconds, hands the rest back to the queue, and stops keeping leases."""
        running = [held.task for held in self._held.values() if held.task is not None]
        if running:
            await asyncio.wait(running, timeout=grace_s)
        await self._hand_back()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._aside:
            await asyncio.wait(self._aside)

    async def _hand_back(self) -> None:
        rest = list(self._held.values())
        for held in rest:
            held.stop(StopReason.HANDED_BACK)
        tasks = [held.task for held in rest if held.task is not None]
        if tasks:
            await asyncio.wait(tasks)
        unfinished = [held.claim for held in rest if held.stopped is StopReason.HANDED_BACK]
        if not unfinished:
            return
        try:
            async with self.database.transaction() as session:
                hints = await jobs.release(session, unfinished)
                await queries.requeued(session, [claim.subject_id for claim in unfinished])
        except Unavailable:
            _log.warning("leases could not be handed back; they end by themselves")
            return
        self.hint_soon(hints)

    def _let_go(self, held: HeldJob) -> None:
        self._held.pop(held.claim.job_id, None)
        if not self._held:
            self._busy.clear()

    async def _keep(self) -> None:
        """Looks for cancel requests every second and lengthens all leases every heartbeat, while there are any."""
        last_heartbeat = 0.0
        while True:
            await self._busy.wait()
            await asyncio.sleep(CANCEL_POLL_S)
            try:
                await self._obey_cancels()
                if time.monotonic() - last_heartbeat >= self.settings.heartbeat_s - CANCEL_POLL_S / 2:
                    await self._heartbeat()
                    last_heartbeat = time.monotonic()
            except Unavailable:
                _log.warning("heartbeat failed: the system database is away")
            self._drop_expired()

    async def _obey_cancels(self) -> None:
        by_subject = {held.claim.subject_id: held for held in self._held.values()}
        if not by_subject:
            return
        async with self.database.read() as session:
            wanted = await queries.cancel_requested(session, list(by_subject))
        for subject_id in wanted:
            by_subject[subject_id].stop(StopReason.CANCELLED)

    async def _heartbeat(self) -> None:
        held = list(self._held.values())
        if not held:
            return
        asked_at = time.monotonic()
        async with self.database.transaction() as session:
            ours = await jobs.extend(session, [h.claim for h in held], lease_s=self.settings.lease_s)
        for job in held:
            if job.claim.job_id in ours:
                job.lease_ends = asked_at + self.settings.lease_s
            elif job.claim.job_id in self._held:
                job.stop(StopReason.LEASE_LOST)

    def _drop_expired(self) -> None:
        """Stops work whose lease nobody could lengthen: another worker may have it by now."""
        now = time.monotonic()
        for held in list(self._held.values()):
            if held.lease_ends < now:
                held.stop(StopReason.LEASE_LOST)


async def _traced(claim: Claim, doing: Coroutine[Any, Any, Any]) -> Any:
    """`doing` as a part of the trace in which the job was made."""
    with continued(claim.traceparent), job_span(claim):
        return await doing


def job_span(claim: Claim) -> AbstractContextManager[Span]:
    """The work on a job as a span."""
    queue = QUEUE_OF[claim.kind].value
    attributes = {
        "messaging.system": "celery",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "agentgraph.job.kind": claim.kind.value,
        "agentgraph.job.attempt": claim.attempts,
        "agentgraph.subject.id": str(claim.subject_id),
    }
    return span(f"process {queue}", Kind.CONSUMER, attributes)


async def send_hints(publisher: Publisher, hints: list[Hint]) -> None:
    """Tells the broker of queued jobs, in a thread. A broker that is away is logged: the queue of record has them."""
    try:
        await asyncio.to_thread(_publish, publisher, hints)
    except Unavailable:
        _log.warning("the broker is away; the sweeper will repeat %d hints", len(hints))


def _publish(publisher: Publisher, hints: list[Hint]) -> None:
    for hint in hints:
        publisher.publish(hint.kind, hint.job_id)
