"""Many users at once: each asks one question of their own that takes two model calls; right answers, times, memory.

The accounts are shared by several users (sixteen in all), because signing up is not what is measured.
"""

import argparse
import asyncio
import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import httpx

from benchmarks.bench_overhead import MODEL, question, sql
from benchmarks.figures import percentile, report
from benchmarks.system import EXAMPLE, Asker, System, fake_providers, provider_settings, running_system, sign_up

ACCOUNTS = 16
MODEL_CALLS = 2
POLL_S = 0.25
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """How one user fared."""

    number: int
    elapsed_s: float
    value: object
    """The count in the answer's row; an error text when there was none."""


def expected(number: int) -> int:
    """The right answer, counted here from the raw file."""
    return sum(day > number / 10 for day in _maxima())


@cache
def _maxima() -> tuple[float, ...]:
    with EXAMPLE.open(encoding="utf-8", newline="") as file:
        return tuple(float(row["temp_max"]) for row in csv.DictReader(file))


async def one_user(client: httpx.AsyncClient, asker: Asker, number: int, *, wait_s: float, mode: str) -> Reply:
    """Waits for its turn, asks, and reads the row."""
    await asyncio.sleep(wait_s)
    body: dict[str, object] = {"agent_id": asker.agent_id, "question": question(mode, number)}
    started = time.perf_counter()
    try:
        if mode == "sync":
            value = await ask_now(client, asker, body)
        else:
            value = await ask_later(client, asker, body)
    except (httpx.HTTPError, LookupError, TimeoutError) as error:
        value = f"{type(error).__name__}: {error}"[:200]
    return Reply(number, time.perf_counter() - started, value)


async def ask_now(client: httpx.AsyncClient, asker: Asker, body: dict[str, object]) -> object:
    """By the synchronous route."""
    response = await client.post("/queries/execute", json=body, headers=asker.headers)
    response.raise_for_status()
    return response.json()["result"]["rows"][0][0]


async def ask_later(client: httpx.AsyncClient, asker: Asker, body: dict[str, object]) -> object:
    """By the asynchronous route, polling the status."""
    response = await client.post("/queries/execute-async", json=body, headers=asker.headers)
    query_id = response.raise_for_status().json()["id"]
    async with asyncio.timeout(PATIENCE_S):
        while True:
            status = await client.get(f"/queries/{query_id}/status", headers=asker.headers)
            if status.raise_for_status().json()["state"] not in {"queued", "running"}:
                break
            await asyncio.sleep(POLL_S)
    result = await client.get(f"/queries/{query_id}/result", headers=asker.headers)
    return result.raise_for_status().json()["rows"][0][0]


async def all_users(system: System, askers: Sequence[Asker], arguments: argparse.Namespace) -> list[Reply]:
    """Every user's fate."""
    limits = httpx.Limits(max_connections=arguments.users, max_keepalive_connections=arguments.users)
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=PATIENCE_S, limits=limits) as client:
        users = [
            one_user(
                client,
                askers[number % len(askers)],
                number,
                wait_s=arguments.over * number / arguments.users,
                mode=arguments.mode,
            )
            for number in range(arguments.users)
        ]
        return await asyncio.gather(*users)


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--over", type=float, default=0, help="seconds over which the users arrive")
    parser.add_argument("--mode", choices=["sync", "async"], default="sync")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of each model call")
    parser.add_argument("--api-processes", type=int, default=1)
    arguments = parser.parse_args()
    table = {question(arguments.mode, number): sql(number) for number in range(-16, arguments.users)}
    settings = {"AGENTGRAPH_API_PROCESSES": str(arguments.api_processes)}
    with (
        fake_providers(table, latency_s=arguments.latency) as urls,
        running_system({**provider_settings(urls), **settings}) as system,
    ):
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=PATIENCE_S) as client:
            askers = [sign_up(client, n, {"model": MODEL}) for n in range(min(ACCOUNTS, arguments.users))]
        warm_up = argparse.Namespace(**{**vars(arguments), "users": 2 * arguments.api_processes, "over": 0})
        asyncio.run(all_users(system, askers, warm_up))
        replies = asyncio.run(all_users(system, askers, arguments))
        show(replies, system, arguments)


def show(replies: Sequence[Reply], system: System, arguments: argparse.Namespace) -> None:
    """Right answers, times against the model's own, memory of the largest processes."""
    model_s = MODEL_CALLS * arguments.latency
    right = sum(reply.value == expected(reply.number) for reply in replies)
    times = [reply.elapsed_s for reply in replies]
    report("right_answers", right, "queries", target=str(arguments.users))
    for percent in (50, 95, 99):
        of_model = percentile(times, percent) / model_s
        report(f"time_p{percent}", percentile(times, percent), "s", times_the_model=round(of_model, 3))
    heaviest = sorted(system.resident_bytes().items(), key=lambda item: -item[1])[:5]
    for name, resident in heaviest:
        report("resident", resident / 1e6, "MB", target="<= 400", process=name)
    for reply in [reply for reply in replies if reply.value != expected(reply.number)][:5]:
        report("wrong", reply.number, "query", got=str(reply.value), expected=expected(reply.number))


if __name__ == "__main__":
    main()
