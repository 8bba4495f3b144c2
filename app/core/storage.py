"""The files that an installation keeps: arrivals, versions in generated folders, and what may be removed of them."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from app.core.ids import new_id

FILES = "files"
INCOMING = "incoming"
COMBINED = "combined"
RAW = "raw"
DATABASE = "data.sqlite"
VALUES = "values.sqlite"
COLUMNAR = "data.duckdb"
"""Beside `data.sqlite` of a large table only."""


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A folder that holds one version of a file."""

    key: str
    version_id: UUID
    age_s: float
    """Seconds since something in the folder was last added or removed."""


class Arrival:
    """Bytes that are coming in: counted and hashed as they are written. Its methods block; call them in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = path.open("xb", buffering=0)

    def write(self, data: bytes | bytearray) -> None:
        """Appends `data`."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(data)
        self.size_bytes += len(data)

    def close(self) -> str:
        """Makes the bytes durable; gives their SHA-256 in hexadecimal."""
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Removes what came, when it is still here."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class FileStore:
    """Files below one root; keys are made by the product and never contain what a person typed."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, key: str, name: str | None = None) -> Path:
        """Where `key` is (or the file `name` in it)."""
        folder = self.root / key
        return folder if name is None else folder / name

    def arrival(self) -> Arrival:
        """A new, empty arrival."""
        folder = self.root / INCOMING
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Arrival(folder / new_id().hex)

    def keep(self, arrival: Arrival, file_id: UUID, version_id: UUID) -> str:
        """Moves a closed arrival to its place as `raw`; gives the key of the version's folder."""
        key = f"{FILES}/{file_id}/{version_id}"
        folder = self.path(key)
        folder.mkdir(mode=0o700, parents=True)
        arrival.path.rename(folder / RAW)
        return key

    def age(self, key: str) -> None:
        """Makes a folder look old, so that it is removed by the next sweep if it turns out to have no row."""
        os.utime(self.path(key), (0, 0))

    def remove(self, key: str) -> None:
        """Removes a folder with all it holds, and its parent when that is empty then; harmless when it is gone."""
        folder = self.path(key)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent != self.root and folder.parent.is_dir() and not any(folder.parent.iterdir()):
            folder.parent.rmdir()

    def remove_stale_arrivals(self, *, after_s: float) -> int:
        """Removes arrivals to which nothing was added for `after_s` seconds; gives how many."""
        stale = [path for path in self._entries(INCOMING) if _age_s(path) > after_s]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def versions(self) -> Iterator[StoredVersion]:
        """All version folders that are here."""
        for file_folder in self._entries(FILES):
            for folder in file_folder.iterdir():
                key = f"{FILES}/{file_folder.name}/{folder.name}"
                yield StoredVersion(key=key, version_id=UUID(folder.name), age_s=_age_s(folder))

    def remove_stale_combined(self, *, after_s: float) -> int:
        """Removes combined databases that were not opened for `after_s` seconds; gives how many."""
        stale = [folder for folder in self._entries(COMBINED) if _age_s(folder) > after_s]
        for folder in stale:
            shutil.rmtree(folder, ignore_errors=True)
        return len(stale)

    def _entries(self, name: str) -> list[Path]:
        folder = self.root / name
        return list(folder.iterdir()) if folder.is_dir() else []


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
