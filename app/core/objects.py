"""Where stored bytes are: one small interface, a local folder, and any S3-compatible service.

Keys are paths with `/`, made by the product. An object appears whole or not at all and is never changed afterwards.
"""

import asyncio
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore import exceptions
from obstore.store import S3Store

from app.core.config import Settings
from app.core.errors import Unavailable
from app.core.errors.files import StorageFull

if TYPE_CHECKING:
    from obstore.store import S3Config

PIECE_BYTES = 1024**2
PART_BYTES = 16 * 1024**2
PARTS_AT_ONCE = 2
"""Parts of one object that are sent at once; with PART_BYTES it bounds what sending keeps in memory."""
LISTED_AT_ONCE = 1000
S3_TIMEOUT = "120s"
"""Longest time of one request to an S3 service; a larger object takes several."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored object."""

    key: str
    size_bytes: int
    age_s: float
    """Seconds since it was put."""


class Objects(Protocol):
    """A store of immutable objects. All methods raise Unavailable when the store is away."""

    orphan_after_s: float
    """How old an object without a row must be before it counts as left behind."""
    list_every_s: int
    """How often the whole store may be listed, in seconds; 0 as often as one likes."""

    async def put(self, key: str, path: Path) -> None:
        """Makes the file `path` the object `key`; the file is gone from its place afterwards."""
        ...

    async def copy(self, source: str, target: str) -> None:
        """Makes `target` the same object as `source`, without moving bytes through this process."""
        ...

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes of `key`, in pieces. Raises FileNotFoundError."""
        ...

    async def entries(self, prefix: str) -> list[Entry]:
        """All objects below the folder `prefix`."""
        ...

    async def remove(self, prefix: str) -> None:
        """Removes the folder `prefix` with all it holds; harmless when it is gone."""
        ...

    def folder(self, key: str) -> Path | None:
        """Where `key` is on this machine's disk; None when it has to be fetched."""
        ...


@contextmanager
def writing() -> Iterator[None]:
    """The block writes to the local folder. Raises StorageFull or Unavailable in place of the system's errors."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from error
        if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}:
            raise Unavailable from error
        raise


class LocalObjects:
    """Objects as files below one folder; putting is a rename."""

    orphan_after_s = 30.0
    list_every_s = 0

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, path: Path) -> None:
        """See `Objects.put`."""
        await asyncio.to_thread(self._put, key, path)

    def _put(self, key: str, path: Path) -> None:
        target = self._root / key
        with writing():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.replace(target)

    async def copy(self, source: str, target: str) -> None:
        """See `Objects.copy`; a second name of the same bytes."""
        await asyncio.to_thread(self._copy, source, target)

    def _copy(self, source: str, target: str) -> None:
        place = self._root / target
        with writing():
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.link(self._root / source, place)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """See `Objects.read`."""
        with await asyncio.to_thread((self._root / key).open, "rb", buffering=0) as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece

    async def entries(self, prefix: str) -> list[Entry]:
        """See `Objects.entries`."""
        return await asyncio.to_thread(lambda: list(self._walk(prefix)))

    def _walk(self, prefix: str) -> Iterator[Entry]:
        for path in (self._root / prefix).rglob("*"):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            if path.is_file():
                key = path.relative_to(self._root).as_posix()
                yield Entry(key, stat.st_size, age_s=time.time() - max(stat.st_mtime, stat.st_ctime))

    async def remove(self, prefix: str) -> None:
        """See `Objects.remove`; the folder of a file goes with its last version."""
        await asyncio.to_thread(self._remove, prefix)

    def _remove(self, prefix: str) -> None:
        folder = self._root / prefix
        shutil.rmtree(folder, ignore_errors=True)
        if prefix.count("/") > 1:
            with suppress(OSError):
                folder.parent.rmdir()

    def folder(self, key: str) -> Path | None:
        """See `Objects.folder`."""
        return self._root / key


class S3Objects:
    """Objects in a bucket; `s3://bucket/prefix`."""

    # S3 dates an object by the begin of its upload, which may take minutes.
    orphan_after_s = 3600.0
    list_every_s = 600

    def __init__(self, settings: Settings) -> None:
        bucket, _, prefix = str(settings.storage_url).removeprefix("s3://").partition("/")
        key, secret = settings.storage_access_key_id, settings.storage_secret_access_key
        endpoint = settings.storage_endpoint_url
        config: S3Config = {"region": settings.storage_region, "virtual_hosted_style_request": endpoint is None}
        if endpoint is not None:
            config["endpoint"] = endpoint
        if key is not None and secret is not None:
            config["access_key_id"] = key.get_secret_value()
            config["secret_access_key"] = secret.get_secret_value()
        self._store = S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            config=config,
            client_options={"timeout": S3_TIMEOUT, "allow_http": bool(endpoint and endpoint.startswith("http://"))},
        )

    async def put(self, key: str, path: Path) -> None:
        """See `Objects.put`."""
        with _as_unavailable():
            await obstore.put_async(self._store, key, path, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
        await asyncio.to_thread(path.unlink)

    async def copy(self, source: str, target: str) -> None:
        """See `Objects.copy`."""
        with _as_unavailable():
            await obstore.copy_async(self._store, source, target)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """See `Objects.read`."""
        with _as_unavailable():
            found = await obstore.get_async(self._store, key)
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    async def entries(self, prefix: str) -> list[Entry]:
        """See `Objects.entries`."""
        now, found = time.time(), []
        with _as_unavailable():
            async for metas in obstore.list(self._store, prefix, chunk_size=LISTED_AT_ONCE):
                found += [
                    Entry(meta["path"], meta["size"], age_s=now - meta["last_modified"].timestamp()) for meta in metas
                ]
        return found

    async def remove(self, prefix: str) -> None:
        """See `Objects.remove`."""
        keys = [entry.key for entry in await self.entries(prefix)]
        with _as_unavailable():
            for start in range(0, len(keys), LISTED_AT_ONCE):
                await obstore.delete_async(self._store, keys[start : start + LISTED_AT_ONCE])

    def folder(self, key: str) -> Path | None:  # noqa: ARG002  (the interface's argument)
        """See `Objects.folder`: nothing is here."""
        return None


def open_objects(settings: Settings) -> Objects:
    """The store of this installation: an S3 bucket when `storage_url` is set, else the data folder."""
    if settings.storage_url is None:
        return LocalObjects(settings.data_dir.resolve())
    return S3Objects(settings)


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError) as error:
        raise FileNotFoundError from error
    except exceptions.BaseError as error:
        raise Unavailable from error
