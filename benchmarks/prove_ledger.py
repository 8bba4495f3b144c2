"""`make prove-ledger`: mixed questions through the protocol servers, then every call of theirs against the ledger.

Three providers, synchronous and asynchronous questions, repeats that the cache answers, cancels, replies that fail in
four ways and are tried again, and workers that are killed. Exit code 1 when ledger and servers tell different stories:
what stands on one side alone has to be explained by itself, see `benchmarks.ledger_calls`.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import asyncpg
import httpx

from app.core.dimensions import TRAITS_OF, CostsBy
from benchmarks.chaos.installation import Installation
from benchmarks.figures import report
from benchmarks.ledger_calls import ROWS, compare, sums
from benchmarks.system import TABLE, Asker, fake_providers, open_ports, provider_settings, running_system, sign_up

MODELS: Final = (
    "openai:gpt-4o-mini",
    "anthropic:claude-3-5-sonnet-20241022",
    "huggingface:meta-llama/Llama-3.3-70B-Instruct",
)
"""The last one has no known price, which must show as unknown and never as nothing."""
FAULTS: Final = [{"status": 503}, {"status": 429, "retry_after": "0"}, {"rubbish": True}, {"cut": True}]
FAULT_EVERY: Final = 11
AT_ONCE: Final = 12
SHARE_REPEATED, SHARE_CANCELLED, SHARE_SYNCHRONOUS = 0.15, 0.1, 0.5
LATENCY_S: Final = 0.15
MODEL_TIMEOUT_S: Final = 30.0
SETTLED_S: Final = 300.0
TIMEOUT_S: Final = 120.0
PROGRESS: Final = 20
"""How often it is told how far it is."""
SETTINGS: Final = {
    "AGENTGRAPH_LEASE_S": "6",
    "AGENTGRAPH_HEARTBEAT_S": "2",
    "AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600",
    "AGENTGRAPH_MAX_JOB_ATTEMPTS": "10",
    "AGENTGRAPH_MODEL_TIMEOUT_S": str(MODEL_TIMEOUT_S),
}
_SUMS: Final = """
    SELECT count(*) AS calls, count(DISTINCT query_id) AS questions,
           count(*) FILTER (WHERE outcome <> 'answered') AS unanswered, sum(tokens_in) AS tokens_in,
           sum(tokens_out) AS tokens_out, coalesce(sum(price_usd), 0) AS cost_usd,
           count(*) FILTER (WHERE price_usd IS NULL) AS without_price
      FROM usage_records
"""
_WRONG_BILLS: Final = """
    SELECT count(*) FROM queries q WHERE finished_at IS NOT NULL AND tokens_in + tokens_out <>
           (SELECT coalesce(sum(tokens_in + tokens_out), 0) FROM usage_records u WHERE u.query_id = q.id)
