"""`make prove-writers`: twenty clients write into one session at once, and it stays one conversation.

Every message has a number, without gap or repeat, every question one answer right behind it, and no two of them run
at the same time. A second session refuses what comes while it is busy. Exit code 1 when any of it does not hold.
"""

import argparse
import asyncio
import itertools
import sys
from collections import Counter
from typing import Any, Final

import httpx

from benchmarks.figures import report
from benchmarks.system import (
    TABLE,
    Asker,
    System,
    fake_providers,
    provider_settings,
    running_system,
    sign_up,
)

MODEL: Final = "openai:gpt-4o-mini"
LATENCY_S: Final = 0.2
"""Of the model: long enough for questions to meet."""
TIMEOUT_S: Final = 300.0


def question(number: int) -> str:
    """Question `number`."""
    return f"How many days had more than {number} mm of rain?"


def statement(number: int) -> str:
    """The SQL that answers it."""
    return f"SELECT COUNT(*) AS n FROM {TABLE} WHERE precipitation > {number}"


async def begin(client: httpx.AsyncClient, asker: Asker, on_busy: str) -> str:
    """A session with that policy."""
    body = {"agent_id": asker.agent_id, "on_busy": on_busy}
    return str((await client.post("/sessions/", json=body, headers=asker.headers)).raise_for_status().json()["id"])


async def write(client: httpx.AsyncClient, asker: Asker, session_id: str, count: int) -> Counter[int]:
    """Everybody's question at once; how many answers came with each status."""
    sent = (say(client, asker, session_id, question(number)) for number in range(count))
    return Counter(await asyncio.gather(*sent))


async def say(client: httpx.AsyncClient, asker: Asker, session_id: str, text: str) -> int:
    """The status of the answer; a machine that is busy is asked again, as it says."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            body, path = {"text": text}, f"/sessions/{session_id}/messages"
            response = await client.post(path, json=body, headers=asker.headers)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return response.status_code
            await asyncio.sleep(float(response.headers["Retry-After"]))


async def settled(client: httpx.AsyncClient, asker: Asker, session_id: str) -> list[dict[str, Any]]:
    """All messages in their order, once every answer is there."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            path = f"/sessions/{session_id}/export"
            exported = await client.get(path, headers={**asker.headers, "Accept": "application/json"})
            said: list[dict[str, Any]] = exported.raise_for_status().json()["messages"]
            if all(message["text"] for message in said):
                return said
            await asyncio.sleep(0.2)


async def faults(client: httpx.AsyncClient, asker: Asker, said: list[dict[str, Any]]) -> dict[str, int]:
    """How often each thing that must not be is the case."""
    asked, answers = said[::2], said[1::2]
    runs = []
    for message in asked:
        query = await client.get(f"/queries/{message['query_id']}", headers=asker.headers)
        runs.append(query.raise_for_status().json())
    rows = []
    for run in runs:
        result = await client.get(f"/queries/{run['id']}/result", headers=asker.headers)
        rows.append(result.json().get("rows") if result.is_success else None)
    numbers = [message["number"] for message in said]
    return {
        "gaps_or_repeats_in_numbers": sum(n != place for place, n in enumerate(numbers, 1)),
        "questions_out_of_pairs": sum(
            (a["speaker"], b["speaker"], a["query_id"]) != ("user", "assistant", b["query_id"])
            for a, b in zip(asked, answers, strict=True)
        ),
        "repeated_questions": len(asked) - len({message["text"] for message in asked}),
        "questions_without_answer": sum(
            run["state"] != "succeeded" or not row for run, row in zip(runs, rows, strict=True)
        ),
        "runs_that_overlap": sum(b["started_at"] < a["finished_at"] for a, b in itertools.pairwise(runs)),
    }


async def prove(system: System, asker: Asker, count: int) -> int:
    """Both sessions; gives how many faults there are."""
    limits = httpx.Limits(max_connections=count * 2)
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S, limits=limits) as client:
        queued = await begin(client, asker, "queue")
        statuses = await write(client, asker, queued, count)
        said = await settled(client, asker, queued)
        report("messages", len(said), "messages", target=f"= {2 * count}", policy="queue", statuses=dict(statuses))
        missing = abs(len(said) - 2 * count)
        found = await faults(client, asker, said)
        for name, times in found.items():
            report(name, times, "times", target="= 0", policy="queue")
        refusing = await begin(client, asker, "refuse")
        statuses = await write(client, asker, refusing, count)
        said = await settled(client, asker, refusing)
        taken = count - statuses[409]
        report("questions_taken", taken, "questions", policy="refuse", statuses=dict(statuses))
        found_refusing = await faults(client, asker, said)
        for name, times in found_refusing.items():
            report(name, times, "times", target="= 0", policy="refuse")
        odd = missing + abs(len(said) - 2 * taken) + (taken < 1) + (taken == count)
        return sum(found.values()) + sum(found_refusing.values()) + odd


def main() -> int:
    """Runs on an installation of its own and a protocol server; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=20)
    arguments = parser.parse_args()
    table = {question(number): statement(number) for number in range(arguments.writers)}
    with fake_providers(table, latency_s=LATENCY_S) as urls, running_system(provider_settings(urls)) as system:
        with httpx.Client(base_url=f"{system.url}/api/v1", timeout=TIMEOUT_S) as client:
            asker = sign_up(client, 1, {"model": MODEL, "charts_enabled": False})
        wrong = asyncio.run(prove(system, asker, arguments.writers))
    report("wrong", wrong, "things", target="= 0")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
