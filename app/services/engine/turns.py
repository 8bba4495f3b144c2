"""How much this process takes on: whose question is next, and when there is too much already."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from app.core.config import Settings
from app.core.db import Session
from app.core.jobs import JobKind
from app.repositories import jobs
from app.repositories.jobs import Claim

BATCH_SHARE: Final = 0.8
"""Part of a worker that batches may fill: the rest stays free for questions that somebody waits for."""
SAMPLE_S: Final = 0.05
FADING: Final = 0.9
"""What is left of a delay one sample later: one of a second counts for about 1.5 s."""
FULL_SHARE_S: Final = 0.05
"""Delay up to which a person keeps the whole of `questions_at_once`; at twice of it they have half, and so on.

A question passes the loop some forty times: with this delay each time, one of two seconds takes twice as long."""
FEWEST: Final = 2


class LoopDelay:
    """How late this process gets what should be there at once: its turn on the event loop, and a claim."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sampling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts measuring."""
        self._sampling = asyncio.create_task(self._sample())

    def note(self, seconds: float) -> None:
        """Takes in a delay that was seen elsewhere."""
        self.seconds = max(seconds, self.seconds)

    async def close(self) -> None:
        """Stops measuring."""
        if self._sampling is not None:
            self._sampling.cancel()
            await asyncio.wait([self._sampling])

    async def _sample(self) -> None:
        while True:
            asked_at = time.monotonic()
            await asyncio.sleep(SAMPLE_S)
            self.seconds = max(time.monotonic() - asked_at - SAMPLE_S, self.seconds * FADING)


@dataclass(slots=True)
class Turns:
    """Claims the questions of one process by fairness between people, not by the order in which they came.

    Nobody gets a further question beyond `questions_at_once`, or beyond a part of that where the delays are long.
    """

    settings: Settings
    delay: LoopDelay = field(default_factory=LoopDelay)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there may be a question to take: a hint came, one ended, or the process is to stop."""
    taker: asyncio.Task[None] | None = None
    """Whoever takes questions for this process, or did last."""
    is_closing: bool = False
    """Once true nothing more is claimed."""
    running: int = 0
    _batched: int = 0

    def has_room(self) -> bool:
        """Whether this process may take a further question."""
        return not self.is_closing and self.running < self.settings.query_concurrency

    async def claim(self, session: Session) -> Claim | None:
        """The next question for this process, if there is one that it may take."""
        settings = self.settings
        return await jobs.claim_fairest(
            session,
            JobKind.RUN_QUERY,
            lease_s=settings.lease_s,
            batches=self._batched < max(1, int(settings.query_concurrency * BATCH_SHARE)),
            most_of_one=self._most_of_one(),
        )

    def _most_of_one(self) -> int:
        """How many questions of one person may run (0: any number): the fewer the later everything comes."""
        limit, seconds = self.settings.questions_at_once, self.delay.seconds
        if not limit or seconds <= FULL_SHARE_S:
            return limit
        return max(min(limit, FEWEST), int(limit * FULL_SHARE_S / seconds))

    def begin(self, claim: Claim) -> None:
        """Counts a question that was claimed."""
        self.running += 1
        self._batched += claim.is_batch

    def end(self, claim: Claim) -> None:
        """Counts it out."""
        self.running -= 1
        self._batched -= claim.is_batch
        self.changed.set()

    async def close(self) -> None:
        """Takes nothing more; returns when nobody takes anything."""
        self.is_closing = True
        self.changed.set()
        await self.delay.close()
        if self.taker is not None:
            await asyncio.wait([self.taker])
