"""Ways to take a dependency away from a running installation, and to give it back."""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.embedded.services import EmbeddedServices
from benchmarks.system import descendants

ROOM_BYTES: Final = 256 * 1024**2
"""Of the data folder, where it can be a file system of its own: enough for the example, and soon full."""
GONE_LIMIT_S: Final = 30.0


class NotPossible(Exception):
    """This machine does not let us take it away; the text says why."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A dependency that is away while the context lasts."""

    name: str
    lasting: Callable[[], AbstractContextManager[None]]


def outages(services: EmbeddedServices, data_dir: Path) -> list[Outage]:
    """All of them. Servers are children of this process; `stopped` ones refuse connections, `silent` ones keep them."""
    return [
        Outage("postgresql stopped", lambda: _stopped(services, "/postgres -D")),
        Outage("postgresql silent", lambda: _silent("postgres")),
        Outage("valkey stopped", lambda: _stopped(services, "valkey-server")),
        Outage("valkey silent", lambda: _silent("valkey-server")),
        Outage("workers silent", lambda: _silent("--queues")),
        Outage("model provider silent", lambda: _silent("tests.fakes")),
        Outage("storage read-only", lambda: _read_only(data_dir)),
        Outage("storage full", lambda: _full(data_dir)),
    ]


@contextmanager
def own_file_system(folder: Path) -> Iterator[bool]:
    """Makes `folder` a file system in memory for as long as it lasts; False where this login may not."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES},mode=0700", "tmpfs", str(folder)]
    is_mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _stopped(services: EmbeddedServices, words: str) -> Iterator[None]:
    found = _processes(words)
    for pid in found:
        os.kill(pid, signal.SIGQUIT if "postgres" in words else signal.SIGKILL)
    _wait_for_end(found)
    try:
        yield
    finally:
        services.revive()


@contextmanager
def _silent(words: str) -> Iterator[None]:
    """Nothing refuses and nothing answers: the worst that a network can do, too."""
    found = _processes(words)
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Whatever is opened from now on. What is open for writing goes on, as the lock of the folder."""
    if not folder.is_mount():
        raise NotPossible("it needs a login that may mount (root)")
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _full(folder: Path) -> Iterator[None]:
    if not folder.is_mount():
        raise NotPossible("it needs a login that may mount (root)")
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            _fill(file.fileno())
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _fill(descriptor: int) -> None:
    try:
        while os.write(descriptor, bytes(1024**2)):
            pass
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(done.stderr.strip())


def _processes(words: str) -> list[int]:
    found = [pid for pid, command in descendants(os.getpid()).items() if words in command and pid != os.getpid()]
    if not found:
        raise NotPossible(f"no process of {words} runs")
    return found


def _wait_for_end(pids: list[int]) -> None:
    deadline = time.monotonic() + GONE_LIMIT_S
    while time.monotonic() < deadline and any(_runs(pid) for pid in pids):
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
