"""`make prove-outages`: each dependency taken away in turn, and what is answered meanwhile and how fast.

`/livez`, `/readyz`, the health of the system, questions to the planner, to a model and to a worker, and an upload.
Exit code 1 when something is answered by an undocumented error, or slowly because something is down, or when the
installation is not itself again afterwards.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from app.embedded.services import EmbeddedServices, EmbeddedUrls
from benchmarks.figures import report
from benchmarks.outages import NotPossible, Outage, outages, own_file_system
from benchmarks.system import (
    EXAMPLE,
    TABLE,
    Asker,
    System,
    fake_providers,
    provider_settings,
    running_in,
    sign_up,
)

MODEL: Final = "openai:gpt-4o-mini"
MODEL_TIMEOUT_S: Final = 5.0
HEALTH_LIMIT_S: Final = 3.0
"""A look at all parts has a second and a half, readiness two; the rest is for a busy machine."""
SIGNED_IN_LIMIT_S: Final = 7.0
"""The same behind a sign-in, which is looked up within five seconds or not at all."""
REQUEST_LIMIT_S: Final = 15.0
"""Who asks is found out within five seconds or not at all, and a model has five, once more after a failure."""
RECOVERY_LIMIT_S: Final = 120.0
CLIENT_LIMIT_S: Final = 100.0
SETTINGS: Final = {
    "AGENTGRAPH_MODEL_TIMEOUT_S": str(MODEL_TIMEOUT_S),
    "AGENTGRAPH_MODEL_RETRIES": "1",
    "AGENTGRAPH_HEARTBEAT_S": "2",
    "AGENTGRAPH_ACCESS_TOKEN_TTL_S": "3600",
    "AGENTGRAPH_UPLOAD_PROCESSES": "1",
}
MOST_QUESTIONS: Final = 3000
_numbers = count()


@dataclass(frozen=True, slots=True)
class Probe:
    """Something that a client asks, and how soon it must be answered whatever is down."""

    name: str
    ask: Callable[[], httpx.Response]
    limit_s: float


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: somebody with two agents over the example, and an administrator."""

    http: httpx.Client
    planner: Asker
    model: Asker
    admin: Mapping[str, str]

    def probes(self) -> list[Probe]:
        """All that is asked during an outage."""
        root = str(self.http.base_url.copy_with(path="/")).rstrip("/")
        return [
            Probe("livez", lambda: self.http.get(f"{root}/livez"), 1.0),
            Probe("readyz", lambda: self.http.get(f"{root}/readyz"), HEALTH_LIMIT_S),
            Probe("health", lambda: self.http.get("/admin/system-health", headers=self.admin), SIGNED_IN_LIMIT_S),
            Probe("question_planner", lambda: self._ask(self.planner, "execute"), REQUEST_LIMIT_S),
            Probe("question_model", lambda: self._ask(self.model, "execute"), REQUEST_LIMIT_S),
            Probe("question_async", lambda: self._ask(self.planner, "execute-async"), REQUEST_LIMIT_S),
            Probe("upload", self._upload, REQUEST_LIMIT_S),
        ]

    def _ask(self, asker: Asker, way: str) -> httpx.Response:
        body = {"agent_id": asker.agent_id, "question": question(next(_numbers))}
        return self.http.post(f"/queries/{way}", json=body, headers=asker.headers)

    def _upload(self) -> httpx.Response:
        files = {"file": (EXAMPLE.name, EXAMPLE.read_bytes(), "text/csv")}
        return self.http.post("/files/upload", files=files, headers=self.planner.headers)


def told(response: httpx.Response) -> dict[str, Any]:
    """What an answer says, in a few words."""
    found: dict[str, Any] = {"status": response.status_code}
    body = response.json() if "json" in response.headers.get("content-type", "") else {}
    if "parts" in body:
        away = {part["name"]: f"{part['status']}: {part['detail']}" for part in body["parts"] if part["status"] != "up"}
        return {**found, "says": body["status"], "not_up": away}
    error = body.get("error") or {}
    words = {"says": body.get("status"), "state": body.get("state"), "code": body.get("code") or error.get("code")}
    words["detail"] = body.get("detail") or error.get("detail") or error.get("message")
    return {**found, **{name: value for name, value in words.items() if isinstance(value, str)}}


