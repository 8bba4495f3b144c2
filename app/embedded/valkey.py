"""The embedded Valkey: a real server as a child, on loopback, that appends to a file under the data folder."""

import signal
import time
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError  # noqa: A004 - their own names
from redis.retry import Retry

from app.embedded.guard import Guard
from app.embedded.identity import Identity, Isolation
from app.embedded.processes import LOOPBACK
from app.embedded.secrets import SecretName, keep_secret
from app.embedded.server_process import Launch, ServerKind, ServerProcess

PID_FILE = "valkey.pid"
READY_TIMEOUT_S = 60.0
"""Loading the append-only file after a long life takes seconds."""
POLL_S = 0.02
ONCE = Retry(NoBackoff(), 0)
"""The client's own repetitions wait for seconds; the loop below is quicker."""
STOP_STEPS = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))


def url_of(password: str, port: int) -> str:
    """The URL of an embedded server."""
    return f"redis://:{password}@{LOOPBACK}:{port}/0"


class Valkey:
    """One embedded server over `data_dir/valkey`; the caller holds the lock of `data_dir`."""

    def __init__(self, data_dir: Path, *, program: Path, guard: Guard, fast: bool) -> None:
        folder = data_dir / "valkey"
        workplace = folder / "store"
        workplace.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._program = program
        self._fast = fast
        self._password = keep_secret(data_dir, SecretName.VALKEY)
        kind = ServerKind(name="Valkey", program=program.resolve().name, pid_file=PID_FILE, stop_steps=STOP_STEPS)
        self.process = ServerProcess(kind=kind, folder=folder, workplace=workplace, guard=guard)

    def start(self) -> str:
        """Blocks until the server answers; gives its URL. Used again after it died, it starts on the same port.

        Raises:
            Conflict: a foreign server runs on the folder.
            Unavailable: it did not start.
        """
        self.process.take_over()
        port = self.process.choose_port()
        # The configuration is typed in: on the command line everybody on the machine could read the password.
        self.process.spawn(
            Launch(
                argv=[str(self._program), "-"],
                environment={"LC_ALL": "C.UTF-8", "TZ": "UTC"},
                identity=Identity(Isolation.DIRECT),
                typed=self._configuration(port),
            )
        )
        if not self._becomes_ready(port):
            self.process.stop()
            raise self.process.failure()
        return url_of(self._password, port)

    def _configuration(self, port: int) -> str:
        lines = {
            "bind": LOOPBACK,
            "port": str(port),
            "requirepass": self._password,
            "daemonize": "no",
            "pidfile": PID_FILE,
            # Snapshots would only repeat what the append-only file holds, at the price of a fork.
            "save": '""',
            "appendonly": "no" if self._fast else "yes",
            "appendfsync": "everysec",
            # Queues live here: refusing new writes is better than losing old ones.
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    def _becomes_ready(self, port: int) -> bool:
        client = Redis(host=LOOPBACK, port=port, password=self._password, socket_timeout=2.0, retry=ONCE)
        deadline = time.monotonic() + READY_TIMEOUT_S
        try:
            while self.process.is_running() and time.monotonic() < deadline:
                try:
                    return bool(client.ping())
                except (ConnectionError, BusyLoadingError, TimeoutError):
                    time.sleep(POLL_S)
        finally:
            client.close()
        return False
