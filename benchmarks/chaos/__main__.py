"""`make chaos`: people at work, processes dying, and a count of what must be zero; exit code 1 when it is not."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx

from benchmarks.bench_overhead import MODEL, question, sql
from benchmarks.chaos.counts import count, outcomes, settled
from benchmarks.chaos.installation import Installation, still_running
from benchmarks.chaos.kills import Kill, kill_one
from benchmarks.chaos.people import DISTINCT, KIND, TIMEOUT_S, Ledger, Person
from benchmarks.chaos.servers import place_of, running_servers, through
from benchmarks.figures import percentile, report
from benchmarks.system import Asker, fake_providers, provider_settings, running_system, sign_up
from tests.fakes.wire import wires

ACCOUNTS = 5
MOST_QUESTIONS = 20_000
UPON_EACH_OTHER = 0.25
"""Part of the kills that do not wait until the ones before are mended."""
ANSWERS_BETWEEN = 3
WORKS_AGAIN_S = 60.0
SETTINGS = {
    "AGENTGRAPH_LEASE_S": "8",
    "AGENTGRAPH_HEARTBEAT_S": "2",
    "AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600",
    "AGENTGRAPH_MAX_JOB_ATTEMPTS": "10",
}
"""Short leases, so that a run takes minutes. More attempts than usual: that a question is given up after three deaths
is meant, and would hide here whether it can be answered at all."""


async def run(place: Installation, askers: list[Asker], arguments: argparse.Namespace) -> tuple[list[Kill], Ledger]:
    """People live while the kills happen; gives both accounts."""
    chance, ledger, stopping = random.Random(arguments.seed), Ledger(), asyncio.Event()
    async with httpx.AsyncClient(base_url=f"{place.system.url}/api/v1", timeout=TIMEOUT_S) as client:
        people = [
            Person(client, askers[n % len(askers)], ledger, random.Random(f"{arguments.seed} {n}"), stopping)
            for n in range(arguments.people)
        ]
        lives = [asyncio.create_task(person.live()) for person in people]
        kills: list[Kill] = []
        began = time.monotonic()
        while len(kills) < arguments.kills and time.monotonic() - began < arguments.limit:
            if chance.random() > UPON_EACH_OTHER:
                await works_again(ledger)
            await asyncio.sleep(chance.uniform(0, arguments.every))
            kills.append(await kill_one(place, chance))
            _tell(kills, ledger, time.monotonic() - began)
        stopping.set()
        await asyncio.gather(*lives)
    return kills, ledger


def _tell(kills: list[Kill], ledger: Ledger, elapsed_s: float) -> None:
    kill = kills[-1]
    moment = kill.moment if kill.hit else f"at a time that was not {kill.moment}"
    what = f"{kill.victim} {kill.by} {moment}"
    sys.stderr.write(f"{elapsed_s:5.0f} s {len(kills):3} {what}; {len(ledger.times)} answered\n")
    sys.stderr.flush()


async def works_again(ledger: Ledger) -> None:
    """Waits until people are answered again after the last kill: a dead installation has nothing to lose."""
    wanted, deadline = len(ledger.times) + ANSWERS_BETWEEN, time.monotonic() + WORKS_AGAIN_S
    while len(ledger.times) < wanted and time.monotonic() < deadline:  # noqa: ASYNC110  (another task's list)
        await asyncio.sleep(0.05)


def main() -> int:
    """Prints the figures; 1 when something is not zero that has to be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=1.0, help="longest pause before a kill, in seconds")
    parser.add_argument("--limit", type=float, default=3600, help="seconds after which no further kill begins")
    parser.add_argument("--latency", type=float, default=0.3, help="seconds of each model call")
    arguments = parser.parse_args()
    report("seed", arguments.seed, "seed", kills=arguments.kills, people=arguments.people)
    table = {question(KIND, number): sql(number % DISTINCT) for number in range(MOST_QUESTIONS)}
    with tempfile.TemporaryDirectory(prefix="agentgraph-chaos-") as folder, ExitStack() as stack:
        models = stack.enter_context(fake_providers(table, latency_s=arguments.latency))
        servers, urls = stack.enter_context(running_servers(Path(folder)))
        ends = {
            "postgresql": place_of(urls.database_url),
            "valkey": place_of(urls.valkey_url),
            "models": place_of(models["control"]),
        }
        made = stack.enter_context(wires(**ends))
        settings = {
            **provider_settings({name: through(url, made["models"].port) for name, url in models.items()}),
            "AGENTGRAPH_DATABASE_URL": through(urls.database_url, made["postgresql"].port),
            "AGENTGRAPH_VALKEY_URL": through(urls.valkey_url, made["valkey"].port),
        }
        with running_system({**settings, **SETTINGS}) as system:
            with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
                askers = [sign_up(client, n, {"model": MODEL, "charts_enabled": False}) for n in range(ACCOUNTS)]
            place = replace(Installation.of(system, models["control"]), urls=urls, servers=servers.pid, wires=made)
            zeros = asyncio.run(hurt(place, askers, arguments))
        zeros["processes_left"] = len(still_running(system.data_dir))
    for name, value in zeros.items():
        report(name, value, "count", target="0")
    return int(any(zeros.values()))


async def hurt(place: Installation, askers: list[Asker], arguments: argparse.Namespace) -> dict[str, int]:
    """Runs it, waits for the end of everything, and counts."""
    kills, ledger = await run(place, askers, arguments)
    took = await settled(place)
    zeros = await count(place, ledger)
    by_victim = Counter(f"{kill.victim} {kill.by}" for kill in kills)
    by_moment = Counter(kill.moment for kill in kills if kill.hit)
    report("kills", len(kills), "kills", victims=dict(by_victim), moments=dict(by_moment))
    report("accepted", len(ledger.accepted), "queries", batches=len(ledger.batches), uploads=len(ledger.uploaded))
    report("requests_repeated", ledger.refusals.total(), "requests", why=dict(ledger.refusals))
    report("untaken", len(ledger.untaken), "requests", why=ledger.untaken)
    report("answers_lost", len(ledger.answers_lost), "requests", what=ledger.answers_lost)
    report("settled_after", took, "s")
    if ledger.times:
        report("time_p95", percentile(ledger.times, 95), "s", p50=percentile(ledger.times, 50))
    found = await outcomes(place)
    report("ended", sum(found["ends"].values()), "queries", **found)
    return zeros


if __name__ == "__main__":
    sys.exit(main())