def probe(client: Client, outage: str) -> int:
    """Asks everything once; gives how much of it was answered wrongly or too late."""
    wrong = 0
    for one in client.probes():
        started = time.perf_counter()
        try:
            answer = told(one.ask())
        except httpx.HTTPError as error:
            answer = {"status": 0, "code": type(error).__name__}
        took_s = time.perf_counter() - started
        # Whatever fails has to say so by a code of the catalogue; readiness says it by its body.
        is_typed = answer["status"] < 400 or one.name == "readyz" or ("code" in answer and answer["status"] != 500)
        is_fine = is_typed and answer["status"] != 0 and took_s <= one.limit_s
        wrong += not is_fine
        report(one.name, took_s, "s", target=f"<= {one.limit_s:g} s", outage=outage, fine=is_fine, **answer)
    return wrong


def recovered(client: Client) -> float | None:
    """Seconds until the installation is ready and answers a question again; None when it does not."""
    started = time.monotonic()
    probes = {one.name: one for one in client.probes()}
    while time.monotonic() - started < RECOVERY_LIMIT_S:
        try:
            answers = [probes[name].ask().status_code for name in ("readyz", "question_planner", "question_model")]
        except httpx.HTTPError:
            answers = []
        if answers == [200, 200, 200]:
            return time.monotonic() - started
        time.sleep(0.2)
    return None


def strike(client: Client, outage: Outage) -> int:
    """One outage from its beginning to the recovery; gives how much was wrong."""
    try:
        with outage.lasting():
            wrong = probe(client, outage.name)
    except NotPossible as why:
        report("left_out", 1, "outages", outage=outage.name, why=str(why))
        return 0
    after_s = recovered(client)
    report("recovered", -1 if after_s is None else after_s, "s", outage=outage.name)
    return wrong + (after_s is None)


def question(number: int) -> str:
    """Question `number`, which both the planner and the protocol server understand."""
    return f"how many rows have temp_max above {number / 100}"


def prove(wanted: Sequence[str] = ()) -> dict[str, int]:
    """What was wrong in each outage: of all, or of those with one of the `wanted` words in their name."""
    table = {
        question(n): f"SELECT count(*) AS n FROM {TABLE} WHERE temp_max > {n / 100}" for n in range(MOST_QUESTIONS)
    }
    with (
        tempfile.TemporaryDirectory(prefix="agentgraph-outages-") as name,
        own_file_system(Path(name) / "data"),
        closing_services(Path(name) / "servers") as (services, urls),
        fake_providers(table, latency_s=0) as models,
    ):
        places = {"AGENTGRAPH_DATABASE_URL": urls.database_url, "AGENTGRAPH_VALKEY_URL": urls.valkey_url}
        with (
            running_in(Path(name), {**SETTINGS, **places, **provider_settings(models)}) as system,
            entered(system) as client,
        ):
            report("ready", probe(client, "nothing is away"), "wrong answers", target="0")
            found = outages(services, Path(name) / "data")
            chosen = [one for one in found if not wanted or any(word in one.name for word in wanted)]
            return {one.name: strike(client, one) for one in chosen}


@contextmanager
def closing_services(folder: Path) -> Iterator[tuple[EmbeddedServices, EmbeddedUrls]]:
    """PostgreSQL and Valkey as children of this process, where no supervisor brings them back."""
    services = EmbeddedServices(folder)
    with services as urls:
        yield services, urls


@contextmanager
def entered(system: System) -> Iterator[Client]:
    """Somebody with two agents, and the administrator, signed in."""
    with httpx.Client(base_url=f"{system.url}/api/v1", timeout=CLIENT_LIMIT_S) as http:
        planner = sign_up(http, 1, {"charts_enabled": False})
        model = sign_up(http, 2, {"model": MODEL, "charts_enabled": False})
        secret = {"email": system.admin["admin_email"], "password": system.admin["admin_password"]}
        token = http.post("/auth/login", json=secret).raise_for_status().json()["access_token"]
        yield Client(http, planner, model, {"Authorization": f"Bearer {token}"})


def main() -> int:
    """Prints the answers; 1 when something was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("wanted", nargs="*", help="words of the outages to try; all without any")
    wrong = prove(parser.parse_args().wanted)
    for outage, number in wrong.items():
        report("wrong", number, "answers", target="0", outage=outage)
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
