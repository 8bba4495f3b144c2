"""One person sends a thousand questions; how long does another one's take meanwhile, against an idle installation?"""

import argparse
import asyncio
import time

import httpx

from benchmarks.bench_overhead import MODEL, question, sql
from benchmarks.figures import percentile, report
from benchmarks.load import ask_later, ask_now, expected
from benchmarks.system import Asker, System, fake_providers, provider_settings, running_system, sign_up

ROUTES = {"async": ask_later, "sync": ask_now}
ASKED = 12
"""Questions of the other person by each route, one after the other, idle and beside the thousand."""
PATIENCE_S = 300.0


async def ask_one_by_one(client: httpx.AsyncClient, asker: Asker, mode: str, first: int) -> tuple[list[float], int]:
    """Seconds of each of the other person's questions, and how many were answered right."""
    times, right = [], 0
    for number in range(first, first + ASKED):
        body: dict[str, object] = {"agent_id": asker.agent_id, "question": question(mode, number)}
        started = time.perf_counter()
        value = await ROUTES[mode](client, asker, body)
        times.append(time.perf_counter() - started)
        right += value == expected(number)
    return times, right


async def flood(client: httpx.AsyncClient, asker: Asker, count: int) -> None:
    """Sends `count` questions to the workers as fast as they are taken."""
    gate = asyncio.Semaphore(20)

    async def send(number: int) -> None:
        async with gate:
            body = {"agent_id": asker.agent_id, "question": question("flood", number)}
            response = await client.post("/queries/execute-async", json=body, headers=asker.headers)
            response.raise_for_status()

    await asyncio.gather(*(send(number) for number in range(count)))


async def open_count(client: httpx.AsyncClient, asker: Asker) -> int:
    """How many of the newest questions are not answered yet (200 at the most)."""
    found = await client.get("/queries/history", params={"limit": 200, "state": "queued"}, headers=asker.headers)
    return len(found.raise_for_status().json()["items"])


async def measure(system: System, greedy: Asker, other: Asker, count: int) -> None:
    """Prints the figures of both routes."""
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=PATIENCE_S) as client:
        idle = {mode: await ask_one_by_one(client, other, mode, 0) for mode in ROUTES}
        flooding = asyncio.create_task(flood(client, greedy, count))
        await asyncio.sleep(1)
        for mode, (times, right) in idle.items():
            busy, right_busy = await ask_one_by_one(client, other, mode, ASKED)
            for percent in (50, 95):
                before, beside = percentile(times, percent), percentile(busy, percent)
                name, ratio = f"other_user_p{percent}_{mode}", beside / before
                report(name, beside, "s", target="<= 2 x idle", idle=before, ratio=ratio)
            report(f"other_user_right_{mode}", right + right_busy, "queries", target=str(2 * ASKED))
            report("greedy_user_waiting", await open_count(client, greedy), "queries", note="of the newest 200")
        await flooding


def main() -> None:
    """Floods an installation and measures beside it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=1000, help="questions of the one who floods")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of each model call")
    parser.add_argument("--api-processes", type=int, default=1)
    arguments = parser.parse_args()
    table = {question("flood", number): sql(number % 300) for number in range(arguments.users)}
    table |= {question(mode, number): sql(number) for mode in ROUTES for number in range(2 * ASKED)}
    settings = {"AGENTGRAPH_API_PROCESSES": str(arguments.api_processes), "AGENTGRAPH_QUESTIONS_AT_ONCE": "20"}
    with (
        fake_providers(table, latency_s=arguments.latency) as urls,
        running_system({**provider_settings(urls), **settings}) as system,
    ):
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=PATIENCE_S) as client:
            greedy, other = (sign_up(client, number, {"model": MODEL}) for number in range(2))
        asyncio.run(measure(system, greedy, other, arguments.users))


if __name__ == "__main__":
    main()