"""
_NOT_SUMMED: Final = "SELECT count(*) FROM usage_records WHERE opens IS NULL"
_OPEN: Final = "SELECT count(*) FROM queries WHERE state IN ('queued', 'running')"


@dataclass(slots=True)
class Told:
    """What was done, beside what ledger and servers say of it."""

    asked: int = 0
    repeated: int = 0
    cancelled: int = 0
    put_off: int = 0
    """Requests that a busy machine refused; they were sent again."""
    kills: int = 0
    killed_ports: set[int] = field(default_factory=set)
    """Of the connections that workers had open when they were killed."""
    numbers: list[int] = field(default_factory=list)
    """Questions that were asked and may be repeated."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody with an agent of one model."""

    client: httpx.AsyncClient
    asker: Asker
    chance: random.Random
    told: Told

    async def ask(self, number: int) -> None:
        """One question, in one of the ways; a killed worker or an overload is no reason to stop."""
        self.told.asked += 1
        if self.told.numbers and self.chance.random() < SHARE_REPEATED:
            number = self.chance.choice(self.told.numbers[-50:])
            self.told.repeated += 1
        is_cancelled = self.chance.random() < SHARE_CANCELLED
        is_synchronous = not is_cancelled and self.chance.random() < SHARE_SYNCHRONOUS
        body = {"agent_id": self.asker.agent_id, "question": question(number)}
        path = "/queries/execute" if is_synchronous else "/queries/execute-async"
        response = await self._sent(path, body)
        if is_synchronous:
            self.told.numbers.append(number)
            return
        query = response.raise_for_status().headers["Location"].rpartition("/")[2]
        if is_cancelled:
            await asyncio.sleep(self.chance.uniform(0, 4 * LATENCY_S))
            done = await self.client.post(f"/queries/{query}/cancel", headers=self.asker.headers)
            self.told.cancelled += done.is_success

    async def _sent(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The answer to a request, which is sent again as long as the machine is too busy to take it."""
        while True:
            response = await self.client.post(path, json=body, headers=self.asker.headers)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return response
            self.told.put_off += 1
            await asyncio.sleep(float(response.headers.get("retry-after", 1)))


def question(number: int) -> str:
    """Question `number`, which no other resembles to the cache."""
    return f"How many days had more than {number} mm of rain?"


def script(count: int) -> dict[str, Any]:
    """What the protocol servers answer: the right SQL, and every eleventh time a fault."""
    table = {
        question(number): f"SELECT COUNT(*) AS n FROM {TABLE} WHERE precipitation > {number}" for number in range(count)
    }
    return {"table": table, "faults": FAULTS, "fault_every": FAULT_EVERY, "latency_s": LATENCY_S}


async def work(place: Installation, askers: Sequence[Asker], *, count: int, kills: int, seed: int) -> Told:
    """Asks `count` questions, AT_ONCE at a time, and kills a worker `kills` times meanwhile."""
    told, chance = Told(), random.Random(seed)
    numbers = iter(range(count))
    limits = httpx.Limits(max_connections=AT_ONCE * 2)
    async with httpx.AsyncClient(base_url=f"{place.system.url}/api/v1", timeout=TIMEOUT_S, limits=limits) as client:

        async def person(n: int) -> None:
            asking = Asking(client, askers[n % len(askers)], random.Random(f"{seed} {n}"), told)
            for number in numbers:
                if number and number % (count // PROGRESS or 1) == 0:
                    report("so_far", number, "questions", of=count, kills=told.kills)
                await asking.ask(number)

        people = [asyncio.create_task(person(n)) for n in range(AT_ONCE)]
        for kill in range(kills):
            while told.asked < count * (kill + 1) // (kills + 1):  # noqa: ASYNC110  (counted by the people)
                await asyncio.sleep(0.05)
            await asyncio.sleep(chance.uniform(0, LATENCY_S))
            kill_worker(place, told)
        await asyncio.gather(*people)
    return told


def kill_worker(place: Installation, told: Told) -> None:
    """Kills the worker that answers questions, when there is one at this moment.

    It is halted first, so that it opens no connection after these were looked at.
    """
    pids = [pid for pid, command in place.processes().items() if "--queues queries" in command]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for pid in pids:
        told.killed_ports |= open_ports(pid)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    told.kills += bool(pids)


async def until_none(connection: asyncpg.Connection, count: str) -> None:
    """Waits until a count is zero."""
    deadline = time.monotonic() + SETTLED_S
    while await connection.fetchval(count):
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {SETTLED_S} s there are still some: {count}")
        await asyncio.sleep(0.2)


async def differences(place: Installation, told: Told) -> dict[str, int]:
    """What must be zero; prints what was compared."""
    async with place.connection() as connection:
        await until_none(connection, _OPEN)
        unlike = await _unlike(place, dict(await connection.fetchrow(_SUMS) or {}), "before")
        await until_none(connection, _NOT_SUMMED)
        calls = await _ended_calls(place)
        rows = [dict(row) for row in await connection.fetch(ROWS)]
        totals = dict(await connection.fetchrow(_SUMS) or {})
        wrong_bills = await connection.fetchval(_WRONG_BILLS)
    compared = compare(calls, rows, killed=frozenset(told.killed_ports), model_timeout_s=MODEL_TIMEOUT_S)
    ends, outcomes = Counter(call["end"] for call in calls), Counter(row["outcome"] for row in rows)
    report("servers_calls", len(calls), "calls", ends=ends)
    report("ledger_rows", len(rows), "rows", outcomes=outcomes)
    for name, times in sorted(compared.right.items()):
        report(name, times, "calls")
    for name, times in sorted(compared.wrong.items()):
        report(name, times, "calls", target="0", examples=[str(one) for one in compared.examples])
    both = sums(calls, rows)
    report("answered", both["ledger"]["answered"], "calls", sums=both)
    return {
        "calls_unlike_their_row": compared.wrong.total(),
        "sums_unlike_the_servers": sum(
            both["servers"][name] != both["ledger"][name] + both["answered_to_nobody"][name] for name in both["servers"]
        ),
        "queries_billed_wrong": wrong_bills,
        "groupings_unlike_the_ledger": unlike + await _unlike(place, totals, "after"),
    }


async def _ended_calls(place: Installation) -> list[dict[str, Any]]:
    """All calls, once none is being answered any more."""
    deadline = time.monotonic() + SETTLED_S
    async with httpx.AsyncClient(base_url=place.models, timeout=TIMEOUT_S) as models:
        while (await models.get("/open")).json():
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {SETTLED_S} s the servers still answer")
            await asyncio.sleep(0.2)
        found: list[dict[str, Any]] = (await models.get("/log")).json()
    return found


async def _unlike(place: Installation, totals: dict[str, Any], moment: str) -> int:
    """Groupings of GET /admin/costs whose total, or whose groups together, are not the ledger's sums.

    `moment` is told: before or after the last calls were added to their hours.
    """
    wrong = 0
    async with httpx.AsyncClient(base_url=f"{place.system.url}/api/v1", timeout=TIMEOUT_S) as client:
        admin = place.system.admin
        signed_in = await client.post(
            "/auth/login", json={"email": admin["admin_email"], "password": admin["admin_password"]}
        )
        headers = {"Authorization": f"Bearer {signed_in.raise_for_status().json()['access_token']}"}
        for by in CostsBy:
            found = await client.get("/admin/costs", params={"by": by.value, "limit": 10_000}, headers=headers)
            told = found.raise_for_status().json()
            groups = {name: sum(Decimal(str(group[name])) for group in told["groups"]) for name in totals}
            total = {name: Decimal(str(told["total"][name])) for name in totals}
            # One question may have calls to several models, of which each counts it.
            exact = [name for name in totals if name != "questions" or by not in TRAITS_OF]
            is_right = total == {name: Decimal(value) for name, value in totals.items()}
            is_right = is_right and all(groups[name] == total[name] for name in exact)
            report(f"by_{by.value}", int(not is_right), "differences", target="0", groups=len(told["groups"]))
            wrong += not is_right
    told_of = {"total_usd": str(totals["cost_usd"]), "calls": totals["calls"], "questions": totals["questions"]}
    report("groupings", len(CostsBy), "groupings", summed=moment, **told_of)
    return wrong


def prove(*, count: int, kills: int, seed: int) -> dict[str, int]:
    """Runs all of it against a new installation; gives what must be zero."""
    with fake_providers({}, latency_s=0) as urls:
        httpx.post(f"{urls['control']}/script", json=script(count), timeout=TIMEOUT_S).raise_for_status()
        with running_system({**provider_settings(urls), **SETTINGS}) as system:
            with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
                askers = [sign_up(client, n, {"model": m, "charts_enabled": False}) for n, m in enumerate(MODELS)]
            place = Installation.of(system, urls["control"])
            return asyncio.run(_prove(place, askers, count=count, kills=kills, seed=seed))


async def _prove(place: Installation, askers: Sequence[Asker], *, count: int, kills: int, seed: int) -> dict[str, int]:
    told = await work(place, askers, count=count, kills=kills, seed=seed)
    report(
        "asked",
        told.asked,
        "questions",
        repeated=told.repeated,
        cancelled=told.cancelled,
        kills=told.kills,
        put_off=told.put_off,
    )
    return await differences(place, told)


def main() -> int:
    """Prints the figures; 1 when something is not zero that has to be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    zeros = prove(count=arguments.count, kills=arguments.kills, seed=arguments.seed)
    for name, value in zeros.items():
        report(name, value, "count", target="0")
    return int(any(zeros.values()))


if __name__ == "__main__":
    sys.exit(main())
