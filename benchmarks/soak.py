"""`make soak`: mixed work for a while; what has grown in each process since it was warm, and what was left behind."""

import argparse
import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.chaos.installation import Installation
from benchmarks.figures import report
from benchmarks.system import Asker, running_system, sign_up

TIMEOUT_S = 60.0
WARM_UP_S = 60.0
SETTINGS = {
    "AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600",
    "AGENTGRAPH_EGRESS_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
    "AGENTGRAPH_RESULT_CACHE_TTL_S": "0",
}


@dataclass(frozen=True, slots=True)
class Use:
    """What one process takes."""

    resident_mb: float
    files: int
    threads: int


async def work(place: Installation, client: httpx.AsyncClient, asker: Asker, until: float, done: Counter[str]) -> None:
    """Asks, cancels, uploads, connects and deletes until the time is over."""
    chance = random.Random(0)
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
    fields = {"host": url.hostname, "port": url.port, "user": url.username, "password": url.password, "tls": "off"}
    body = {"name": "soak", "engine": "postgresql", "database": url.path.strip("/"), **fields}
    made = await client.post("/databases/connect", json=body, headers=asker.headers)
    if not made.is_success:
        return made.status_code
    return (await client.delete(f"/databases/{made.json()['id']}", headers=asker.headers)).status_code


def uses(place: Installation) -> dict[str, Use]:
    """What each process of the product takes now, by number and command."""
    found = {}
    for pid, command in place.processes().items():
        if "app.cli" in command or "valkey-server" in command:
            found[f"{pid} {command[-40:]}"] = Use(_resident_mb(pid), _count(pid, "fd"), _count(pid, "task"))
    return found


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _count(pid: int, what: str) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/{what}").iterdir())


async def left(place: Installation) -> dict[str, int]:
    """Connections to the system database, and remains of uploads and readings."""
    async with place.connection() as connection:
        clients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        connections = await connection.fetchval(clients)
    remains = [path for name in ("incoming", "work", "uploads") for path in (place.system.data_dir / name).glob("*")]
    return {"connections": connections, "temp_files": len(remains)}


async def soak(place: Installation, asker: Asker, arguments: argparse.Namespace) -> None:
    """Prints what has grown."""
    done: Counter[str] = Counter()
    async with httpx.AsyncClient(base_url=f"{place.system.url}/api/v1", timeout=TIMEOUT_S) as client:

        async def for_s(seconds: float) -> None:
            until = time.monotonic() + seconds
            await asyncio.gather(*(work(place, client, asker, until, done) for _ in range(arguments.users)))

        await for_s(min(WARM_UP_S, arguments.minutes * 60 / 4))
        before, left_before = uses(place), await left(place)
        await for_s(arguments.minutes * 60)
    after, left_after = uses(place), await left(place)
    report("done", done.total(), "actions", which=dict(done))
    for name, now in after.items():
        was = before.get(name)
        growth = 100 * (now.resident_mb / was.resident_mb - 1) if was else 0.0
        more = {"process": name, "mb": round(now.resident_mb, 1), "files": now.files, "threads": now.threads}
        report("memory_growth", growth, "%", target="<= 10", files_before=was.files if was else None, **more)
    for name, value in left_after.items():
        report(name, value, "count", before=left_before[name])


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=6)
    arguments = parser.parse_args()
    with running_system(SETTINGS) as system:
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
            asker = sign_up(client, 1, {"charts_enabled": False})
        asyncio.run(soak(Installation.of(system, ""), asker, arguments))


if __name__ == "__main__":
    main()
