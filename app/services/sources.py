"""The sources that this process has open, so that a question finds its connector, catalog and value index at hand."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from app.connectors.base import Connector
from app.connectors.catalog import Catalog, ValueMatch
from app.connectors.registry import Registry
from app.connectors.value_index import SqliteValueIndex
from app.core.db import Database
from app.core.errors import NotReady
from app.core.storage import COLUMNAR, DATABASE, VALUES, FileStore
from app.repositories import files
from app.repositories.agents import SourceVersion
from app.services.combined import TableNames, combine, combined_folder
from app.services.described import described

MAX_OPEN = 64
"""Sources kept open beyond those in use; each costs a few file descriptors and its catalog."""


@dataclass(frozen=True, slots=True)
class OpenSource:
    """What a run reads of its agent's sources."""

    connector: Connector
    catalog: Catalog
    values: "CombinedValues"
    pins: AsyncExitStack
    """What keeps the files of the source on this machine's disk."""


class CombinedValues:
    """The value indexes of one or several files as one, under the table names of the combined database."""

    def __init__(self, parts: list[tuple[SqliteValueIndex, TableNames]]) -> None:
        self._parts = parts

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The best matches over all `phrases`, best first. Blocks: call off the loop."""
        wanted = list(phrases)
        found = [
            ValueMatch(names.get(m.table, m.table), m.column, m.value, score=m.score, phrase=m.phrase)
            for index, names in self._parts
            for m in index.lookup(wanted, limit=limit)
        ]
        return sorted(found, key=lambda match: -match.score)

    def close(self) -> None:
        """Releases the files."""
        for index, _ in self._parts:
            index.close()


@dataclass(slots=True)
class _Entry:
    opening: "asyncio.Task[OpenSource]"
    users: int = 0


@dataclass(slots=True)
class SourceCache:
    """Opens each set of versions once a process; neither a version nor an edition of its descriptions ever changes."""

    database: Database
    store: FileStore
    registry: Registry
    _open: "OrderedDict[tuple[tuple[UUID, int], ...], _Entry]" = field(default_factory=OrderedDict)

    @asynccontextmanager
    async def use(self, versions: tuple[SourceVersion, ...]) -> AsyncIterator[OpenSource]:
        """The open source of `versions`, kept open at least as long as it is used. Raises NotReady."""
        key = tuple((version.version_id, version.edition) for version in versions)
        entry = self._open.get(key)
        if entry is None:
            entry = self._open[key] = _Entry(asyncio.create_task(self._opened(versions)))
        self._open.move_to_end(key)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.opening)
        except BaseException:
            if entry.opening.done() and _failed(entry.opening):
                self._open.pop(key, None)
            raise
        finally:
            entry.users -= 1
            await self._shrink()

    async def close(self) -> None:
        """Closes everything."""
        entries, self._open = list(self._open.values()), OrderedDict()
        for entry in entries:
            await self._close(entry)

    async def _shrink(self) -> None:
        idle = [key for key, entry in self._open.items() if entry.users == 0]
        for key in idle[: max(0, len(self._open) - MAX_OPEN)]:
            await self._close(self._open.pop(key))

    async def _close(self, entry: _Entry) -> None:
        await asyncio.wait([entry.opening])
        if not _failed(entry.opening):
            source = entry.opening.result()
            await source.connector.close()
            source.values.close()
            await source.pins.aclose()

    async def _opened(self, versions: tuple[SourceVersion, ...]) -> OpenSource:
        catalogs = await self._catalogs(versions)
        async with AsyncExitStack() as stack:
            pins = [await stack.enter_async_context(self.store.use(version.storage_key)) for version in versions]
            return await self._over(versions, catalogs, pins, stack)

    async def _over(
        self, versions: tuple[SourceVersion, ...], catalogs: list[Catalog], folders: list[Path], pins: AsyncExitStack
    ) -> OpenSource:
        if len(versions) == 1:
            path, catalog, names = await asyncio.to_thread(_fastest, folders[0]), catalogs[0], [TableNames()]
        else:
            folder = combined_folder(self.store, [version.version_id for version in versions])
            path, catalog, names = await asyncio.to_thread(combine, folder, folders, catalogs)
        indexes = await asyncio.to_thread(_open_indexes, folders)
        values = CombinedValues(list(zip(indexes, names, strict=True)))
        if path.name != COLUMNAR:
            return OpenSource(self.registry.open_file(path, catalog), catalog, values, pins.pop_all())
        catalog = replace(catalog, dialect="duckdb")
        return OpenSource(self.registry.open_columnar(path, catalog), catalog, values, pins.pop_all())

    async def _catalogs(self, versions: tuple[SourceVersion, ...]) -> list[Catalog]:
        async with self.database.read() as session:
            stored = await files.catalogs(session, [version.version_id for version in versions])
        for version in versions:
            if version.version_id not in stored:
                raise NotReady(state=version.state)
        return [described(stored[version.version_id]) for version in versions]


def _fastest(folder: Path) -> Path:
    """The columnar copy where there is one, else the stored form."""
    columnar = folder / COLUMNAR
    return columnar if columnar.exists() else folder / DATABASE


def _open_indexes(folders: list[Path]) -> list[SqliteValueIndex]:
    return [SqliteValueIndex(folder / VALUES) for folder in folders]


def _failed(opening: "asyncio.Task[OpenSource]") -> bool:
    return opening.cancelled() or opening.exception() is not None
