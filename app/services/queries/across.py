"""Several sources of one agent as one: what a statement reads is fetched from each and joined here.

The join runs in a child's locked DuckDB over a private file, which is gone when the statement ends.
"""

import asyncio
import logging
import sqlite3
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from sqlglot import exp, parse_one

from app.agentgraph.context import Part
from app.agentgraph.outcome import Extract
from app.connectors.base import CheckedStatement, Connector, Limits, ResultSet
from app.connectors.catalog import Catalog, ColumnProfile, DataType, ForeignKey, TableProfile, ValueMatch
from app.connectors.registry import Registry
from app.connectors.sql_gate import check
from app.core.errors import RefusedByPolicy, SqlInvalid, TooManyRows
from app.core.storage import COLUMNAR, DATABASE
from app.ingestion.columnar import copy_sqlite
from app.ingestion.duck import duck
from app.services.engine.open_sources import OpenSource

DIALECT = "duckdb"
MAX_BYTES = 100 * 1024**2
_log = logging.getLogger(__name__)
_AFFINITY = {DataType.INTEGER: "INTEGER", DataType.BOOLEAN: "INTEGER", DataType.REAL: "REAL"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a table of the joined source really is."""

    part: Part
    table: TableProfile
    """Under the name that its own source gives it."""


class AcrossValues:
    """The value indexes of several parts as one, under the names of the joined source."""

    def __init__(self, places: dict[str, _Place], parts: tuple[Part, ...]) -> None:
        self._names = {(place.part.name, place.table.name): name for name, place in places.items()}
        self._parts = parts

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The best matches over all `phrases`, best first. Blocks: call off the loop."""
        wanted = list(phrases)
        found = [
            replace(match, table=self._names[part.name, match.table])
            for part in self._parts
            for match in part.values.lookup(wanted, limit=limit)
            if (part.name, match.table) in self._names
        ]
        return sorted(found, key=lambda match: -match.score)

    def close(self) -> None:
        """Does nothing: the indexes belong to the parts."""


class AcrossConnector:
    """Asks several sources at once, for one run."""

    dialect = DIALECT

    def __init__(
        self,
        registry: Registry,
        catalog: Catalog,
        places: dict[str, _Place],
        extracts: list[Extract],
        *,
        max_rows: int,
    ) -> None:
        """`max_rows` of one table are fetched; a larger one fails the statement, as a part would be wrong."""
        self._registry = registry
        self._catalog = catalog
        self._places = places
        self._extracts = extracts
        self._max_rows = max_rows

    async def introspect(self) -> Catalog:
        """The tables of all parts."""
        return self._catalog

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Fetches what the statement reads and runs it; see `Connector.query`. Raises TooManyRows as well.

        A statement over one source alone runs there, unless it says something that only the join's dialect knows.
        """
        parts = {self._places[name].part.name: self._places[name].part for name in statement.tables}
        if len(parts) == 1:
            rows = await self._on_one(next(iter(parts.values())), statement, limits)
            if rows is not None:
                return rows
        wanted = self._wanted(statement)
        fetched = await asyncio.gather(*(self._fetch(name, columns, limits) for name, columns in wanted.items()))
        tables = dict(zip(wanted, fetched, strict=True))
        with tempfile.TemporaryDirectory(prefix="agentgraph-") as folder:
            connector = await self._joined(Path(folder), wanted, tables)
            return await connector.query(statement, limits)

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Plans the statement over empty tables."""
        wanted = self._wanted(statement)
        nothing = {name: ResultSet((), (), truncated=False, elapsed_s=0.0) for name in wanted}
        with tempfile.TemporaryDirectory(prefix="agentgraph-") as folder:
            connector = await self._joined(Path(folder), wanted, nothing)
            await connector.explain(statement, timeout_s)

    async def close(self) -> None:
        """Does nothing: the parts are closed by who opened them."""

    def _wanted(self, statement: CheckedStatement) -> dict[str, tuple[ColumnProfile, ...]]:
        """The columns to fetch of each table that the statement reads: those whose names it speaks of, else all."""
        spoken = {word.casefold() for word in _identifiers(statement.sql)}
        found = {}
        for name in dict.fromkeys(statement.tables):
            columns = self._places[name].table.columns
            used = tuple(column for column in columns if column.name.casefold() in spoken)
            found[name] = columns if "*" in statement.sql.replace("(*)", "") or not used else used
        return found

    async def _on_one(self, part: Part, statement: CheckedStatement, limits: Limits) -> ResultSet | None:
        """The rows of a statement in its source's own dialect; None when it cannot be said or run there."""
        names = {name.casefold(): place.table.name for name, place in self._places.items()}
        tree = parse_one(statement.sql, read=DIALECT)
        for table in list(tree.find_all(exp.Table)):
            if table.name.casefold() in names:
                table.replace(_reference(names[table.name.casefold()], alias=table.alias_or_name))
        try:
            checked = _gated(part, tree.sql(dialect=part.connector.dialect))
            rows = await self._timed(part, checked, limits)
        except (SqlInvalid, RefusedByPolicy) as error:
            _log.info("a statement over one source is run on its fetched tables instead: %s", error.code)
            return None
        return rows

    async def _fetch(self, name: str, columns: tuple[ColumnProfile, ...], limits: Limits) -> ResultSet:
        place = self._places[name]
        part, table = place.part, place.table
        selected = exp.select(*(exp.column(column.name, quoted=True) for column in columns))
        checked = _gated(part, selected.from_(_reference(table.name)).sql(dialect=part.connector.dialect))
        rows = await self._timed(part, checked, Limits(self._max_rows, MAX_BYTES, limits.timeout_s))
        if rows.truncated:
            raise TooManyRows(limit=self._max_rows)
        return rows

    async def _timed(self, part: Part, statement: CheckedStatement, limits: Limits) -> ResultSet:
        started = time.perf_counter()
        rows = await part.connector.query(statement, limits)
        self._extracts.append(Extract(part.name, statement.shown, len(rows.rows), time.perf_counter() - started))
        return rows

    async def _joined(
        self, folder: Path, wanted: dict[str, tuple[ColumnProfile, ...]], rows: dict[str, ResultSet]
    ) -> Connector:
        tables = {name: replace(self._places[name].table, name=name, columns=wanted[name]) for name in wanted}
        await asyncio.to_thread(_build, folder, tables, rows)
        return self._registry.open_columnar(folder / COLUMNAR, Catalog(DIALECT, tuple(tables.values())))


def across(registry: Registry, parts: tuple[Part, ...], *, max_rows: int) -> OpenSource:
    """The parts as one source; a statement that reads more than `max_rows` of a table fails."""
    places = _places(parts)
    tables = tuple(_renamed(name, place, places) for name, place in places.items())
    catalog, extracts = Catalog(DIALECT, tables), list[Extract]()
    connector = AcrossConnector(registry, catalog, places, extracts, max_rows=max_rows)
    origins = {name: place.part.name for name, place in places.items()}
    return OpenSource(connector, catalog, AcrossValues(places, parts), parts=parts, extracts=extracts, origins=origins)


def _places(parts: tuple[Part, ...]) -> dict[str, _Place]:
    """Every table of every part, under a name that no other has."""
    places: dict[str, _Place] = {}
    for part in parts:
        for table in part.catalog.tables:
            base = table.name.replace(".", "_")
            name, number = base, 1
            while name.casefold() in {taken.casefold() for taken in places}:
                number += 1
                name = f"{base}_{number}"
            places[name] = _Place(part, table)
    return places


def _renamed(name: str, place: _Place, places: dict[str, _Place]) -> TableProfile:
    own = {other.table.name: new for new, other in places.items() if other.part is place.part}
    keys = tuple(
        ForeignKey(key.column, own[key.references_table], key.references_column)
        for key in place.table.foreign_keys
        if key.references_table in own
    )
    return replace(place.table, name=name, foreign_keys=keys)


def _gated(part: Part, sql: str) -> CheckedStatement:
    """A statement for one part alone, under its own rules."""
    tables = [table.name for table in part.catalog.tables]
    return check(sql, dialect=part.connector.dialect, tables=tables, policy=part.policy)


def _reference(name: str, *, alias: str | None = None) -> exp.Table:
    schema, _, table = name.rpartition(".")
    return exp.table_(table, db=schema or None, quoted=True, alias=alias)


def _identifiers(sql: str) -> Iterable[str]:
    return (identifier.name for identifier in parse_one(sql, read=DIALECT).find_all(exp.Identifier))


def _build(folder: Path, tables: dict[str, TableProfile], rows: dict[str, ResultSet]) -> None:
    """Writes the rows to an SQLite file and copies that into the DuckDB file, with the types of the profiles."""
    path = folder / DATABASE
    with closing(sqlite3.connect(path)) as database:
        for name, table in tables.items():
            declared = ", ".join(f"{_quoted(c.name)} {_AFFINITY.get(c.type, 'TEXT')}" for c in table.columns)
            database.execute(f"CREATE TABLE {_quoted(name)} ({declared})")
            marks = ", ".join("?" * len(table.columns))
            cells = ([_plain(cell) for cell in row] for row in rows[name].rows)
            database.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", cells)  # noqa: S608 (quoted names)
        database.commit()
    with duck(folder) as con:
        copy_sqlite(con, path, folder / COLUMNAR, tables)


def _plain(cell: object) -> object:
    """A cell as SQLite takes it: decimals become numbers."""
    return cell if cell is None or isinstance(cell, int | float | str | bytes) else float(str(cell))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
