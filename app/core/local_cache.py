"""Copies of remote folders on this machine's disk: bounded in bytes, the longest unused go first, used ones stay.

All processes of a machine share it. Whoever uses a copy holds a shared lock on the file beside it, which the system
drops when the process dies; only who gets the exclusive lock may remove the copy.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from app.core.ids import new_id

Fetch = Callable[[Path], Awaitable[None]]
LOCK = ".lock"


class LocalCache:
    """Copies of whole folders below `root`, by name."""

    def __init__(self, root: Path, *, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes

    @asynccontextmanager
    async def use(self, name: str, fetch: Fetch) -> AsyncIterator[Path]:
        """The copy called `name`, made by `fetch` when it is not here; it stays at least until the block ends."""
        lock = await asyncio.to_thread(self._pin, name)
        try:
            folder = self._root / name
            if not folder.is_dir():
                await self._fill(folder, fetch)
            yield folder
        finally:
            os.close(lock)

    async def shrink(self) -> int:
        """Removes copies that nobody uses until the rest fits; gives how many went."""
        return await asyncio.to_thread(self._shrink)

    def names(self) -> list[str]:
        """Names of all copies that are here. Blocks."""
        return [path.name.removesuffix(LOCK) for path in self._root.glob(f"*{LOCK}")]

    def remove(self, name: str) -> bool:
        """Removes the copy called `name`; False when somebody uses it or it is gone. Blocks."""
        return self._remove(self._root / f"{name}{LOCK}")

    async def _fill(self, folder: Path, fetch: Fetch) -> None:
        building = folder.with_name(f"{folder.name}.{new_id().hex}")
        await asyncio.to_thread(building.mkdir, 0o700, parents=True)
        try:
            await fetch(building)
            with suppress(OSError):
                # Another process may have been quicker; its copy is the same.
                building.rename(folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, building, ignore_errors=True)
        await self.shrink()

    def _pin(self, name: str) -> int:
        """A descriptor with a shared lock on the copy's lock file."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._root / f"{name}{LOCK}"
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if _is_current(descriptor, path):
                os.utime(path)
                return descriptor
            os.close(descriptor)

    def _shrink(self) -> int:
        by_age = sorted(self._root.glob(f"*{LOCK}"), key=_used_at)
        sizes = {path: _size(path.with_name(path.name.removesuffix(LOCK))) for path in by_age}
        total, removed = sum(sizes.values()), 0
        for path in by_age:
            if total <= self._max_bytes:
                break
            if self._remove(path):
                total -= sizes[path]
                removed += 1
        return removed

    def _remove(self, lock_path: Path) -> bool:
        """Removes the copy beside `lock_path`; False when somebody uses it."""
        try:
            descriptor = os.open(lock_path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_current(descriptor, lock_path):
                return False
            shutil.rmtree(lock_path.with_name(lock_path.name.removesuffix(LOCK)), ignore_errors=True)
            lock_path.unlink()
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True


def _is_current(descriptor: int, path: Path) -> bool:
    """Whether `path` is still the locked file, and was not removed between opening and locking."""
    try:
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(folder: Path) -> int:
    return sum(_bytes_of(path) for path in folder.rglob("*"))


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
