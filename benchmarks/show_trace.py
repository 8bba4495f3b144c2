"""`make show-trace`: one question through API, queue, worker, model and database, as the tree of its spans.

The whole product runs, with a model that is overloaded once and spans sent to a receiver. Exit code 1 when a span hangs
on no other, or when the tree lacks one of the parts that it has to go through.
"""

import sys
import time
from typing import Final

import httpx

from benchmarks.figures import report
from benchmarks.prometheus import until
from benchmarks.system import TABLE, fake_providers, provider_settings, running_system, sign_up
from benchmarks.traces import draw, root_of
from tests.fakes.collector import Collector, collecting

QUESTION: Final = "how many rows have temp_max above 20"
ANSWER: Final = f"SELECT count(*) AS n FROM {TABLE} WHERE temp_max > 20"
MODEL: Final = "openai:gpt-4o-mini"
LIMIT_S: Final = 180.0
POST: Final = "POST /api/v1/queries/execute-async"
PARTS: Final = (
    POST,
    "transaction",
    "send queries",
    "process queries",
    "stage sql_agent",
    "chat gpt-4o-mini",
    "query source",
)


def ask(url: str) -> tuple[str, str]:
    """Asks one question of a worker; gives its trace id and its state once it has ended."""
    with httpx.Client(base_url=f"{url}/api/v1", timeout=60) as client:
        asker = sign_up(client, 1, {"model": MODEL, "charts_enabled": False})
        body = {"agent_id": asker.agent_id, "question": QUESTION}
        accepted = client.post("/queries/execute-async", json=body, headers=asker.headers).raise_for_status()
        path = f"/queries/{accepted.json()['id']}"

        def state() -> str:
            return str(client.get(path, headers=asker.headers).raise_for_status().json()["state"])

        return accepted.headers["X-Trace-ID"], until(state, lambda one: one not in {"queued", "running"}, LIMIT_S)


def show(collector: Collector, trace_id: str) -> dict[str, int]:
    """Prints the tree; gives what must be zero."""
    collector.wait_for(trace_id, *PARTS)
    until(lambda: time.time_ns() - max(s.ended_ns for s in collector.trace(trace_id).values()), _is_old, LIMIT_S)
    spans = collector.trace(trace_id)
    tree = draw(spans, root_of(spans).parent_id)
    sys.stdout.write("\n".join([f"trace {trace_id}", *tree, ""]))
    names = {span.name for span in spans.values()}
    return {"spans_beside_the_tree": len(spans) - len(tree), "parts_not_seen": len(set(PARTS) - names)}


def _is_old(age_ns: int) -> bool:
    """Spans are sent every five seconds: nothing came for twice as long."""
    return age_ns > 10e9


def main() -> int:
    """Prints the tree; 1 when it is not whole."""
    with fake_providers({QUESTION: ANSWER}, latency_s=0.05) as urls, collecting() as collector:
        script = {"table": {QUESTION: ANSWER}, "faults": [{"status": 503}], "fault_every": 2, "latency_s": 0.05}
        httpx.post(f"{urls['control']}/script", json=script, timeout=30).raise_for_status()
        settings = {
            **provider_settings(urls),
            "AGENTGRAPH_TRACES_URL": collector.url,
            "AGENTGRAPH_TRACES_HEADERS": f'{{"Authorization": "Bearer {collector.token}"}}',
        }
        with running_system(settings) as system:
            trace_id, state = ask(system.url)
            zeros = {**show(collector, trace_id), "not_answered": int(state != "succeeded")}
    for name, value in zeros.items():
        report(name, value, "count", target="0")
    return int(any(zeros.values()))


if __name__ == "__main__":
    sys.exit(main())
