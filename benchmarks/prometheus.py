"""A real Prometheus that scrapes an installation with the configuration of `docker/monitoring`, on its own port."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx

from app.embedded.processes import free_port

MONITORING: Final = Path(__file__).parents[1] / "docker" / "monitoring"
PROGRAM, TOOL = "prometheus", "promtool"
HOW_TO_INSTALL: Final = "Prometheus is not installed: as root on Debian, apt-get install prometheus"
READY_LIMIT_S: Final = 60.0
EVERY: Final = "1s"
"""How often it scrapes and judges here; `docker/monitoring` does so every 15 s."""
T = TypeVar("T")


def is_there() -> bool:
    """Whether Prometheus and its tool are installed."""
    return shutil.which(PROGRAM) is not None and shutil.which(TOOL) is not None


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def target(self) -> dict[str, Any]:
        """How the last scrape of the installation went: `health`, `lastError`, `lastScrapeDuration` in seconds."""
        found = self._get("targets")["activeTargets"]
        return dict(found[0]) if found else {"health": "unknown"}

    def value(self, expression: str) -> float | None:
        """The first value of an expression; None when it has none."""
        results = self._get("query", query=expression)["result"]
        return float(results[0]["value"][1]) if results else None

    def rules(self) -> dict[str, str]:
        """Every alert rule with its state: inactive, pending or firing."""
        return {rule["name"]: rule["state"] for group in self._get("rules")["groups"] for rule in group["rules"]}

    def _get(self, what: str, **asked: str) -> Any:
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=asked, timeout=10).raise_for_status()
        return answer.json()["data"]


def checked(*words: str | Path, given: bytes | None = None) -> str:
    """What `promtool check …` prints. Raises CalledProcessError when it finds something wrong."""
    command = [TOOL, "check", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout.decode()


@contextmanager
def watching(folder: Path, installation: str, *, at_once: bool = False) -> Iterator[Prometheus]:
    """Prometheus scrapes the installation at that address while the block lasts; its data is in `folder`.

    Rules are those of the repository; with `at_once` alarms fire without the time that they should last first.
    """
    _configure(folder, urlsplit(installation).netloc, at_once=at_once)
    checked("config", folder / "prometheus.yml")
    address = f"127.0.0.1:{free_port()}"
    places = ["--config.file", str(folder / "prometheus.yml"), "--storage.tsdb.path", str(folder / "data")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, *places, f"--web.listen-address={address}"], stdout=log, stderr=log)
    try:
        running = Prometheus(f"http://{address}")
        until(lambda: httpx.get(f"{running.url}/-/ready", timeout=5).is_success, bool, READY_LIMIT_S)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


def until(ask: Callable[[], T], is_fine: Callable[[T], object], limit_s: float) -> T:
    """What `ask` gives once it is fine. Raises TimeoutError."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            found = ask()
            if is_fine(found):
                return found
        time.sleep(0.2)
    raise TimeoutError(f"not within {limit_s:.0f} s")


def _configure(folder: Path, target: str, *, at_once: bool) -> None:
    rules = (MONITORING / "alerts.yml").read_text("utf-8")
    (folder / "alerts.yml").write_text(re.sub(r"for: \d+m", "for: 0s", rules) if at_once else rules, "utf-8")
    text = (MONITORING / "prometheus.yml").read_text("utf-8").replace("api:8000", target)
    text = text.replace("scrape_interval: 15s", f"scrape_interval: {EVERY}\n  evaluation_interval: {EVERY}")
    (folder / "metrics-token").write_text("unused: the installation answers its own machine", "utf-8")
    (folder / "prometheus.yml").write_text(
        text.replace("/etc/prometheus/metrics-token", str(folder / "metrics-token")), "utf-8"
    )
