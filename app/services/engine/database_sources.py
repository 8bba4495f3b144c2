"""The databases that this process has open, each with its catalog, which is compared with the database at times."""

import asyncio
import logging
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from app.connectors.catalog import CATALOG_JSON, Catalog, TableProfile, ValueMatch
from app.connectors.survey import ServerConnector, fingerprint_of
from app.connectors.value_index import SqliteValueIndex
from app.core.db import SYSTEM, Database, acting
from app.core.errors import NotReady, SourceMissing, TimedOut
from app.models import SurveyState
from app.repositories import databases
from app.repositories.agents import AskedDatabase
from app.services.engine.database_access import DatabaseAccess
from app.services.engine.open_sources import OpenSource, Shelf
from app.services.jobs.jobs import HeldJobs

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _OpenDatabase:
    """One database as a process has it open."""

    connector: ServerConnector
    catalog: Catalog
    values: "LiveValues"
    fingerprint: str
    looked_at: float
    """When it was last seen to be as `catalog` says, by this process's monotonic clock."""
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def close(self) -> None:
        """Ends running statements and closes all connections."""
        await self.connector.close()
        self.values.close()


class LiveValues:
    """A value index without what has gone from the database since it was made."""

    def __init__(self, index: SqliteValueIndex, catalog: Catalog) -> None:
        self._index = index
        self.catalog = catalog

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The best matches over all `phrases`, best first. Blocks: call off the loop."""
        known = {(table.name, column.name) for table in self.catalog.tables for column in table.columns}
        return [match for match in self._index.lookup(phrases, limit=limit) if (match.table, match.column) in known]

    def close(self) -> None:
        """Releases the file."""
        self._index.close()


@dataclass(slots=True)
class DatabaseSources:
    """Opens each snapshot of each connection once a process."""

    database: Database
    access: DatabaseAccess
    jobs: HeldJobs
    _shelf: Shelf[_OpenDatabase] = field(default_factory=Shelf)
    _doubted: set[UUID] = field(default_factory=set)

    @asynccontextmanager
    async def use(self, asked: AskedDatabase) -> AsyncIterator[OpenSource]:
        """The open database, with the schema that it has now when the stored one had to be looked at again.

        Raises NotReady, SourceMissing, and ConnectionFailed in all its forms.
        """
        if asked.state is not SurveyState.READY:
            raise NotReady(state=asked.state.value)
        async with self._shelf.use((asked.snapshot_id, asked.version), lambda: self._opened(asked)) as opened:
            await self._look_again(opened, asked)
            yield OpenSource(opened.connector, opened.catalog, opened.values)

    def doubt(self, asked: AskedDatabase) -> None:
        """Has the schema compared with the database by the next question: a statement did not fit it."""
        self._doubted.add(asked.snapshot_id)

    async def close(self) -> None:
        """Closes everything."""
        await self._shelf.close()

    async def _opened(self, asked: AskedDatabase) -> _OpenDatabase:
        async with self.database.read() as session:
            found = await databases.stored_snapshot(session, asked.snapshot_id)
        if found is None:
            raise SourceMissing
        row, stored = found
        catalog = CATALOG_JSON.validate_python(stored.catalog)
        index = await asyncio.to_thread(_open_index, stored.values)
        return _OpenDatabase(
            connector=self.access.open(self.access.endpoint(row), connections=row.max_connections),
            catalog=catalog,
            values=LiveValues(index, catalog),
            fingerprint=stored.fingerprint,
            looked_at=time.monotonic() - stored.age_s,
        )

    async def _look_again(self, opened: _OpenDatabase, asked: AskedDatabase) -> None:
        async with opened.looking:
            is_old = time.monotonic() - opened.looked_at >= self.access.settings.schema_refresh_s
            if not is_old and asked.snapshot_id not in self._doubted:
                return
            self._doubted.discard(asked.snapshot_id)
            try:
                live = await opened.connector.introspect()
            except TimedOut:
                _log.warning("the schema of database %s took too long to compare; the stored one is used", asked.id)
                return
            opened.looked_at = time.monotonic()
            # What was seen is noted for everybody; the reader may be one with whom the database is only shared.
            with acting(SYSTEM):
                if fingerprint_of(live) == opened.fingerprint:
                    await self._verified(asked)
                else:
                    opened.fingerprint = fingerprint_of(live)
                    opened.catalog = opened.values.catalog = _merged(opened.catalog, live)
                    await self._drifted(asked)

    async def _verified(self, asked: AskedDatabase) -> None:
        async with self.database.transaction() as session:
            await databases.mark_verified(session, asked.snapshot_id)

    async def _drifted(self, asked: AskedDatabase) -> None:
        """Marks what is stored as stale, and has it read anew, once for all processes."""
        async with self.database.transaction() as session:
            before = await databases.mark_drifted(session, asked.snapshot_id)
            if before is not None or await databases.is_being_read(session, asked.id):
                return
            hint = await databases.request_survey(session, asked.id)
        self.jobs.hint_soon([hint])


def _merged(stored: Catalog, live: Catalog) -> Catalog:
    """The live schema, with what was known of the tables that are as they were."""
    known = {table.name: table for table in stored.tables}
    return replace(live, tables=tuple(_known(table, known.get(table.name)) for table in live.tables))


def _known(live: TableProfile, stored: TableProfile | None) -> TableProfile:
    if stored is None:
        return live
    profiles = {(column.name, column.type): column for column in stored.columns}
    columns = tuple(
        replace(profiles.get((column.name, column.type), column), description=column.description)
        for column in live.columns
    )
    return replace(live, columns=columns, rows=stored.rows)


def _open_index(packed: bytes) -> SqliteValueIndex:
    """The index, whose file has no name any more once it is open."""
    with tempfile.TemporaryDirectory(prefix="agentgraph-") as folder:
        path = Path(folder) / "values.sqlite"
        path.write_bytes(zlib.decompress(packed))
        return SqliteValueIndex(path)
