"""PostgreSQL and Valkey in a process of their own, kept running as by `agentgraph up`, so that wires can lead to them.

`python -m benchmarks.chaos.servers FOLDER` prints their addresses as one line of JSON, and ends at SIGTERM.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from app.embedded.services import EmbeddedServices, EmbeddedUrls
from app.embedded.supervisor import Supervisor
from benchmarks.system import STOP_LIMIT_S


@contextmanager
def running_servers(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", EmbeddedUrls]]:
    """The process that keeps the servers of `folder`, and where they are."""
    command = [sys.executable, "-m", "benchmarks.chaos.servers", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield process, EmbeddedUrls(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(timeout=STOP_LIMIT_S)


def place_of(url: str) -> tuple[str, int]:
    """Host and port in a URL."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def through(url: str, port: int) -> str:
    """The same URL by another port of this machine."""
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{login}{at}127.0.0.1:{port}"))


def main() -> None:
    """Runs them until SIGTERM."""
    services = EmbeddedServices(Path(sys.argv[1]))
    with services as urls:
        sys.stdout.write(json.dumps(asdict(urls)) + "\n")
        sys.stdout.flush()
        Supervisor([], services=services, output=sys.stderr).run()


if __name__ == "__main__":
    main()
