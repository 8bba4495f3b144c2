"""PostgreSQL and Valkey of one data folder, started, watched and stopped together; used by `up` and by tests."""

import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from app.embedded.binaries import find_postgresql, find_valkey
from app.embedded.folder_lock import FolderLock
from app.embedded.guard import Guard
from app.embedded.identity import Identity
from app.embedded.postgresql import PostgreSQL
from app.embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class EmbeddedUrls:
    """Where the services are; valid until they are stopped, also when a server is restarted in between."""

    database_url: str
    valkey_url: str


class EmbeddedServices:
    """A context manager (not async) that gives the URLs; data stays in `data_dir` between runs.

    A service whose URL is given is not started. `fast` gives up durability and is for tests; it also lets the
    product's role create databases.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        fast: bool = False,
        database_url: str | None = None,
        valkey_url: str | None = None,
        postgresql_bin: Path | None = None,
        valkey_server: Path | None = None,
        identity: Identity | None = None,
    ) -> None:
        self._data_dir = data_dir.resolve()
        self._fast = fast
        self._given = (database_url, valkey_url)
        self._programs = (postgresql_bin, valkey_server)
        self._identity = identity
        self._lock = FolderLock(self._data_dir)
        self._busy = threading.Lock()
        self._guard: Guard | None = None
        self._running: list[PostgreSQL | Valkey] = []

    def __enter__(self) -> EmbeddedUrls:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> EmbeddedUrls:
        """Takes the data folder and starts what is needed; blocks until all of it answers.

        Raises:
            Conflict: the folder is in use by another process.
            Unavailable: a program is missing or did not start; nothing is left running then.
        """
        self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire()
        try:
            return self._start_all()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops what runs, last started first, and gives the folder back; harmless when nothing runs."""
        with self._busy:
            while self._running:
                self._running.pop().process.stop()
            if self._guard is not None:
                self._guard.close()
                self._guard = None
            self._lock.release()

    def revive(self) -> list[str]:
        """Starts again, on its old port, what has died; gives the names of those servers.

        Raises:
            Unavailable: one did not start again.
        """
        with self._busy:
            dead = [server for server in self._running if not server.process.is_running()]
            for server in dead:
                server.start()
            return [server.process.kind.name for server in dead]

    def _start_all(self) -> EmbeddedUrls:
        self._guard = guard = Guard()
        database_url, valkey_url = self._given
        postgresql_bin, valkey_server = self._programs
        if valkey_url is None:
            program = find_valkey(valkey_server)
            valkey_url = self._run(Valkey(self._data_dir, program=program, guard=guard, fast=self._fast))
        if database_url is None:
            programs = find_postgresql(postgresql_bin)
            database_url = self._run(
                PostgreSQL(self._data_dir, programs=programs, guard=guard, fast=self._fast, identity=self._identity)
            )
        return EmbeddedUrls(database_url=database_url, valkey_url=valkey_url)

    def _run(self, server: PostgreSQL | Valkey) -> str:
        self._running.append(server)
        return server.start()
