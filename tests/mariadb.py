"""A real MariaDB for tests: found where Debian puts it, started on a free port, with everything it has switched on."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from app.connectors.endpoint import Endpoint
from app.core.engines import EngineKind, TlsMode
from app.embedded.processes import free_port
from tests.certificates import Certificates, make_certificates
from tests.waiting import until_now

PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
OWNER = "dona"
PASSWORD = "senha da dona ☃"
START_S = 30.0
_NOBODY = 65534


@dataclass(frozen=True, slots=True)
class MariaDb:
    """A running server."""

    port: int
    folder: Path
    certificates: Certificates

    def root(self, database: str | None = None) -> Any:
        """A connection that may do everything; whoever asked for it closes it."""
        return pymysql.Connection(
            host="127.0.0.1", port=self.port, user="root", database=database, autocommit=True, ssl_disabled=True
        )

    def run(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Runs statements as root; gives the rows of the last."""
        with closing(self.root(database)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def files(self, database: str) -> list[str]:
        """The names of all files of a database, and of those that statements wrote beside them."""
        places = (self.folder / "data" / database, self.folder / "written")
        return sorted(str(path.relative_to(self.folder)) for place in places for path in place.rglob("*"))

    @contextmanager
    def database(self, name: str) -> Iterator[Endpoint]:
        """A new database and the way of its owner into it, who may do everything in it and nothing elsewhere."""
        owner = f"'{OWNER}_{name}'@'%'"
        self.run(
            f"CREATE DATABASE {name}",
            f"CREATE USER {owner} IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {name}.* TO {owner}",
        )
        try:
            yield Endpoint(
                EngineKind.MYSQL, "127.0.0.1", self.port, name, f"{OWNER}_{name}", PASSWORD, tls=TlsMode.DISABLE
            )
        finally:
            self.run(f"DROP USER {owner}", f"DROP DATABASE {name}")


def mariadb_is_there() -> bool:
    """Whether this machine has the server's programs."""
    return all(shutil.which(name, path=PLACES) for name in ("mariadbd", "mariadb-install-db"))


@contextmanager
def start_mariadb() -> Iterator[MariaDb]:
    """A new server with TLS and without durability; root comes in from this machine without a password."""
    with tempfile.TemporaryDirectory(prefix="agentgraph-mariadb-") as name:
        folder = Path(name)
        # The server refuses root; as nobody it must reach its folder.
        is_root = os.geteuid() == 0
        folder.chmod(0o755)
        certificates = make_certificates(folder / "tls")
        (folder / "written").mkdir()
        data = folder / "data"
        common = ["--no-defaults", f"--datadir={data}", *(["--user=nobody"] if is_root else [])]
        _call("mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db")
        if is_root:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, _NOBODY, _NOBODY)
        port = free_port()
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [_path("mariadbd"), *common, *_options(folder, port, certificates)],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            _wait(server, port, folder / "log")
            yield MariaDb(port, folder, certificates)
        finally:
            server.terminate()
            server.wait(START_S)


def _options(folder: Path, port: int, certificates: Certificates) -> list[str]:
    return [
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--socket={folder}/s.sock",
        f"--pid-file={folder}/pid",
        f"--ssl-ca={certificates.ca}",
        f"--ssl-cert={certificates.certificate}",
        f"--ssl-key={certificates.key}",
        "--character-set-server=utf8mb4",
        "--skip-log-bin",
        "--skip-name-resolve",
        "--local-infile=1",
        "--secure-file-priv=",
        "--innodb-buffer-pool-size=64M",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--max-connections=200",
    ]


def _call(program: str, *arguments: str) -> None:
    done = subprocess.run([_path(program), *arguments], capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}")


def _path(program: str) -> str:
    found = shutil.which(program, path=PLACES)
    if found is None:
        raise FileNotFoundError(program)
    return found


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until_now(lambda: server.poll() is not None or _answers(port), timeout_s=START_S)
    if server.poll() is not None:
        raise RuntimeError(f"MariaDB did not start: {log.read_text(errors='replace')[-3000:]}")


def _answers(port: int) -> bool:
    try:
        pymysql.Connection(host="127.0.0.1", port=port, user="root", ssl_disabled=True).close()
    except pymysql.Error:
        return False
    return True
