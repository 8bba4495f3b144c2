"""Processes by more than their number, free ports, and stopping step by step (Linux: `/proc` and process handles)."""

import contextlib
import json
import os
import random
import select
import signal
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below the range from which Linux takes ports for outgoing connections (32768 up), so that a server that is down
for a moment finds its port again."""
PORT_ATTEMPTS = 200
NO_SIGNAL = 0
"""Only asks whether the process is there."""


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    started: int
    """Start in clock ticks since the machine started (`/proc/PID/stat`, field 22)."""

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The mark of a living process; None when there is none or it has ended and waits to be collected."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *rest = fields.rpartition(")")[2].split()
        return None if state in "ZX" else cls(pid=pid, started=int(rest[18]))

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessMark.of(self.pid) == self


@dataclass(frozen=True, slots=True)
class ServerState:
    """What is written down about a running server, for whoever finds it after its owner has died."""

    process: ProcessMark
    port: int

    def write(self, path: Path) -> None:
        """Replaces the file as a whole."""
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(asdict(self)), encoding="ascii")
        aside.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The last state written; None when there is none that can be read."""
        try:
            found = json.loads(path.read_text(encoding="ascii"))
            return cls(process=ProcessMark(**found["process"]), port=int(found["port"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


def free_port() -> int:
    """A loopback port on which nothing listens at this moment.

    Raises:
        OSError: none was found.
    """
    # Not the seeded generator: processes that share a seed would all want the same port at the same time.
    for port in random.SystemRandom().sample(PORTS, PORT_ATTEMPTS):
        if port_is_free(port):
            return port
    raise OSError(f"no free port on {LOOPBACK} between {PORTS.start} and {PORTS.stop}")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def programs_in(folder: Path, program: str) -> list[int]:
    """Processes of the named program whose working folder is `folder`, as far as this user may see them."""
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [int(entry.name) for entry in entries if _runs_in(entry, folder, program)]


def stop_stranger(mark: ProcessMark, steps: Sequence[tuple[int, float]]) -> None:
    """Stops a process that is not our child: each signal in turn, each with its time to end in seconds."""
    try:
        handle = os.pidfd_open(mark.pid)
    except ProcessLookupError:
        return
    try:
        if not mark.is_alive():
            return
        for number, patience_s in steps:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            ended, _, _ = select.select([handle], [], [], patience_s)
            if ended:
                return
    finally:
        os.close(handle)


def outlast(pids: Sequence[int], patience_s: float) -> None:
    """Waits until all have ended; kills those that have not after `patience_s` seconds each."""
    for pid in pids:
        mark = ProcessMark.of(pid)
        if mark is None:
            continue
        stop_stranger(mark, [(NO_SIGNAL, patience_s), (signal.SIGKILL, patience_s)])


def _runs_in(entry: Path, folder: Path, program: str) -> bool:
    try:
        return (entry / "cwd").readlink() == folder and (entry / "exe").readlink().name == program
    except OSError:
        return False
