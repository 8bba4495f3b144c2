"""The embedded PostgreSQL: a real server as a child, on loopback, with its data under the data folder."""

import signal
from pathlib import Path

from app.core.errors import AgentGraphError
from app.embedded.binaries import PostgresPrograms
from app.embedded.cluster import Cluster
from app.embedded.database_setup import Access, set_up
from app.embedded.guard import Guard
from app.embedded.identity import Identity, choose_identity
from app.embedded.processes import LOOPBACK
from app.embedded.secrets import SecretName, keep_secret
from app.embedded.server_process import Launch, ServerKind, ServerProcess

KIND = ServerKind(
    name="PostgreSQL",
    program="postgres",
    pid_file="postmaster.pid",
    # Fast, immediate, kill: the first ends sessions and writes everything down, the second leaves it to recovery.
    stop_steps=((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)),
)
SETTINGS = {
    "listen_addresses": LOOPBACK,
    # No socket file: its path could pass the 107 bytes that the system allows.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""For throw-away data only: a crash of the machine loses or breaks the cluster.

A database in which autovacuum is at work can be dropped by a superuser only, and tests drop theirs all the time.
"""


class PostgreSQL:
    """One embedded server over `data_dir/postgresql`; the caller holds the lock of `data_dir`."""

    def __init__(
        self, data_dir: Path, *, programs: PostgresPrograms, guard: Guard, fast: bool, identity: Identity | None = None
    ) -> None:
        folder = data_dir / "postgresql"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._data_dir = data_dir
        self._fast = fast
        self._cluster = Cluster(folder=folder, programs=programs, identity=identity or choose_identity())
        self.process = ServerProcess(kind=KIND, folder=folder, workplace=self._cluster.path, guard=guard)

    def start(self) -> str:
        """Blocks until the server answers and holds role, database and extensions; gives the database's URL.

        Used again after the server died, it starts on the same port.

        Raises:
            Conflict: a foreign server runs on the folder, or the cluster is of another version.
            Unavailable: it did not start.
        """
        self.process.take_over()
        access = Access(
            port=self.process.choose_port(),
            admin_password=keep_secret(self._data_dir, SecretName.POSTGRESQL_ADMIN),
            password=keep_secret(self._data_dir, SecretName.POSTGRESQL),
        )
        programs = self._cluster.prepare(access.admin_password, fast=self._fast)
        self._spawn(programs, access.port)
        try:
            ready = set_up(access, may_create_databases=self._fast, is_running=self.process.is_running)
            if not ready:
                raise self.process.failure()
        except AgentGraphError:
            self.process.stop()
            raise
        return access.url

    def _spawn(self, programs: PostgresPrograms, port: int) -> None:
        settings = SETTINGS | {"port": str(port)} | (FAST_SETTINGS if self._fast else {})
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._cluster.entry() as (folder, descriptors):
            self.process.spawn(
                Launch(
                    argv=[str(programs.bin / "postgres"), "-D", str(folder / self._cluster.path.name), *options],
                    environment=programs.environment(),
                    identity=self._cluster.identity,
                    descriptors=descriptors,
                )
            )
