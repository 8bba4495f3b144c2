"""One server of ours as a child process: its port, log, written state, stop sequence and orphans of earlier runs."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.errors import Conflict, Unavailable
from app.core.i18n import Text
from app.embedded.guard import Guard
from app.embedded.identity import Identity
from app.embedded.processes import (
    ProcessMark,
    ServerState,
    free_port,
    outlast,
    port_is_free,
    programs_in,
    stop_stranger,
)

MAX_LOG_BYTES = 16 * 1024**2
LOG_TAIL_LINES = 6
LEFTOVER_TIMEOUT_S = 3.0

_FOREIGN = Text(
    en="{name} (process {pid}) already runs on {folder}, and it was not started by AgentGraph. Stop it first.",
    pt="O {name} (processo {pid}) já está em execução em {folder} e não foi iniciado pelo AgentGraph. Pare-o antes.",
)
_NOT_STARTED = Text(
    en="{name} did not start. Its log is {log}; it ends with:\n{tail}",
    pt="O {name} não iniciou. O log está em {log} e termina com:\n{tail}",
)


@dataclass(frozen=True, slots=True)
class ServerKind:
    """What differs between servers."""

    name: str
    """For people."""
    program: str
    """File name of the running program."""
    pid_file: str
    """File in which the server itself notes its process, in its working folder."""
    stop_steps: Sequence[tuple[signal.Signals, float]]
    """Signals by which it is stopped, each with its time to end in seconds."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of a server."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    """All of it: nothing of our own environment is added."""
    identity: Identity
    typed: str = ""
    """What the server reads from its standard input."""
    descriptors: tuple[int, ...] = ()
    """Open descriptors that it inherits under the same numbers."""


@dataclass(slots=True)
class ServerProcess:
    """Starts and stops one server over `folder`; `workplace` is the folder in which the server itself stands."""

    kind: ServerKind
    folder: Path
    workplace: Path
    guard: Guard
    port: int = 0
    """Loopback port; 0 until it is chosen, then kept for life so that URLs given out stay valid."""
    _child: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """Everything that the server has written."""
        return self.folder / "server.log"

    @property
    def state(self) -> Path:
        """Where the port and the running process are written down."""
        return self.folder / "state.json"

    def is_running(self) -> bool:
        """Whether the child is there and has not ended."""
        return self._child is not None and self._child.poll() is None

    def take_over(self) -> None:
        """Stops what a killed run has left behind on this folder; only the holder of the folder's lock may do so.

        Raises:
            Conflict: a server runs here that no run of ours has started.
        """
        self._forget()
        known = ServerState.read(self.state)
        if known is not None and known.process.is_alive():
            stop_stranger(known.process, self.kind.stop_steps)
        running = programs_in(self.workplace, self.kind.program)
        leader = self._noted_pid()
        if leader in running:
            raise Conflict(_FOREIGN, name=self.kind.name, pid=leader, folder=str(self.workplace))
        # Children of a dead server may still write for a moment; removing the pid file before they end is unsafe.
        outlast(running, LEFTOVER_TIMEOUT_S)
        (self.workplace / self.kind.pid_file).unlink(missing_ok=True)

    def choose_port(self) -> int:
        """The port of the last run when it is free, else another; the same for as long as this object lives."""
        if self.port == 0:
            known = ServerState.read(self.state)
            self.port = known.port if known is not None and port_is_free(known.port) else free_port()
        return self.port

    def spawn(self, launch: Launch) -> None:
        """Runs the server and writes its state down."""
        self._shorten_log()
        identity = launch.identity
        with self.log.open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - the program was found by app.embedded.binaries
                [*identity.prefix, *launch.argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(launch.environment),
                cwd=self.workplace,
                user=identity.uid,
                group=identity.gid,
                extra_groups=identity.groups,
                start_new_session=True,
                pass_fds=launch.descriptors,
            )
        self._child = child
        self.guard.add(child.pid, self.kind.stop_steps[0][0])
        mark = ProcessMark.of(child.pid)
        if mark is not None:
            ServerState(process=mark, port=self.port).write(self.state)
        _type(child, launch.typed)

    def stop(self) -> None:
        """Stops the server step by step and waits for its end; harmless when it does not run."""
        for number, patience_s in self.kind.stop_steps:
            if self._child is None or self._child.poll() is not None:
                break
            self._child.send_signal(number)
            try:
                self._child.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        self._forget()

    def failure(self) -> Unavailable:
        """The error to raise when the server did not become ready."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        tail = "\n".join(lines[-LOG_TAIL_LINES:])
        return Unavailable(_NOT_STARTED, name=self.kind.name, log=str(self.log), tail=tail)

    def _forget(self) -> None:
        """Collects an ended child."""
        if self._child is not None:
            self._child.wait()
            self.guard.drop(self._child.pid)
            self._child = None

    def _noted_pid(self) -> int | None:
        try:
            return int((self.workplace / self.kind.pid_file).read_text(encoding="ascii").split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def _shorten_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))


def _type(child: "subprocess.Popen[bytes]", text: str) -> None:
    """Writes to the child's standard input and closes it; a child that died at once is found out by readiness."""
    if child.stdin is None:
        return
    try:
        child.stdin.write(text.encode())
        child.stdin.close()
    except BrokenPipeError:
        return
