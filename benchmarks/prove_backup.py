"""`make prove-backup`: a whole installation is backed up while it serves, deleted, and brought back.

The tour's data is compared row by row, and the tour's conversation goes on with a question that needs what was said
before. Exit code 1 when something is not as it was.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.figures import report
from benchmarks.system import EXAMPLE, System, running_in

TOUR: Final = Path(__file__).parents[1] / "examples" / "tour.sh"
PASSWORD: Final = "Passeio-pela-restauracao-1"
LISTS: Final = ("files/", "agents/", "sessions/", "queries/history")
LIMIT_S: Final = 600.0
FOLLOW_UP: Final = "e em 2014?"
LEAST_ANSWERS: Final = 10
"""Of the tour, or it was no tour."""
FINE: Final = ("keys", "audit", "row_security")
"""What `agentgraph doctor` has to find in order."""


def tour(system: System, out: Path) -> str:
    """Takes the tour; gives the e-mail of the account that it made."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TOUR_OUT": str(out), "TOUR_PASSWORD": PASSWORD}
    command = ["bash", str(TOUR), system.url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    return done.stdout.partition("signed in as ")[2].split()[0]


def agentgraph(data_dir: Path, *words: str) -> str:
    """What a command of the product prints for the installation in `data_dir`."""
    environment = {**os.environ, "AGENTGRAPH_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "app.cli", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        raise RuntimeError(f"agentgraph {' '.join(words)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def signed_in(system: System, email: str, password: str) -> Iterator[httpx.Client]:
    """A client of somebody's."""
    with httpx.Client(base_url=f"{system.url}/api/v1/", timeout=60) as client:
        token = client.post("auth/login", json={"email": email, "password": password}).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield client


def belongings(client: httpx.Client) -> dict[str, Any]:
    """All that somebody has, with the rows of every question that was answered."""
    found: dict[str, Any] = {
        path: client.get(path, params={"limit": 100}).raise_for_status().json()["items"] for path in LISTS
    }
    ids = [one["id"] for one in found["queries/history"] if one["outcome"] == "answered"]
    found["rows"] = {one: client.get(f"queries/{one}/result").json().get("rows") for one in ids}
    return found


def days_by_weather(year: str) -> list[list[object]]:
    """What the follow-up has to answer, counted in the file itself."""
    days = Counter(line.rpartition(",")[2] for line in EXAMPLE.read_text().splitlines()[1:] if line.startswith(year))
    return sorted([name, count] for name, count in days.items())


def prove(folder: Path) -> dict[str, int]:
    """What must be zero, by name; `folder` is empty."""
    data, backup, secret = folder / "data", folder / "backup", folder / "passphrase"
    secret.write_text("seals the keys in the backup\n")
    sealed = ("--passphrase-file", str(secret))
    with running_in(folder) as system:
        email = tour(system, folder / "charts")
        with signed_in(system, email, PASSWORD) as client:
            before = belongings(client)
        admin = system.admin
        said = agentgraph(data, "backup", str(backup), *sealed)
    _say(said)
    answers = sum(bool(rows) for rows in before["rows"].values())
    report("before", answers, "answers", lists={name.strip("/"): len(before[name]) for name in LISTS})
    keys = [path.read_bytes() for path in (data / "secrets").iterdir() if path.is_file()]
    in_the_clear = sum(key in path.read_bytes() for path in backup.rglob("*") if path.is_file() for key in keys)
    shutil.rmtree(data)
    report("deleted", int(not data.exists()), "installations")
    _say(agentgraph(data, "restore", str(backup), *sealed))
    with running_in(folder) as system:
        found = _compare(system, email, before)
        with signed_in(system, admin["admin_email"], admin["admin_password"]) as client:
            health = {part["name"]: part["status"] for part in client.get("admin/system-health").json()["parts"]}
        judged = {one["subject"]: one["severity"] for one in _findings(data)}
    return {
        "answers_too_few": max(0, LEAST_ANSWERS - answers),
        "keys_in_the_clear": in_the_clear,
        **found,
        "parts_not_up": sum(health[name] != "up" for name in ("storage", "migrations")),
        "findings_of_the_doctor": sum(judged[name] != "fine" for name in FINE),
    }


def _compare(system: System, email: str, before: Mapping[str, Any]) -> dict[str, int]:
    with signed_in(system, email, PASSWORD) as client:
        after = belongings(client)
        differing = [name for name in before if after[name] != before[name]]
        report("restored", len(after["rows"]), "answers", differing=differing)
        path = f"sessions/{before['sessions/'][0]['id']}/messages"
        told = client.post(path, json={"text": FOLLOW_UP}).raise_for_status().json()
    rows = sorted((told["query"]["result"] or {}).get("rows") or [])
    report("follow_up", len(rows), "rows", asked=FOLLOW_UP, rows=rows, notices=told["notices"])
    return {
        "lists_that_differ": len(differing),
        "follow_up_wrong": int(rows != days_by_weather("2014")),
        "sources_changed": len(told["notices"]),
    }


def _findings(data: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(agentgraph(data, "doctor", "--json"))["findings"]
    return found


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> int:
    """Prints what was compared; 1 when something is not zero that has to be."""
    with tempfile.TemporaryDirectory(prefix="agentgraph-backup-") as folder:
        zeros = prove(Path(folder))
    for name, value in zeros.items():
        report(name, value, "count", target="0")
    return int(any(zeros.values()))


if __name__ == "__main__":
    sys.exit(main())
