"""`make prove-alerts`: a real Prometheus scrapes an installation, loads the alert rules, and one of them fires.

The rules are those of the repository, with their times. Exit code 1 when Prometheus refuses a figure or a rule, when an
alarm fires while all is well, or when none does while the API is silent.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks.figures import report
from benchmarks.prometheus import HOW_TO_INSTALL, MONITORING, Prometheus, checked, is_there, until, watching
from benchmarks.system import System, descendants, running_system

ALARM: Final = "ApiGone"
LIMIT_S: Final = 240.0
"""The alarm waits for a minute; the rest is for a busy machine."""


def prove(folder: Path, system: System) -> dict[str, int]:
    """What must be zero, by name."""
    say(checked("rules", MONITORING / "alerts.yml"))
    figures = httpx.get(f"{system.url}/metrics", timeout=30).raise_for_status().content
    say(checked("metrics", given=figures) or "promtool check metrics: nothing to say\n")
    with watching(folder, system.url) as prometheus:
        scraped = until(prometheus.target, lambda found: found["health"] == "up", LIMIT_S)
        series = until(lambda: prometheus.value('count({__name__=~"agentgraph_.+"})'), bool, LIMIT_S)
        report("scraped", scraped["lastScrapeDuration"], "s", health=scraped["health"], series=series)
        quiet = until(prometheus.rules, lambda rules: len(rules) and "unknown" not in rules.values(), LIMIT_S)
        report("rules", len(quiet), "rules", states=quiet)
        return {
            "alarms_while_all_is_well": sum(state == "firing" for state in quiet.values()),
            "alarms_that_did_not_fire": int(not fires(prometheus, system)),
        }


def fires(prometheus: Prometheus, system: System) -> bool:
    """Keeps the API from answering until the alarm fires, and lets it answer until the alarm has ended."""
    api = [pid for pid, command in descendants(system.up.pid).items() if " api" in command]
    for pid in api:
        os.kill(pid, signal.SIGSTOP)
    started, seen = time.monotonic(), ""
    try:
        while seen != "firing" and time.monotonic() - started < LIMIT_S:
            before, seen = seen, prometheus.rules()[ALARM]
            if seen != before:
                report(ALARM, time.monotonic() - started, "s", state=seen)
            time.sleep(0.2)
    finally:
        for pid in api:
            os.kill(pid, signal.SIGCONT)
    until(lambda: prometheus.rules()[ALARM], lambda state: state == "inactive", LIMIT_S)
    report(ALARM, time.monotonic() - started, "s", state="inactive")
    return seen == "firing"


def say(text: str) -> None:
    """Prints what a tool has said."""
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> int:
    """Prints what was seen; 1 when something is not zero that has to be."""
    if not is_there():
        say(f"LEFT OUT: {HOW_TO_INSTALL}\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="agentgraph-prometheus-") as folder, running_system() as system:
        zeros = prove(Path(folder), system)
    for name, value in zeros.items():
        report(name, value, "count", target="0")
    return int(any(zeros.values()))


if __name__ == "__main__":
    sys.exit(main())
