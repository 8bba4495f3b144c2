"""Where a question's CPU goes: `make profile-question SECONDS=20`.

Questions with two model calls that answer at once are asked of the whole product, one after the other. The CPU of each
process is read from /proc. Inside the API a sampling profiler looks at the thread that runs Python code, and what it
sees is put down to a package: the innermost frame that is no part of Python's own library. Sampling another process
needs root, or `kernel.yama.ptrace_scope=0`.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path
from typing import Final

import httpx

from benchmarks.bench_overhead import MODEL, WARM_UP, ask, question, sql
from benchmarks.figures import report
from benchmarks.system import System, descendants, fake_providers, provider_settings, running_system, sign_up

RATE: Final = 200
"""Looks at the stack a second."""
MOST: Final = 20_000
"""Questions that the protocol server knows; more than any machine answers meanwhile."""
SHOWN: Final = 20
OWN: Final = "app"
PYTHON: Final = "python"


def main() -> None:
    """Prints the shares; nothing is asserted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int, nargs="?", default=20)
    seconds: int = parser.parse_args().seconds
    with (
        fake_providers({question("plain", n): sql(n) for n in range(MOST)}, latency_s=0) as urls,
        running_system(provider_settings(urls)) as system,
        httpx.Client(base_url=f"{system.url}/api/v1", timeout=60) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        asker = sign_up(client, 1, {"model": MODEL})
        for number in range(WARM_UP):
            ask(client, asker, question("plain", number))
        stacks, before = Path(folder) / "stacks", system.cpu_by_process()
        asked, end = WARM_UP, time.monotonic() + seconds
        with _sampling(system, stacks, seconds) as sampler:
            while time.monotonic() < end:
                ask(client, asker, question("plain", asked))
                asked += 1
            sampler.wait(timeout=60)
        _report_processes(before, system.cpu_by_process(), asked - WARM_UP)
        _report_packages(stacks.read_text().splitlines())


def _sampling(system: System, stacks: Path, seconds: int) -> "subprocess.Popen[bytes]":
    (api,) = (pid for pid, command in descendants(system.up.pid).items() if command.endswith("app.cli api"))
    sampler = Path(sys.executable).with_name("py-spy")
    options = ["--pid", str(api), "--duration", str(seconds), "--rate", str(RATE), "--format", "raw", "--gil"]
    return subprocess.Popen(
        [sampler, "record", *options, "--output", stacks], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _report_processes(before: dict[str, float], after: dict[str, float], questions: int) -> None:
    used = {name: (cpu - before.get(name, 0.0)) / questions * 1000 for name, cpu in after.items()}
    report("cpu_per_question", sum(used.values()), "ms", target="<= 30", questions=questions)
    for name, ms in sorted(used.items(), key=itemgetter(1), reverse=True):
        if ms >= 0.05:
            report("cpu_per_question of a process", ms, "ms", process=name)


def _report_packages(lines: Iterable[str]) -> None:
    samples: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        samples[_package(stack.split(";"))] += int(count)
    for package, seen in samples.most_common(SHOWN):
        report("share of the API's CPU", seen / samples.total(), "share", package=package)


def _package(frames: list[str]) -> str:
    """The package that ran: of ours with its part (`app.services`), of others the name, else Python itself."""
    for frame in reversed(frames):
        path = frame.rpartition("(")[2].rpartition(":")[0].removesuffix(")")
        parts = Path(path).parts
        if parts and parts[0] == OWN:
            return ".".join(parts[:2]).removesuffix(".py")
        if len(parts) > 1 and parts[0] != "/" and parts[0] not in sys.stdlib_module_names:
            return parts[0]
    return PYTHON


if __name__ == "__main__":
    main()
