"""The folder of a PostgreSQL cluster: made once, complete or not at all, owned by whom PostgreSQL runs as."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Conflict, Unavailable
from app.core.i18n import Text
from app.embedded.binaries import PostgresPrograms
from app.embedded.identity import Identity, Isolation

ADMIN = "postgres"
NAME = "cluster"
UNFINISHED = "cluster.new"
PASSWORD_FILE = "initial-password"  # noqa: S105 - a file name
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
    en="PostgreSQL may not run as root, and without rights it cannot be run from {folder}. Start AgentGraph as a "
    "normal user, or set AGENTGRAPH_DATABASE_URL.",
    pt="O PostgreSQL não pode rodar como root e, sem privilégios, não roda a partir de {folder}. Inicie o AgentGraph "
    "como usuário comum ou defina AGENTGRAPH_DATABASE_URL.",
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
        return self.folder / NAME

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

    @contextmanager
    def entry(self) -> Iterator[tuple[Path, tuple[int, ...]]]:
        """A path by which the identity reaches `folder`, and the descriptors to pass on with it.

        An identity without rights may not pass through private parents, such as the home of root; an open
        descriptor of the folder itself leads around them, and no permission has to be changed.
        """
        if self.identity.isolation is Isolation.DIRECT:
            yield self.folder, ()
            return
        self.folder.chmod(0o711)
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield Path(f"/proc/self/fd/{descriptor}"), (descriptor,)
        finally:
            os.close(descriptor)

    def _reachable_programs(self) -> PostgresPrograms:
        """The programs themselves, or a copy in a public folder when the identity cannot reach them.

        Here a descriptor does not help: the programs find their libraries by their own real path.
        """
        if self.identity.isolation is Isolation.DIRECT or self._can_run(self.programs):
            return self.programs
        copy = self.identity.public_folder / f"agentgraph-{self.programs.fingerprint()}"
        programs = self.programs.copy_to(copy)
        # In a folder that all may write to, somebody else could have been first with this name.
        if copy.lstat().st_uid != os.geteuid() or copy.lstat().st_mode & 0o022 or not self._can_run(programs):
            raise Unavailable(_OUT_OF_REACH, folder=str(copy))
        return programs

    def _can_run(self, programs: PostgresPrograms) -> bool:
        return self.identity.runs([str(programs.bin / "postgres"), "--version"], environment=programs.environment())

    def _check_version(self) -> None:
        found = (self.path / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(self.programs.major):
            raise Conflict(_OTHER_VERSION, folder=str(self.path), found=found, major=self.programs.major)

    def _initialise(self, programs: PostgresPrograms, password: str, *, fast: bool) -> None:
        password_file = self.folder / PASSWORD_FILE
        password_file.touch(mode=0o600)
        password_file.write_text(password, encoding="ascii")
        os.chown(password_file, self.identity.owner, -1)
        try:
            done = self._first_success(programs, fast=fast)
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise Unavailable(_NOT_MADE, folder=str(self.path), reason=done.stdout.strip()[-500:])
        (self.folder / UNFINISHED).rename(self.path)

    def _first_success(self, programs: PostgresPrograms, *, fast: bool) -> "subprocess.CompletedProcess[str]":
        for character_type in CHARACTER_TYPES:
            unfinished = self.folder / UNFINISHED
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            os.chown(unfinished, self.identity.owner, -1)
            done = self._initdb(programs, character_type, fast=fast)
            if done.returncode == 0:
                break
        return done

    def _initdb(
        self, programs: PostgresPrograms, character_type: str, *, fast: bool
    ) -> "subprocess.CompletedProcess[str]":
        options = ["-U", ADMIN, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", f"--lc-ctype={character_type}"]
        if self.programs.major >= FIRST_WITH_BUILTIN_LOCALE:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if fast:
            options.append("--no-sync")
        with self.entry() as (folder, descriptors):
            places = ["-D", str(folder / UNFINISHED), "--pwfile", str(folder / PASSWORD_FILE)]
            return subprocess.run(  # noqa: S603 - our own arguments only
                [*self.identity.prefix, str(programs.bin / "initdb"), *places, *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                env=programs.environment(),
                cwd="/",
                timeout=INITDB_TIMEOUT_S,
                user=self.identity.uid,
                group=self.identity.gid,
                extra_groups=self.identity.groups,
                pass_fds=descriptors,
            )

    def _own(self, path: Path) -> None:
        """Gives the files to the present identity: a cluster may have been made under another one."""
        if path.stat().st_uid == self.identity.owner:
            return
        for place in [path, *path.rglob("*")]:
            os.chown(place, self.identity.owner, -1, follow_symlinks=False)
