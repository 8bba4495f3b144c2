"""One process under supervision: started, followed, started again with growing pauses, stopped with its group."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from app.embedded.guard import Guard
from app.embedded.output import PrefixedOutput

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 10.0
"""A process that lived so long has recovered (one that cannot start ends sooner): its next pause is the first."""
LAST_WORDS_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run; `env` comes on top of the supervisor's own environment."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


class SupervisedProcess:
    """Runs one `ProcessSpec` in a process group of its own, out of reach of the terminal's Ctrl-C."""

    def __init__(self, spec: ProcessSpec, *, guard: Guard, output: PrefixedOutput) -> None:
        self.spec = spec
        self._guard = guard
        self._output = output
        self._child: subprocess.Popen[bytes] | None = None
        self._follower: threading.Thread | None = None
        self._started_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._restart_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The running process; None when it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Starts the process.

        Raises:
            OSError: its program cannot be run.
        """
        child = subprocess.Popen(  # noqa: S603 - the product's own commands
            self.spec.argv,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._guard.add(child.pid, signal.SIGTERM, whole_group=True)
        self._child, self._started_at, self._restart_at = child, time.monotonic(), None
        if child.stdout is not None:
            self._follower = self._output.follow(self.spec.name, child.stdout)

    def tend(self) -> None:
        """Notices an end and, after the pause, starts the process again."""
        if self._child is not None and self._child.poll() is not None:
            self._plan_restart(self._child.returncode)
        if self._restart_at is not None and time.monotonic() >= self._restart_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Sends SIGTERM to the process; its own children are its own business."""
        if self._child is not None:
            self._child.terminate()

    def finish(self) -> None:
        """Kills what is left of the process and its group, and collects it."""
        self._restart_at = None
        if self._child is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._guard.drop(self._child.pid)
        if self._follower is not None:
            self._follower.join(LAST_WORDS_TIMEOUT_S)
        self._child = None

    def _plan_restart(self, code: int) -> None:
        now = time.monotonic()
        if now - self._started_at >= HEALTHY_AFTER_S:
            self._pause_s = FIRST_PAUSE_S
        self.finish()
        self._output.line(self.spec.name, f"ended with {_meaning(code)}; starts again in {self._pause_s:g} s")
        self._restart_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)


def _meaning(code: int) -> str:
    return f"code {code}" if code >= 0 else f"signal {-code}"
