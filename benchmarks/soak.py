"""`make soak`: mixed work for a while; what has grown in each part since it was warm, and what was left behind.

The exit code is 1 when something grew beyond its limit, was left behind, or answered with a defect.
"""

import argparse
import asyncio
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.services.engine.open_sources import MAX_OPEN
from benchmarks.chaos.installation import Installation
from benchmarks.figures import report
from benchmarks.system import Asker, running_system, sign_up
from tests.waiting import until

TIMEOUT_S = 60.0
WARM_UP_S = 180.0
"""Until threads and pools are as many as they get: after a minute a worker had half of its threads."""
SETTINGS = {
    "AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600",
    "AGENTGRAPH_EGRESS_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
    "AGENTGRAPH_RESULT_CACHE_TTL_S": "0",
    "AGENTGRAPH_EVENT_TTL_S": "60",
}
"""What has a bounded life lives for a minute, so that it is neither more nor less at the end than when it was warm."""
TELL_EVERY_S = 30.0
MOST_GROWTH = 0.1
"""Of the memory of a part, from when it was warm to the end of thirty minutes: the target of `make soak`."""
ALWAYS_MB = 15.0
"""Growth that is not told from the noise of an allocator."""
MOST_FILES = MAX_OPEN + 20
"""Further open files of a part: sources that it keeps at hand, and connections that its pools had not needed before."""
POSTGRESQL = "postgresql"
"""Reported and not judged: its shared buffers fill up with what is stored, and its sessions keep files of tables open,
both up to limits of its own."""
MOST_CONNECTIONS = 20
SETTLE_S = 150.0
"""Longest time after the last action until no remains are there: they are removed once they are 30 s old, by a sweep
every 30 s, which on a busy machine comes later."""
PARTS = {
    "app.cli api": "api",
    "worker --queues queries": "worker of questions",
    "worker --queues uploads": "worker of uploads",
    "worker --queues indexing": "worker of indexing",
    "app.cli beat": "beat",
    "app.cli up": "up",
    "app.connectors.children": "children",
    "bin/postgres": POSTGRESQL,
    "postgres:": POSTGRESQL,
    "valkey-server": "valkey",
}


@dataclass(frozen=True, slots=True)
class Use:
    """What the processes of one part take together."""

    memory_mb: float = 0.0
    """Pages that several processes share count by their share."""
    files: int = 0
    threads: int = 0
    processes: int = 0

    @property
    def each_mb(self) -> float:
        """Memory of one process: a part has one less for a moment when a child is replaced."""
        return self.memory_mb / self.processes if self.processes else 0.0

    def __add__(self, other: "Use") -> "Use":
        return Use(
            self.memory_mb + other.memory_mb,
            self.files + other.files,
            self.threads + other.threads,
            self.processes + other.processes,
        )


async def work(
    place: Installation,
    client: httpx.AsyncClient,
    asker: Asker,
    until: float,
    done: Counter[str],
    chance: random.Random,
) -> None:
    """Asks, cancels, uploads, connects and deletes until the time is over."""
    doings = (ask, ask, ask, ask_and_cancel, upload_and_delete, connect_and_delete)
    while time.monotonic() < until:
        doing = chance.choice(doings)
        try:
            status = await doing(place, client, asker, chance)
        except httpx.HTTPError as error:
            status = type(error).__name__
        done[f"{doing.__name__} {status}"] += 1


async def ask(_: Installation, client: httpx.AsyncClient, asker: Asker, chance: random.Random) -> object:
    """A question that the planner answers."""
    text = f"how many rows have temp_max above {chance.uniform(0, 35):.2f}"
    body = {"agent_id": asker.agent_id, "question": text}
    return (await client.post("/queries/execute", json=body, headers=asker.headers)).status_code


async def ask_and_cancel(_: Installation, client: httpx.AsyncClient, asker: Asker, chance: random.Random) -> object:
    """A question for the workers that is no longer wanted."""
    body = {"agent_id": asker.agent_id, "question": f"average temp_max by weather {chance.random()}"}
    asked = await client.post("/queries/execute-async", json=body, headers=asker.headers)
    if not asked.is_success:
        return asked.status_code
    return (await client.post(f"/queries/{asked.json()['id']}/cancel", headers=asker.headers)).status_code


async def upload_and_delete(_: Installation, client: httpx.AsyncClient, asker: Asker, chance: random.Random) -> object:
    """A file that is read, looked at and removed."""
    rows = "".join(f"{n},{chance.random()}\n" for n in range(5000))
    sent = {"file": ("soak.csv", f"n,x\n{rows}".encode(), "text/csv")}
    uploaded = await client.post("/files/upload", files=sent, headers=asker.headers)
    if not uploaded.is_success:
        return uploaded.status_code
    path, state = f"/files/{uploaded.json()['id']}", ""
    while state not in {"ready", "failed"}:
        await asyncio.sleep(0.2)
        state = (await client.get(f"{path}/status", headers=asker.headers)).json()["state"]
    await client.get(f"{path}/preview", headers=asker.headers)
    return (await client.delete(path, headers=asker.headers)).status_code


