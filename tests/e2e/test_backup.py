"""A whole installation is backed up while it serves, deleted, and brought back: the tour's data, and a conversation."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.system import System, running_in

TOUR = Path(__file__).parents[2] / "examples" / "tour.sh"
WEATHER = Path(__file__).parents[2] / "examples" / "data" / "seattle-weather.csv"
PASSWORD = "Passeio-pela-restauracao-1"
LISTS = ("files/", "agents/", "sessions/", "queries/history")


def tour(system: System, out: Path) -> str:
    """Takes the tour; gives the e-mail of the account that it made."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TOUR_OUT": str(out), "TOUR_PASSWORD": PASSWORD}
    done = subprocess.run(
        ["bash", str(TOUR), system.url], env=environment, capture_output=True, text=True, timeout=240, check=True
    )
    return done.stdout.partition("signed in as ")[2].split()[0]


def agentgraph(data_dir: Path, *words: str) -> str:
    """What a command of the product prints for the installation in `data_dir`."""
    environment = {**os.environ, "AGENTGRAPH_DATA_DIR": str(data_dir)}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@contextmanager
def signed_in(system: System, email: str, password: str) -> Iterator[httpx.Client]:
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
    days: dict[str, int] = {}
    for line in WEATHER.read_text().splitlines()[1:]:
        if line.startswith(year):
            weather = line.rpartition(",")[2]
            days[weather] = days.get(weather, 0) + 1
    return sorted([name, count] for name, count in days.items())


@pytest.mark.timeout(600)
def test_what_was_deleted_is_there_again_and_a_conversation_goes_on(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    with running_in(tmp_path) as system:
        email = tour(system, tmp_path / "charts")
        with signed_in(system, email, PASSWORD) as client:
            before = belongings(client)
        assert len([rows for rows in before["rows"].values() if rows]) >= 10
        assert "Backup complete" in agentgraph(data, "backup", str(backup))
        admin = system.admin
    shutil.rmtree(data)

    assert "Restored" in agentgraph(data, "restore", str(backup))

    with running_in(tmp_path) as system:
        with signed_in(system, email, PASSWORD) as client:
            assert belongings(client) == before
            path = f"sessions/{before['sessions/'][0]['id']}/messages"
            told = client.post(path, json={"text": "e em 2014?"}).raise_for_status().json()
            assert sorted(told["query"]["result"]["rows"]) == days_by_weather("2014")
            assert told["notices"] == [], "what it reads is as it was"
        with signed_in(system, admin["admin_email"], admin["admin_password"]) as client:
            health = {part["name"]: part["status"] for part in client.get("admin/system-health").json()["parts"]}
            assert health["storage"] == health["migrations"] == "up"
        findings = json.loads(agentgraph(data, "doctor", "--json"))["findings"]
        judged = {one["subject"]: one["severity"] for one in findings}
        assert (judged["keys"], judged["audit"], judged["row_security"]) == ("fine", "fine", "fine")
