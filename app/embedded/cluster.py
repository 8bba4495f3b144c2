"""The folder of a PostgreSQL cluster: made once, complete or not at all, owned by whom PostgreSQL runs as."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Conflict, Unavailable
from app.core.i18n import Text
from app.embedded.binaries import PostgresPrograms
from app.embedded.identity import Identity, Isolation

ADMIN = "postgres"
INITDB_TIMEOUT_S = 120.0
FIRST_WITH_BUILTIN_LOCALE = 17
CHARACTER_TYPES = ("C.UTF-8", "C")
"""Values of LC_CTYPE, best first: pg_trgm still asks the C library which characters are letters, and the locale "C"
knows ASCII only; a machine may lack the other."""

_OTHER_VERSION = Text(
    en="The database in {folder} was made by PostgreSQL {found}, but PostgreSQL {major} is installed here.",
    pt="O banco em {folder} foi criado pelo PostgreSQL {found}, mas aqui está instalado o PostgreSQL {major}.",
)
_NOT_MADE = Text(
    en="PostgreSQL could not make its database in {folder}: {reason}",
    pt="O PostgreSQL não conseguiu criar seu banco em {folder}: {reason}",
)
_OUT_OF_REACH = Text(
    en="PostgreSQL has to run as 'nobody' here and cannot enter {folder}. Choose a data folder that every user may "
    "enter with AGENTGRAPH_DATA_DIR, start AgentGraph as a normal user, or set AGENTGRAPH_DATABASE_URL.",
    pt="Aqui o PostgreSQL precisa rodar como 'nobody' e não consegue entrar em {folder}. Escolha com "
    "AGENTGRAPH_DATA_DIR uma pasta em que todos possam entrar, inicie o AgentGraph como usuário comum ou defina "
    "AGENTGRAPH_DATABASE_URL.",
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster in `folder/cluster`, for these programs and this identity."""

    folder: Path
    programs: PostgresPrograms
    identity: Identity

    @property
    def path(self) -> Path:
        """PGDATA."""
        return self.folder / "cluster"

    def prepare(self, admin_password: str, *, fast: bool) -> PostgresPrograms:
        """Makes the cluster when there is none; gives the programs to run it with, which may be a copy.

        Raises:
            Conflict: the cluster belongs to another major version.
            Unavailable: it cannot be made or reached.
        """
        programs = self._reachable_programs()
        if self.path.exists():
            self._check_version()
            self._own(self.path)
        else:
            self._initialise(programs, admin_password, fast=fast)
        return programs

    def _reachable_programs(self) -> PostgresPrograms:
        """The programs themselves, or a copy beside the cluster when the identity cannot reach them."""
        if self.identity.isolation is not Isolation.NOBODY:
            return self.programs
        self.folder.parent.chmod(0o711)
        self.folder.chmod(0o711)
        if not self.identity.may_enter(self.folder):
            raise Unavailable(_OUT_OF_REACH, folder=str(self.folder))
        if self.identity.runs([str(self.programs.bin / "postgres"), "--version"]):
            return self.programs
        return self.programs.copy_to(self.folder / f"programs-{self.programs.major}")

    def _check_version(self) -> None:
        found = (self.path / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(self.programs.major):
            raise Conflict(_OTHER_VERSION, folder=str(self.path), found=found, major=self.programs.major)

    def _initialise(self, programs: PostgresPrograms, password: str, *, fast: bool) -> None:
        aside = self.folder / "cluster.new"
        password_file = self.folder / "initial-password"
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="ascii")
        os.chown(password_file, self.identity.owner, -1)
        try:
            for character_type in CHARACTER_TYPES:
                shutil.rmtree(aside, ignore_errors=True)
                aside.mkdir(mode=0o700)
                os.chown(aside, self.identity.owner, -1)
                done = self._initdb(programs, aside, password_file, character_type=character_type, fast=fast)
                if done.returncode == 0:
                    break
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise Unavailable(_NOT_MADE, folder=str(self.path), reason=done.stdout.strip()[-500:])
        aside.rename(self.path)

    def _initdb(
        self, programs: PostgresPrograms, target: Path, password_file: Path, *, character_type: str, fast: bool
    ) -> "subprocess.CompletedProcess[str]":
        argv = [*self.identity.prefix, str(programs.bin / "initdb"), "-D", str(target), "-U", ADMIN]
        argv += ["-A", "scram-sha-256", "--pwfile", str(password_file), "-E", "UTF8", "--locale=C"]
        argv += [f"--lc-ctype={character_type}"]
        if self.programs.major >= FIRST_WITH_BUILTIN_LOCALE:
            argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if fast:
            argv.append("--no-sync")
        return subprocess.run(  # noqa: S603 - our own arguments only
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=programs.environment(),
            cwd=self.folder,
            timeout=INITDB_TIMEOUT_S,
            user=self.identity.uid,
            group=self.identity.gid,
            extra_groups=self.identity.groups,
        )

    def _own(self, path: Path) -> None:
        """Gives the files to the present identity: a cluster may have been made under another one."""
        if path.stat().st_uid == self.identity.owner:
            return
        for place in [path, *path.rglob("*")]:
            os.chown(place, self.identity.owner, -1, follow_symlinks=False)
