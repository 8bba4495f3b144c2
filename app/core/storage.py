"""The files that an installation keeps: arrivals, immutable versions in generated folders, and what is left behind."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from app.core.config import Settings
from app.core.ids import new_id
from app.core.local_cache import LocalCache
from app.core.objects import Entry, Objects, open_objects, writing

FILES = "files"
UPLOADS = "uploads"
EXPORTS = "exports"
INCOMING = "incoming"
WORK = "work"
_ARCHIVE = "archive-"
COMBINED = "combined"
CACHE = "cache"
RAW = "raw"
MEMBERS = "versions"
"""In a combined database's folder: the ids of the versions that it was made of, one a line."""
DATABASE = "data.sqlite"
VALUES = "values.sqlite"
COLUMNAR = "data.duckdb"
"""Beside `data.sqlite` of a large table only."""


def version_key(file_id: UUID, version_id: UUID) -> str:
    """Folder of all that belongs to one version: its raw bytes, and the artefacts of each attempt to read them."""
    return f"{FILES}/{file_id}/{version_id}"


def raw_key(file_id: UUID, version_id: UUID) -> str:
    """The raw bytes of one version."""
    return f"{version_key(file_id, version_id)}/{RAW}"


def chunk_key(upload_id: UUID, index: int, sha256: str) -> str:
    """One chunk of an upload; its content is part of the name, so that two senders never mix."""
    return f"{UPLOADS}/{upload_id}/{index}-{sha256}"


def attempt_key(version_id: UUID, fence: int) -> str:
    """Local folder of one attempt to read a version."""
    return f"{WORK}/{version_id}-{fence}"


def archive_key(export_id: UUID, fence: int) -> str:
    """Local folder of one attempt to make the archive of somebody's own data."""
    return f"{WORK}/{_ARCHIVE}{export_id}-{fence}"


def export_key(owner_id: UUID, export_id: UUID) -> str:
    """The archive of somebody's own data; all of a person's are in one folder."""
    return f"{EXPORTS}/{owner_id}/{export_id}/archive.zip"


