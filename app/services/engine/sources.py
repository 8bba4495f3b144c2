"""The files that this process has open, so that a question finds its connector, catalog and value index at hand."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.connectors.catalog import Catalog, ValueMatch
from app.connectors.registry import Registry
from app.connectors.value_index import SqliteValueIndex
from app.core.db import Database
from app.core.errors import NotReady
from app.core.storage import COLUMNAR, DATABASE, VALUES, FileStore
from app.repositories import files
from app.repositories.agents import SourceVersion
from app.services.engine.combined import TableNames, combine, combined_folder
from app.services.engine.described import described
from app.services.engine.open_sources import OpenSource, Shelf


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
class SourceCache:
    """Opens each set of versions once a process; neither a version nor an edition of its descriptions ever changes."""

    database: Database
    store: FileStore
    registry: Registry
    _shelf: Shelf[OpenSource] = field(default_factory=Shelf)

    def use(self, versions: tuple[SourceVersion, ...]) -> AbstractAsyncContextManager[OpenSource]:
        """The open source of `versions`, kept open at least as long as it is used. Raises NotReady."""
        key = tuple((version.version_id, version.edition) for version in versions)
        return self._shelf.use(key, lambda: self._opened(versions))

    async def close(self) -> None:
        """Closes everything."""
        await self._shelf.close()

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
            ids = [version.version_id for version in versions]
            folder = combined_folder(self.store, ids)
            path, catalog, names = await asyncio.to_thread(combine, folder, ids, folders, catalogs)
        indexes = await asyncio.to_thread(_open_indexes, folders)
        values = CombinedValues(list(zip(indexes, names, strict=True)))
        if path.name != COLUMNAR:
            return OpenSource(
                self.registry.open_file(path, catalog), catalog, values, names=tuple(names), pins=pins.pop_all()
            )
        catalog = replace(catalog, dialect="duckdb")
        return OpenSource(
            self.registry.open_columnar(path, catalog), catalog, values, names=tuple(names), pins=pins.pop_all()
        )

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
