"""What one question costs beside its model and its SQL: time, CPU, first event, model calls, cache hits."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import httpx

from benchmarks.figures import percentile, report
from benchmarks.system import TABLE, Asker, System, fake_providers, provider_settings, running_system, sign_up

QUESTIONS = 100
WARM_UP = 20
MODEL = "openai:gpt-4o-mini"


def question(kind: str, number: int) -> str:
    """A question that nobody asked before."""
    return f"{kind}: on how many days was the maximum temperature above {number / 10} degrees?"


def sql(number: int) -> str:
    """The statement that answers it."""
    return f"SELECT COUNT(*) AS days FROM {TABLE} WHERE temp_max > {number / 10}"


def main() -> None:
    """Prints the figures."""
    kinds = ("plain", "suggested", "streamed")
    table = {question(kind, n): sql(n) for kind in kinds for n in range(WARM_UP + QUESTIONS)}
    with (
        fake_providers(table, latency_s=0) as urls,
        running_system(provider_settings(urls)) as system,
        httpx.Client(base_url=f"{system.url}/api/v1", timeout=60) as client,
    ):
        plain = sign_up(client, 1, {"model": MODEL})
        suggested = sign_up(client, 2, {"model": MODEL, "processing_enabled": True})
        measure_overhead(client, system, plain)
        measure_calls(client, urls["control"], plain, suggested)
        measure_first_event(client, plain)
        measure_cache(client, plain)


def measure_overhead(client: httpx.Client, system: System, asker: Asker) -> None:
    """Time and CPU of a question with two model calls that answer at once."""
    for number in range(WARM_UP):
        ask(client, asker, question("plain", number))
    cpu, times, sql_times = system.cpu_s(), [], []
    for number in range(WARM_UP, WARM_UP + QUESTIONS):
        answer, elapsed = timed(partial(ask, client, asker, question("plain", number)))
        times.append(elapsed)
        sql_times.append(sum(attempt["elapsed_s"] for attempt in answer["details"]["attempts"]))
    used = (system.cpu_s() - cpu) / QUESTIONS
    overhead = [total - inner for total, inner in zip(times, sql_times, strict=True)]
    report("overhead_p50", percentile(overhead, 50) * 1000, "ms", target="<= 32", p95=percentile(overhead, 95) * 1000)
    report("cpu_per_question", used * 1000, "ms", target="<= 30")


def measure_calls(client: httpx.Client, control: str, plain: Asker, suggested: Asker) -> None:
    """Model calls that one easy question takes, without and with the processing agent."""
    for kind, asker, target in (("streamed", plain, "<= 3"), ("suggested", suggested, "1")):
        before = sum(httpx.get(f"{control}/calls").json().values())
        ask(client, asker, question(kind, 0))
        calls = sum(httpx.get(f"{control}/calls").json().values()) - before
        report("model_calls_with_suggestion" if kind == "suggested" else "model_calls", calls, "calls", target=target)


def measure_first_event(client: httpx.Client, asker: Asker) -> None:
    """From POST to the first server-sent event."""
    times = []
    for number in range(1, 1 + QUESTIONS):
        body = {"agent_id": asker.agent_id, "question": question("streamed", number)}
        started = time.perf_counter()
        headers = {**asker.headers, "Accept": "text/event-stream"}
        with client.stream("POST", "/queries/execute", json=body, headers=headers) as response:
            response.raise_for_status()
            lines = response.iter_lines()
            next(line for line in lines if line.startswith("event:"))
            times.append(time.perf_counter() - started)
            for _ in lines:
                pass
    report("first_event_p95", percentile(times, 95) * 1000, "ms", target="<= 100", p50=percentile(times, 50) * 1000)


def measure_cache(client: httpx.Client, asker: Asker) -> None:
    """A question that was answered a moment ago."""
    times = []
    for number in range(WARM_UP, WARM_UP + QUESTIONS):
        answer, elapsed = timed(partial(ask, client, asker, question("plain", number)))
        if answer["answered_by"] != "cache":
            raise RuntimeError(f"not from the cache: {json.dumps(answer)[:500]}")
        times.append(elapsed)
    report("cache_hit_p50", percentile(times, 50) * 1000, "ms", target="<= 8", p95=percentile(times, 95) * 1000)


def ask(client: httpx.Client, asker: Asker, text: str) -> dict[str, Any]:
    """The finished query of the synchronous route."""
    response = client.post(
        "/queries/execute", json={"agent_id": asker.agent_id, "question": text}, headers=asker.headers
    )
    answer: dict[str, Any] = response.raise_for_status().json()
    return answer


T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and the seconds it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started


if __name__ == "__main__":
    main()
