"""A real RabbitMQ for tests: started on free ports in a folder of its own, stopped at the end."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import amqp

from app.embedded.processes import free_port
from tests.waiting import until_now

PLACES = os.pathsep.join(["/usr/lib/rabbitmq/bin", os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
START_S = 200.0
"""Alone it takes some 20 s of a slow core."""


@dataclass(slots=True)
class RabbitMq:
    """A broker that can be killed and started again on the same data."""

    folder: Path
    port: int
    names: int
    """Port of the service in which Erlang looks up names."""
    spread: int
    """Port between nodes, of which there is one."""
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Its address for Celery."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Returns when it takes connections."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [_path("rabbitmq-server")],
                env=self._environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until_now(self._answers_or_ended, timeout_s=START_S)
        if self.process.poll() is not None:
            said = (self.folder / "log").read_text(errors="replace")
            raise RuntimeError(f"RabbitMQ did not start: {said[-3000:]}")

    def kill(self) -> None:
        """Ends it with everything that it has started, at once."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": PLACES,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.names),
            "RABBITMQ_NODENAME": f"tests{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.spread),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }

    def _answers_or_ended(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            return True
        try:
            with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=2):
                return True
        except (OSError, amqp.AMQPError):
            return False


def rabbitmq_is_there() -> bool:
    """Whether its programs are installed."""
    return all(shutil.which(program, path=PLACES) for program in ("rabbitmq-server", "epmd"))


@contextmanager
def start_rabbitmq() -> Iterator[RabbitMq]:
    """Runs one until the block ends."""
    with tempfile.TemporaryDirectory(prefix="agentgraph-rabbitmq-") as name:
        broker = RabbitMq(Path(name), free_port(), free_port(), free_port())
        # As a child of ours: the broker would start one that outlives it.
        command = [_path("epmd"), "-port", str(broker.names), "-address", "127.0.0.1"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as lookup:
            try:
                broker.start()
                yield broker
            finally:
                broker.kill()
                lookup.kill()


def _path(program: str) -> str:
    found = shutil.which(program, path=PLACES)
    if found is None:
        raise FileNotFoundError(program)
    return found
