"""`make prove-isolation`: twenty people search side by side, and nobody finds what is another's or what is deleted.

Everybody has a file with a canary in its values, and conversations about it. They search for their own topics and for
the canaries of others, ask for what is similar and for the context of their next question, over HTTP and all at once,
while half of the conversations are deleted. Exit code 1 when anything leaks or anybody does not find their own.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from benchmarks.figures import report
from benchmarks.system import System, running_system, signed_up

TOPICS: Final = ("soma de valor por regiao", "soma de valor por produto", "quantas vendas por regiao?", "maior valor")
SESSIONS: Final = 4
"""Conversations of each person, half of which are deleted while everybody searches."""
DELETED: Final = 2
AT_ONCE: Final = 8
TIMEOUT_S: Final = 120.0
SETTINGS: Final = {"AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600"}
"""Nobody has to sign in again within an hour."""
INDEXED_S: Final = 900.0
"""Longest wait for the workers to index what was asked."""


@dataclass(slots=True)
class Person:
    """Somebody with a canary of their own."""

    canary: str
    headers: Mapping[str, str]
    agent_id: str
    sessions: list[str] = field(default_factory=list)
    """Still there."""
    deleted: list[str] = field(default_factory=list)
    """Gone: the answer to the request that deleted them has come."""


@dataclass(slots=True)
class Counts:
    """What was asked, and what must not have come back."""

    asked: Counter[str] = field(default_factory=Counter)
    found_own: int = 0
    foreign: list[str] = field(default_factory=list)
    after_deletion: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Crowd:
    """Twenty people at one installation."""

    def __init__(self, client: httpx.AsyncClient, people: list[Person], chance: random.Random) -> None:
        self._client, self._people, self._chance = client, people, chance
        self.counts = Counts()

    async def look(self, kind: str, number: int) -> None:
        """One search, similar or context call of somebody, with the canary of somebody else in it."""
        person, other = self._chance.sample(self._people, 2)
        topic = TOPICS[number % len(TOPICS)]
        gone = tuple(person.deleted)
        words = f"{topic} {other.canary if number % 2 else person.canary}"
        path, parameters = self._call(kind, person, topic, words)
        response = await self._client.get(path, params=parameters, headers=person.headers)
        self.counts.asked[kind] += 1
        if not response.is_success:
            # A conversation that is deleted between the choice and the call is rightly not found.
            if not (response.status_code == 404 and kind == "context"):
                self.counts.failed.append(f"{kind}: {response.status_code} {response.text[:200]}")
            return
        told = _told(kind, response.json())
        self.counts.found_own += person.canary in told
        self.counts.foreign += [f"{kind}: {p.canary}" for p in self._people if p is not person and p.canary in told]
        self.counts.after_deletion += [f"{kind}: {session_id}" for session_id in gone if session_id in told]

    def _call(self, kind: str, person: Person, topic: str, words: str) -> tuple[str, dict[str, str | int]]:
        if kind == "search":
            return "/history/search", {"q": words, "limit": 50}
        if kind == "similar":
            return "/context/similar", {"text": words, "limit": 20}
        return f"/context/{self._chance.choice(person.sessions)}", {"question": topic}

    async def delete(self, person: Person) -> None:
        """Removes a conversation; from the moment of the answer on nothing of it may be found."""
        session_id = person.sessions.pop()
        response = await self._client.delete(f"/sessions/{session_id}", headers=person.headers)
        if response.is_success:
            person.deleted.append(session_id)
        else:
            self.counts.failed.append(f"delete: {response.status_code} {response.text[:200]}")


def _told(kind: str, body: dict[str, Any]) -> str:
    """What an answer says beyond the words that were sent."""
    return str(body["parts"] if kind == "context" else body["items"])


async def settle(client: httpx.AsyncClient, number: int, headers: Mapping[str, str]) -> Person:
    """A file whose values hold the canary, an agent over it, and conversations about it."""
    canary = f"canario{number:02d}xyz"
    lines = [f"Norte {canary},{canary},{number + 1}", f"Sul {canary},mesa,{number + 2}", f"Leste {canary},cama,3"]
    content = "\n".join(["regiao,produto,valor", *lines]).encode()
    files = {"file": ("vendas.csv", content, "text/csv")}
    file_id = (await client.post("/files/upload", files=files, headers=headers)).raise_for_status().json()["id"]
    async with asyncio.timeout(TIMEOUT_S):
        while (await client.get(f"/files/{file_id}/status", headers=headers)).json()["state"] != "ready":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    agent = {"name": "Vendas", "source_ids": [file_id], "charts_enabled": False}
    made = await client.post("/agents/", json=agent, headers=headers)
    person = Person(canary, headers, made.raise_for_status().json()["id"])
    for _ in range(SESSIONS):
        begun = await client.post("/sessions/", json={"agent_id": person.agent_id}, headers=headers)
        session_id = begun.raise_for_status().json()["id"]
        person.sessions.append(session_id)
        for topic in TOPICS:
            answered = await client.post(f"/sessions/{session_id}/messages", json={"text": topic}, headers=headers)
            answered.raise_for_status()
    return person


async def until_indexed(client: httpx.AsyncClient, person: Person) -> None:
    """Waits until every exchange of `person` is found by its meaning."""
    async with asyncio.timeout(INDEXED_S):
        while True:
            found = await client.get(
                "/history/search", params={"q": person.canary, "limit": 50}, headers=person.headers
            )
            if len(found.raise_for_status().json()["items"]) >= SESSIONS * len(TOPICS):
                return
            await asyncio.sleep(1)


async def search(system: System, *, calls: int, users: int, seed: int) -> Counts:
    """All of it; prints as it goes."""
    limits = httpx.Limits(max_connections=AT_ONCE * 2)
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S, limits=limits) as client:
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as door:
            accounts = [signed_up(door, number) for number in range(users)]
        people = [await settle(client, number, headers) for number, headers in enumerate(accounts)]
        sys.stdout.write(f"{users} people have asked {users * SESSIONS * len(TOPICS)} questions\n")
        sys.stdout.flush()
        for person in people:
            await until_indexed(client, person)
        crowd = Crowd(client, people, random.Random(seed))
        numbers, deletions = iter(range(calls)), iter([person for _ in range(DELETED) for person in people])
        every = calls // (DELETED * users + 1)

        async def caller() -> None:
            for number in numbers:
                await crowd.look(("search", "similar", "context")[number % 3], number // 3)
                if number % every == every - 1 and (person := next(deletions, None)) is not None:
                    await crowd.delete(person)
                if number % 200 == 199:
                    sys.stdout.write(f"{number + 1} calls\n")
                    sys.stdout.flush()

        await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
        return crowd.counts


def main() -> int:
    """Runs on an installation of its own; 1 when anything leaks, fails, or is not found by its owner."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.monotonic()
    with running_system(SETTINGS) as system:
        counts = asyncio.run(search(system, calls=arguments.calls, users=arguments.users, seed=arguments.seed))
    for kind, calls in sorted(counts.asked.items()):
        report("calls", calls, "calls", kind=kind)
    report("answers_with_own_canary", counts.found_own, "answers", calls=counts.asked.total())
    report("leaks", len(counts.foreign), "canaries", target="= 0", users=arguments.users)
    report("found_after_deletion", len(counts.after_deletion), "sessions", target="= 0")
    report("failed_calls", len(counts.failed), "calls", target="= 0")
    report("took", time.monotonic() - started, "s")
    for what in (*counts.foreign, *counts.after_deletion, *counts.failed)[:20]:
        sys.stdout.write(f"WRONG: {what}\n")
    wrong = counts.foreign or counts.after_deletion or counts.failed
    return 1 if wrong or counts.found_own < counts.asked.total() / 2 else 0


if __name__ == "__main__":
    sys.exit(main())
