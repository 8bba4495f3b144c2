"""The installation that is hurt: where its parts are, and ways past its API to see how it stands."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from redis.asyncio import Redis

from app.core.db import SYSTEM
from app.embedded.services import EmbeddedUrls
from benchmarks.system import System, descendants
from tests.fakes.wire import Wire

CONNECT_TIMEOUT_S = 3.0


def _nothing() -> None:
    """Before the first kill."""


@dataclass(slots=True)
class Installation:
    """A running installation, with the protocol server that stands for its model's provider."""

    system: System
    models: str
    """Control address of the protocol server."""
    environment: dict[str, str]
    """Settings of its processes."""
    urls: EmbeddedUrls
    """Its servers, past any wire."""
    servers: int | None = None
    """The process that keeps its servers, when `agentgraph up` does not."""
    wires: Mapping[str, Wire] = field(default_factory=dict)
    """What leads from its processes to PostgreSQL, Valkey and the models."""
    strike: Callable[[], None] = _nothing
    """Kills the victim of the moment."""

    @classmethod
    def of(cls, system: System, models: str) -> "Installation":
        """Reads from a worker what the supervisor has told it."""
        worker = next(pid for pid, command in descendants(system.up.pid).items() if "--queues queries" in command)
        environment = environment_of(worker)
        urls = EmbeddedUrls(environment["AGENTGRAPH_DATABASE_URL"], environment["AGENTGRAPH_VALKEY_URL"])
        return cls(system, models, environment, urls)

    def processes(self) -> dict[int, str]:
        """All of its processes now: number and command line."""
        roots = [self.system.up.pid] if self.servers is None else [self.system.up.pid, self.servers]
        return {pid: command for root in roots for pid, command in descendants(root).items()}

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection to its system database."""
        connection = await asyncpg.connect(
            self.urls.database_url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=10,
            server_settings={"agentgraph.actor": SYSTEM},
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT_S)

    @asynccontextmanager
    async def valkey(self) -> AsyncIterator[Redis]:
        """A client of its Valkey."""
        client = Redis.from_url(self.urls.valkey_url, socket_timeout=CONNECT_TIMEOUT_S)
        try:
            yield client
        finally:
            await client.aclose()


def environment_of(pid: int) -> dict[str, str]:
    """The environment that a process was started with."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def still_running(folder: Path) -> list[int]:
    """Processes, other than this one, that were started for the installation in `folder`."""
    wanted = f"AGENTGRAPH_DATA_DIR={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
