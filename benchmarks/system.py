"""The whole product under measurement: `agentgraph up` in its own folder, asked over HTTP, watched through /proc."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

EXAMPLE = Path(__file__).parents[1] / "examples" / "data" / "seattle-weather.csv"
TABLE = "seattle_weather"
START_LIMIT_S = 240.0
STOP_LIMIT_S = 90.0
"""API, workers and scheduler have `STOP_GRACE_S` together to end, and then the servers; on a busy machine."""
LIMITS = ("REQUESTS_PER_MINUTE_USER", "REQUESTS_PER_MINUTE_ADDRESS", "QUESTIONS_AT_ONCE", "SIGN_IN_TRIES")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class System:
    """A running installation."""

    url: str
    admin: Mapping[str, str]
    up: "subprocess.Popen[bytes]"
    started_s: float
    """From the command to ready, in seconds."""
    data_dir: Path

    def cpu_s(self) -> float:
        """CPU seconds that all of its processes have used, ended children included."""
        return sum(cpu for cpu, _ in _usage(self.up.pid).values())

    def cpu_by_process(self) -> dict[str, float]:
        """The same of each of them, by `pid command`."""
        return {name: cpu for name, (cpu, _) in _usage(self.up.pid).items()}

    def kill(self) -> None:
        """Kills every one of its processes (SIGKILL), as a loss of power would."""
        for name in _usage(self.up.pid):
            with suppress(ProcessLookupError):
                os.kill(int(name.split()[0]), signal.SIGKILL)
        self.up.wait()

    def resident_bytes(self) -> dict[str, int]:
        """Resident memory of each process, in bytes, by `pid command`."""
        return {name: resident for name, (_, resident) in _usage(self.up.pid).items()}


@dataclass(frozen=True, slots=True)
class Asker:
    """A signed-in client with one agent over the example file."""

    headers: Mapping[str, str]
    agent_id: str


@contextmanager
def running_system(settings: Mapping[str, str] | None = None) -> Iterator[System]:
    """Starts the product with `settings` as environment, on a free port and in a temporary folder; stops it after."""
    with (
        tempfile.TemporaryDirectory(prefix="agentgraph-bench-") as folder,
        running_in(Path(folder), settings) as system,
    ):
        yield system


@contextmanager
def running_in(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[System]:
    """The same in a folder of the caller's, with what an earlier run has left there."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "AGENTGRAPH_DATA_DIR": str(folder / "data"),
        "AGENTGRAPH_PORT": "0",
        "AGENTGRAPH_LOG_LEVEL": "WARNING",
        # Everything comes from one address here, and as fast as it can.
        **{f"AGENTGRAPH_{name}": "0" for name in LIMITS},
        **(settings or {}),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.monotonic()
    with (folder / "log").open("wb") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up", "--no-example", "--ready-file", str(ready)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(ready, up, folder / "log")
        admin = json.loads(ready.read_text())
        took = time.monotonic() - started
        yield System(url=admin["url"], admin=admin, up=up, started_s=took, data_dir=folder / "data")
    finally:
        up.terminate()
        up.wait(timeout=STOP_LIMIT_S)


@contextmanager
def fake_providers(table: Mapping[str, str], *, latency_s: float) -> Iterator[dict[str, str]]:
    """Protocol servers that answer the questions of `table` by its SQL after `latency_s`; gives their base URLs."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as script:
        json.dump({"table": dict(table)}, script)
        script.flush()
        command = [sys.executable, "-m", "tests.fakes", "--script", script.name, "--latency", str(latency_s)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            try:
                yield json.loads(process.stdout.readline())
            finally:
                process.terminate()
                process.wait(timeout=10)


def provider_settings(urls: Mapping[str, str]) -> dict[str, str]:
    """The environment that points the product at protocol servers."""
    return {
        "OPENAI_BASE_URL": urls["openai"],
        "OPENAI_API_KEY": "bench",
        "ANTHROPIC_BASE_URL": urls["anthropic"],
        "ANTHROPIC_API_KEY": "bench",
        "HF_ENDPOINT_URL": urls["huggingface"],
        "HF_TOKEN": "bench",
    }


def sign_up(client: httpx.Client, number: int, agent: Mapping[str, object]) -> Asker:
    """A new account with the example file and an agent over it; `client` has the API's base URL."""
    headers = signed_up(client, number)
    with EXAMPLE.open("rb") as content:
        response = client.post("/files/upload", files={"file": (EXAMPLE.name, content, "text/csv")}, headers=headers)
    file_id = response.raise_for_status().json()["id"]
    deadline = time.monotonic() + 60
    while client.get(f"/files/{file_id}/status", headers=headers).raise_for_status().json()["state"] != "ready":
        if time.monotonic() > deadline:
            raise TimeoutError("the example file was not ready in 60 s")
        time.sleep(0.1)
    created = _post(client, "/agents/", {"name": "Bench", **agent, "source_ids": [file_id]}, headers)
    return Asker(headers=headers, agent_id=created["id"])


def signed_up(client: httpx.Client, number: int) -> dict[str, str]:
    """The headers of a new account."""
    person = {"email": f"user{number}@example.com", "password": f"correct horse {number} battery"}
    _post(client, "/auth/register", {**person, "name": f"User {number}"})
    return {"Authorization": f"Bearer {_post(client, '/auth/login', person)['access_token']}"}


def _post(
    client: httpx.Client, path: str, body: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(path, json=body, headers=headers).raise_for_status().json()
    return answer


def _await(ready: Path, up: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not (ready.exists() and ready.stat().st_size):
        if up.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the system did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def _usage(root: int) -> dict[str, tuple[float, int]]:
    """CPU seconds and resident bytes of `root` and all its descendants."""
    return {
        f"{pid} {_command(pid)[-60:]}": (sum(map(int, stat[11:15])) / TICKS, int(stat[21]) * PAGE_BYTES)
        for pid, stat in _family(root).items()
    }


def descendants(root: int) -> dict[int, str]:
    """Number and command line of `root` and all processes below it."""
    return {pid: _command(pid) for pid in _family(root)}


def _family(root: int) -> dict[int, list[str]]:
    stats = {pid: stat for pid in _pids() if (stat := _stat(pid)) is not None}
    family, grown = {root}, True
    while grown:
        more = {pid for pid, stat in stats.items() if int(stat[1]) in family} - family
        family |= more
        grown = bool(more)
    return {pid: stats[pid] for pid in family if pid in stats}


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on; None when the process has gone."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _command(pid: int) -> str:
    try:
        words = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"
    return words.strip()


def open_ports(pid: int) -> set[int]:
    """Its own ends of the TCP connections that a process has open."""
    sockets = set()
    for entry in (Path("/proc") / str(pid) / "fd").iterdir():
        with suppress(OSError):  # Closed while we look.
            sockets.add(entry.readlink().name)
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in (Path("/proc") / str(pid) / "net" / table).read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in sockets:
                ports.add(int(words[1].rpartition(":")[2], 16))
    return ports
