"""People who ask and upload while processes die: each request is repeated with its key until it is taken."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from app.core.errors.access import AnswerLost
from benchmarks.bench_overhead import question
from benchmarks.system import Asker

KIND = "chaos"
DISTINCT = 350
"""Thresholds that tell answers apart; higher numbers ask for the same ones in other words."""
UPLOAD_SHARE = 0.1
BATCH_SHARE = 0.05
BATCH_SIZE = 3
PAUSE_S = (0.05, 0.6)
RETRY_S = 0.3
TIMEOUT_S = 30.0
PATIENCE_S = 300.0
"""How long one thing may take to be taken, or to end, before it counts as lost."""
FINAL = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(slots=True)
class Ledger:
    """What was promised to people."""

    accepted: dict[str, int] = field(default_factory=dict)
    """Number in the question by the id of an accepted query."""
    batches: dict[str, list[int]] = field(default_factory=dict)
    uploaded: set[str] = field(default_factory=set)
    sent: int = 0
    """Numbers that were used up, whether what came of them is known or not."""
    untaken: list[dict[str, int]] = field(default_factory=list)
    """How the requests that were never taken within PATIENCE_S were refused: path with code, and how often."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Why requests were repeated: path with code, or that nobody answered."""
    answers_lost: list[str] = field(default_factory=list)
    """What was done without an answer, as the answer to the repeated request named it: kind and id."""
    times: list[float] = field(default_factory=list)
    """Seconds from the first try of a question to its final state."""

    def numbers(self, count: int) -> list[int]:
        """Numbers for questions that nobody has asked."""
        first, self.sent = self.sent, self.sent + count
        return list(range(first, first + count))


@dataclass(slots=True)
class Person:
    """Somebody who does one thing after another until they are told to stop."""

    client: httpx.AsyncClient
    asker: Asker
    ledger: Ledger
    chance: random.Random
    stopping: asyncio.Event

    async def live(self) -> None:
        """Asks, sends batches and uploads; ends what was begun."""
        while not self.stopping.is_set():
            what = self.chance.random()
            if what < UPLOAD_SHARE:
                await self._upload()
            elif what < UPLOAD_SHARE + BATCH_SHARE:
                await self._batch()
            else:
                await self._ask()
            await asyncio.sleep(self.chance.uniform(*PAUSE_S))

    async def _ask(self) -> None:
        [number] = self.ledger.numbers(1)
        started = time.monotonic()
        body = {"agent_id": self.asker.agent_id, "question": question(KIND, number)}
        taken = await self._until_taken("/queries/execute-async", json=body)
        if taken is None:
            return
        query_id = taken["id"]
        self.ledger.accepted[query_id] = number
        if await self._until_final(f"/queries/{query_id}/status"):
            self.ledger.times.append(time.monotonic() - started)

    async def _batch(self) -> None:
        numbers = self.ledger.numbers(BATCH_SIZE)
        body = {"agent_id": self.asker.agent_id, "questions": [question(KIND, number) for number in numbers]}
        taken = await self._until_taken("/batches", json=body)
        if taken is not None:
            self.ledger.batches[taken["id"]] = numbers

    async def _upload(self) -> None:
        name = f"{uuid4()}.csv"
        rows = "".join(f"{n};{self.chance.random():.6f}\n" for n in range(2000))
        taken = await self._until_taken("/files/upload", files={"file": (name, f"n;x\n{rows}".encode(), "text/csv")})
        if taken is not None:
            self.ledger.uploaded.add(taken["id"])

    async def _until_taken(self, path: str, **body: Any) -> dict[str, Any] | None:
        """The body of the answer that takes the request; it is sent again with the same key until then."""
        headers = {**self.asker.headers, "Idempotency-Key": str(uuid4())}
        deadline, refusals = time.monotonic() + PATIENCE_S, Counter[str]()
        while time.monotonic() < deadline:
            answer = await tried(lambda: self.client.post(path, headers=headers, **body))
            if answer is not None and (found := _taken(answer)) is not None:
                if not answer.is_success:
                    self.ledger.answers_lost.append(f"{found['object_type']} {found['id']}")
                self.ledger.refusals += refusals
                return found
            refusals[f"{path} {'no answer' if answer is None else answer.json().get('code', answer.status_code)}"] += 1
            await asyncio.sleep(RETRY_S)
        self.ledger.refusals += refusals
        self.ledger.untaken.append(dict(refusals))
        return None

    async def _until_final(self, path: str) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = await tried(lambda: self.client.get(path, headers=self.asker.headers))
            if answer is not None and answer.is_success and answer.json()["state"] in FINAL:
                return True
            await asyncio.sleep(RETRY_S)
        return False


def _taken(answer: httpx.Response) -> dict[str, Any] | None:
    """What an answer says of a request that was taken; a process may have died between the work and its answer."""
    found: dict[str, Any] = answer.json()
    if answer.is_success:
        return found
    return {**found, "id": found["object_id"]} if found.get("code") == AnswerLost.code else None


async def tried(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response | None:
    """The answer; None when the connection broke or nobody answered."""
    try:
        return await send()
    except httpx.HTTPError:
        return None
