"""`make rolling`: every API replica and the worker are restarted in turn under load; how many requests fail?"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.chaos.installation import Installation
from benchmarks.figures import report
from benchmarks.replicas import Proxy, Replica, replicas_behind_nginx, restart
from benchmarks.system import Asker, System, running_system, sign_up

TIMEOUT_S = 60.0
TERMINAL = ("query.succeeded", "query.failed", "query.cancelled")


@dataclass(slots=True)
class Tally:
    """What clients met."""

    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    streams: int = 0
    resumed: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


async def use(client: httpx.AsyncClient, asker: Asker, tally: Tally, number: int) -> None:
    """Reads, asks and follows until told to stop."""
    turn = 0
    while not tally.stopping.is_set():
        turn += 1
        body = {"agent_id": asker.agent_id, "question": f"average temp_max {'please ' * (turn % 50)}{number}"}
        await send(client, tally, "GET", "/agents/", asker)
        await send(client, tally, "POST", "/queries/execute", asker, body)
        accepted = await send(client, tally, "POST", "/queries/execute-async", asker, body)
        if accepted is not None:
            await follow(client, tally, asker, accepted.json()["id"])


async def send(
    client: httpx.AsyncClient, tally: Tally, method: str, path: str, asker: Asker, body: object = None
) -> httpx.Response | None:
    """One request; 4xx answers are answers, everything else that is no success is a failure."""
    tally.requests += 1
    try:
        response = await client.request(method, path, json=body, headers=asker.headers)
    except httpx.HTTPError as error:
        tally.failures[f"{method} {path} {type(error).__name__}"] += 1
        return None
    if response.status_code >= 500:
        tally.failures[f"{method} {path} {response.status_code}"] += 1
    return response if response.is_success else None


async def follow(client: httpx.AsyncClient, tally: Tally, asker: Asker, query_id: str) -> None:
    """The events of a question to the last one; a stream that ends before goes on from another replica."""
    tally.streams += 1
    last, name = "0", ""
    while name not in TERMINAL:
        headers = {**asker.headers, "Last-Event-ID": last}
        try:
            async with client.stream("GET", f"/queries/{query_id}/events", headers=headers) as response:
                async for line in response.aiter_lines():
                    key, _, value = line.partition(": ")
                    last = value if key == "id" else last
                    name = value if key == "event" else name
        except httpx.HTTPError:
            name = ""
        tally.resumed += name not in TERMINAL


async def restart_all(place: Installation, proxy: Proxy, replicas: list[Replica]) -> None:
    """Each replica in turn, then the worker, which its supervisor starts again."""
    for replica in replicas:
        took = await asyncio.to_thread(restart, proxy, replicas, replica)
        report("replica_stopped_in", took, "s", target="<= 30")
    worker = next(pid for pid, command in place.processes().items() if "--queues queries" in command)
    os.kill(worker, signal.SIGTERM)
    await asyncio.sleep(5)


async def measure(system: System, asker: Asker, arguments: argparse.Namespace) -> int:
    """Prints the figures; gives the number of failed requests."""
    place = Installation.of(system, "")
    with (
        tempfile.TemporaryDirectory(prefix="agentgraph-nginx-") as folder,
        replicas_behind_nginx(Path(folder), place.environment, arguments.replicas) as (proxy, replicas),
    ):
        tally = Tally()
        async with httpx.AsyncClient(base_url=f"{proxy.url}/api/v1", timeout=TIMEOUT_S) as client:
            users = [asyncio.create_task(use(client, asker, tally, n)) for n in range(arguments.users)]
            await asyncio.sleep(2)
            await restart_all(place, proxy, replicas)
            tally.stopping.set()
            await asyncio.gather(*users)
    report("requests", tally.requests, "requests", replicas=arguments.replicas, users=arguments.users)
    report("failed_requests", tally.failures.total(), "requests", target="0", which=dict(tally.failures))
    report("streams_followed_to_the_end", tally.streams, "streams", resumed=tally.resumed)
    return tally.failures.total()


def main() -> int:
    """Runs it; 1 when a request failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--users", type=int, default=8)
    arguments = parser.parse_args()
    with running_system({"AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600"}) as system:
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
            asker = sign_up(client, 1, {"charts_enabled": False})
        return int(asyncio.run(measure(system, asker, arguments)) > 0)


if __name__ == "__main__":
    sys.exit(main())