class Arrival:
    """Bytes that are coming in: counted and hashed as they are written.

    Its methods block, so call them in a thread, and raise StorageFull and Unavailable.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._hash = hashlib.sha256()
        with writing():
            self._file: BinaryIO = path.open("xb", buffering=0)
        # The system drops the lock when this process dies: then the file is nobody's.
        fcntl.flock(self._file.fileno(), fcntl.LOCK_EX)

    def write(self, data: bytes | bytearray) -> None:
        """Appends `data`."""
        view = memoryview(data)
        with writing():
            while view:
                view = view[self._file.write(view) :]
        self._hash.update(data)
        self.size_bytes += len(data)

    def close(self) -> str:
        """Makes the bytes durable; gives their SHA-256 in hexadecimal."""
        with writing():
            os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Removes what came, when it is still here."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class FileStore:
    """The store of versions, with a local folder for what is on its way in, being made, or copied from the store."""

    def __init__(self, root: Path, objects: Objects, *, cache_bytes: int) -> None:
        self.root = root.resolve()
        self.objects = objects
        self._cache = LocalCache(self.root / CACHE, max_bytes=cache_bytes)

    async def check(self) -> None:
        """Raises OSError, or what the bucket's client raises, unless files can be written here and read there."""
        await asyncio.to_thread(self._write_and_remove)
        await self.objects.entries(f"{FILES}/none")

    def _write_and_remove(self) -> None:
        probe = self.path(f"{INCOMING}/probe-{new_id()}")
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"probe")
        probe.unlink()

    def path(self, key: str) -> Path:
        """A place in the local folder."""
        return self.root / key

    def arrival(self) -> Arrival:
        """A new, empty arrival."""
        folder = self.root / INCOMING
        with writing():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Arrival(folder / new_id().hex)

    async def publish(self, folder: Path, key: str) -> int:
        """Puts all files of the local `folder` under `key`; gives their bytes."""
        size = 0
        for path in await asyncio.to_thread(lambda: sorted(folder.iterdir())):
            size += path.stat().st_size
            await self.objects.put(f"{key}/{path.name}", path)
        return size

    @asynccontextmanager
    async def use(self, key: str) -> AsyncIterator[Path]:
        """A local folder with the artefacts of a version, whatever they are; it stays until the block ends."""
        here = self.objects.folder(key)
        if here is not None:
            yield here
            return
        async with self._cache.use(key.replace("/", "_"), lambda folder: self._fetch(key, folder)) as folder:
            yield folder

    async def fetched(self, key: str, folder: Path) -> Path:
        """The object `key` as a local file: where it is, or else copied into `folder`. Raises FileNotFoundError."""
        here = self.objects.folder(key)
        return here if here is not None else await self._download(key, folder)

    async def _fetch(self, key: str, folder: Path) -> None:
        for entry in await self.objects.entries(key):
            if entry.key.rpartition("/")[0] == key and not entry.key.endswith(f"/{RAW}"):
                await self._download(entry.key, folder)

    async def _download(self, key: str, folder: Path) -> Path:
        target = folder / key.rpartition("/")[2]
        with await asyncio.to_thread(target.open, "wb", buffering=0) as file:
            async for piece in self.objects.read(key):
                await asyncio.to_thread(file.write, piece)
        return target

    async def forget(self, version_ids: Sequence[UUID]) -> int:
        """Removes this machine's copies of versions and what was made of them; gives how many pieces.

        What somebody reads at this moment stays until `copied_versions` is looked at again.
        """
        return await asyncio.to_thread(self._forget, {str(version_id) for version_id in version_ids})

    def _forget(self, versions: set[str]) -> int:
        names = [name for name in self._cache.names() if _version_in(name) in versions]
        folders = [path for path in self._local(COMBINED) if versions.intersection(_members(path))]
        for path in folders:
            shutil.rmtree(path, ignore_errors=True)
        return sum(self._cache.remove(name) for name in names) + len(folders) + self._forget_attempts(versions)

    async def copied_versions(self) -> list[UUID]:
        """Ids of the versions of which this machine has a copy, or something made of them."""
        return await asyncio.to_thread(self._copied_versions)

    def _copied_versions(self) -> list[UUID]:
        found = {_version_in(name) for name in self._cache.names()}
        found.update(member for path in self._local(COMBINED) for member in _members(path))
        return [UUID(version) for version in found if version]

    async def attempted_versions(self, *, after_s: float) -> list[UUID]:
        """Ids of the versions of which this machine has the folder of an attempt that has rested for so long."""
        return await asyncio.to_thread(self._attempted_versions, after_s)

    def _attempted_versions(self, after_s: float) -> list[UUID]:
        rested = [path.name for path in self._local(WORK) if _age_s(path) > after_s]
        return [UUID(name.rpartition("-")[0]) for name in rested if not name.startswith(_ARCHIVE)]

    async def forget_attempts(self, version_ids: Sequence[UUID]) -> int:
        """Removes the folders of all attempts to read these versions; gives how many."""
        return await asyncio.to_thread(self._forget_attempts, {str(version_id) for version_id in version_ids})

    def _forget_attempts(self, versions: set[str]) -> int:
        folders = [path for path in self._local(WORK) if path.name.rpartition("-")[0] in versions]
        for path in folders:
            shutil.rmtree(path, ignore_errors=True)
        return len(folders)

    async def remove_abandoned(self, *, work_after_s: float, combined_after_s: float) -> int:
        """Removes from the local folder what dead processes and old times left; gives how many pieces."""
        return await asyncio.to_thread(self._remove_abandoned, work_after_s, combined_after_s)

    def _remove_abandoned(self, work_after_s: float, combined_after_s: float) -> int:
        arrivals = [path for path in self._local(INCOMING) if _is_abandoned(path)]
        for path in arrivals:
            path.unlink(missing_ok=True)
        old = [path for path in self._local(WORK) if _age_s(path) > work_after_s]
        old += [path for path in self._local(COMBINED) if _age_s(path) > combined_after_s]
        # Copies that are being fetched carry a second name after a dot.
        old += [path for path in self._local(CACHE) if path.is_dir() and path.suffix and _age_s(path) > work_after_s]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(arrivals) + len(old)

    def _local(self, name: str) -> list[Path]:
        folder = self.root / name
        return list(folder.iterdir()) if folder.is_dir() else []


def open_store(settings: Settings) -> FileStore:
    """The store for `settings`; nothing is connected yet."""
    return FileStore(settings.data_dir, open_objects(settings), cache_bytes=settings.storage_cache_bytes)


def folders_of(entries: Iterable[Entry], *, depth: int) -> dict[str, float]:
    """The folders `depth` names deep that hold `entries`, each with the age of its youngest object in seconds."""
    ages: dict[str, float] = {}
    for entry in entries:
        parts = entry.key.split("/")
        if len(parts) > depth:
            folder = "/".join(parts[:depth])
            ages[folder] = min(entry.age_s, ages.get(folder, entry.age_s))
    return ages


def _version_in(name: str) -> str:
    """The version in the name of a cached copy, `files_<file>_<version>[_<attempt>]`."""
    return name.split("_")[2]


def _members(folder: Path) -> list[str]:
    try:
        return (folder / MEMBERS).read_text("ascii").split()
    except FileNotFoundError:
        return []


def _is_abandoned(path: Path) -> bool:
    """Whether no living process writes to an arrival; a moment is left for its maker to lock it."""
    try:
        if _age_s(path) < 1:
            return False
        with path.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        return False
    return True


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
