"""API replicas of a running installation behind nginx, each of which can be restarted by itself."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.embedded.processes import free_port

CONFIGURATION = Path(__file__).parents[1] / "docker" / "nginx.conf"
NGINX = os.environ.get("NGINX_PROGRAM", "nginx")
READY_LIMIT_S = 120.0
STOP_LIMIT_S = 40.0
DRAIN_S = 1.5
"""From the moment on which nginx sends nothing new to a replica until it is asked to stop."""


@dataclass(slots=True)
class Replica:
    """One API process on a port of its own."""

    port: int
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        environment = {**self.environment, "AGENTGRAPH_PORT": str(self.port)}
        self.process = subprocess.Popen([sys.executable, "-m", "app.cli", "api"], env=environment)
        deadline = time.monotonic() + READY_LIMIT_S
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).is_success:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the replica on port {self.port} was not ready in {READY_LIMIT_S:.0f} s")

    def stop(self) -> float:
        """Asks it to stop, as an operator would; gives the seconds that it took."""
        started = time.monotonic()
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=STOP_LIMIT_S)
        return time.monotonic() - started


@dataclass(slots=True)
class Proxy:
    """nginx with the configuration of `docker/nginx.conf`, on other ports and in a folder of its own."""

    folder: Path
    port: int
    _process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def send_to(self, ports: Sequence[int]) -> None:
        """From now on requests go to these replicas; those under way end where they are."""
        servers = "".join(f"        server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;\n" for port in ports)
        text = CONFIGURATION.read_text(encoding="utf-8")
        text = re.sub(r" +server api:8000.*\n", servers, text).replace("listen 8080", f"listen 127.0.0.1:{self.port}")
        (self.folder / "nginx.conf").write_text(
            text.replace("/tmp/nginx", str(self.folder / "nginx")), encoding="utf-8"
        )
        command = [NGINX, "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)]
        if self._process is None:
            self._process = subprocess.Popen([*command, "-g", "daemon off;"])
        else:
            subprocess.run([*command, "-s", "reload"], check=True)

    def stop(self) -> None:
        """Ends it at once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=STOP_LIMIT_S)


@contextmanager
def replicas_behind_nginx(
    folder: Path, environment: Mapping[str, str], count: int
) -> Iterator[tuple[Proxy, list[Replica]]]:
    """`count` replicas that share the installation of `environment`, and the proxy before them."""
    if shutil.which(NGINX) is None:
        raise SystemExit("nginx is needed (`apt install nginx`); NGINX_PROGRAM names its program")
    # Open to nginx's own user, which it takes where this runs as root.
    folder.chmod(0o755)
    replicas = [Replica(free_port(), environment) for _ in range(count)]
    proxy = Proxy(folder, free_port())
    try:
        for replica in replicas:
            replica.start()
        proxy.send_to([replica.port for replica in replicas])
        yield proxy, replicas
    finally:
        proxy.stop()
        for replica in replicas:
            replica.stop()


def restart(proxy: Proxy, replicas: Sequence[Replica], which: Replica) -> float:
    """Restarts one replica while the others serve; gives the seconds that its end took."""
    proxy.send_to([replica.port for replica in replicas if replica is not which])
    time.sleep(DRAIN_S)
    took = which.stop()
    which.start()
    proxy.send_to([replica.port for replica in replicas])
    return took