async def connect_and_delete(place: Installation, client: httpx.AsyncClient, asker: Asker, _: random.Random) -> object:
    """A connection to a database, which is the system's own one here."""
    url = urlsplit(place.environment["AGENTGRAPH_DATABASE_URL"])
    fields = {"host": url.hostname, "port": url.port, "user": url.username, "password": url.password, "tls": "disable"}
    body = {"name": "soak", "engine": "postgresql", "database": url.path.strip("/"), **fields}
    made = await client.post("/databases/connect", json=body, headers=asker.headers)
    if not made.is_success:
        return made.status_code
    return (await client.delete(f"/databases/{made.json()['id']}", headers=asker.headers)).status_code


async def settled(place: Installation) -> bool:
    """Waits until uploads and readings have left nothing; False when they still have after SETTLE_S."""
    with suppress(TimeoutError):
        await until(lambda: not remains(place), timeout_s=SETTLE_S)
    return not remains(place)


def uses(place: Installation) -> dict[str, Use]:
    """What each part of the product takes now."""
    found: defaultdict[str, Use] = defaultdict(Use)
    for pid, command in place.processes().items():
        part = next((part for words, part in PARTS.items() if words in command), "others")
        # A child may end while it is looked at.
        with suppress(OSError):
            found[part] += Use(_memory_mb(pid), _count(pid, "fd"), _count(pid, "task"), 1)
    return dict(found)


def _memory_mb(pid: int) -> float:
    [kilobytes] = re.findall(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(kilobytes) / 1000


def _count(pid: int, what: str) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/{what}").iterdir())


async def left(place: Installation) -> dict[str, int]:
    """Connections to the system database, and how many remains of uploads and readings there are."""
    async with place.connection() as connection:
        clients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        connections = await connection.fetchval(clients)
    return {"connections": connections, "temp_files": len(remains(place))}


def remains(place: Installation) -> list[str]:
    """What uploads and readings have left in the data folder."""
    root = place.system.data_dir
    return [str(path.relative_to(root)) for name in ("incoming", "work", "uploads") for path in (root / name).glob("*")]


async def soak(place: Installation, asker: Asker, arguments: argparse.Namespace) -> list[str]:
    """Prints what has grown; gives what is beyond its limit."""
    done: Counter[str] = Counter()
    async with httpx.AsyncClient(base_url=f"{place.system.url}/api/v1", timeout=TIMEOUT_S) as client:

        async def for_s(seconds: float) -> None:
            until = time.monotonic() + seconds
            people = [
                asyncio.create_task(work(place, client, asker, until, done, random.Random(number)))
                for number in range(arguments.users)
            ]
            while (await asyncio.wait(people, timeout=TELL_EVERY_S))[1]:
                each_mb = {part: round(use.each_mb) for part, use in uses(place).items()}
                left_s = max(0, round(until - time.monotonic()))
                report("progress", done.total(), "actions", each_mb=each_mb, left_s=left_s)

        await for_s(min(WARM_UP_S, arguments.minutes * 60 / 4))
        before, left_before = uses(place), await left(place)
        await for_s(arguments.minutes * 60)
    after = uses(place)
    if not await settled(place):
        report("remains", len(remains(place)), "files", which=remains(place))
    left_after = await left(place)
    report("done", done.total(), "actions", which=dict(done))
    return [*_defects(done), *_grown(before, after), *_left_behind(left_before, left_after)]


def _defects(done: Counter[str]) -> list[str]:
    """What was answered otherwise than it should; a question may have ended before its cancel arrived (409)."""
    return [f"{times} times {what}" for what, times in done.items() if not re.search(r" 2\d\d$|cancel 409$", what)]


def _grown(before: Mapping[str, Use], after: Mapping[str, Use]) -> list[str]:
    wrong = []
    for part, now in after.items():
        was = before.get(part, Use())
        growth = now.each_mb / was.each_mb - 1 if was.each_mb else 0.0
        report(
            "memory_growth",
            100 * growth,
            "%",
            target="<= 10",
            part=part,
            mb=[round(was.memory_mb, 1), round(now.memory_mb, 1)],
            each_mb=[round(was.each_mb, 1), round(now.each_mb, 1)],
            files=[was.files, now.files],
            threads=[was.threads, now.threads],
            processes=[was.processes, now.processes],
        )
        if part == POSTGRESQL:
            continue
        if growth > MOST_GROWTH and now.each_mb - was.each_mb > ALWAYS_MB:
            wrong.append(f"the memory of {part} grew by {growth:.0%}")
        if now.files - was.files > MOST_FILES:
            wrong.append(f"{part} has {now.files - was.files} more files open")
    return wrong


def _left_behind(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    for name, value in after.items():
        report(name, value, "count", before=before[name])
    wrong = [f"{after['temp_files']} temporary files are left"] if after["temp_files"] else []
    if after["connections"] - before["connections"] > MOST_CONNECTIONS:
        wrong.append(f"{after['connections']} connections, where there were {before['connections']}")
    return wrong


def main() -> int:
    """Runs it; 1 when something is beyond its limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=6)
    arguments = parser.parse_args()
    with running_system(SETTINGS) as system:
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
            asker = sign_up(client, 1, {"charts_enabled": False})
        wrong = asyncio.run(soak(Installation.of(system, ""), asker, arguments))
    report("verdict", len(wrong), "findings", target="0", which=wrong)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
