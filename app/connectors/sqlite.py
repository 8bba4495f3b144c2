"""SQLite files as a source: checked statements run in killable children, read-only."""

import re
import time
from pathlib import Path
from typing import Any

from app.connectors.base import CheckedStatement, Column, Limits, ResultSet
from app.connectors.catalog import Catalog, DataType
from app.connectors.file_query import ask_child, rows_of, textual_type
from app.connectors.sqlite_pool import SqlitePool

_DECLARED: tuple[tuple[re.Pattern[str], DataType], ...] = (
    (re.compile(r"BOOL"), DataType.BOOLEAN),
    (re.compile(r"DATETIME|TIMESTAMP"), DataType.TIMESTAMP),
    (re.compile(r"^DATE"), DataType.DATE),
    (re.compile(r"^TIME"), DataType.TIME),
    (re.compile(r"INT"), DataType.INTEGER),
    (re.compile(r"CHAR|CLOB|TEXT|STRING"), DataType.TEXT),
    (re.compile(r"REAL|FLOA|DOUB|NUMERIC|DECIMAL|NUMBER|MONEY"), DataType.REAL),
)
_TEXTUAL = frozenset({DataType.TEXT, DataType.DATE, DataType.TIME, DataType.TIMESTAMP})


class SqliteConnector:
    """One SQLite file. Holds no handle of its own: the pool's children keep recent files open."""

    dialect = "sqlite"

    def __init__(self, path: Path, catalog: Catalog, pool: SqlitePool) -> None:
        self._path = path.resolve()
        self._catalog = catalog
        self._pool = pool
        self._tables = sorted(table.name for table in catalog.tables)

    async def introspect(self) -> Catalog:
        """The catalog with which the file was opened."""
        return self._catalog

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Runs one statement; see `Connector.query`. Raises TooManyRows when the child ran out of memory."""
        started = time.monotonic()
        answer = await ask_child(self._pool, "query", self._path, self._tables, statement, limits)
        rows = rows_of(answer)
        return ResultSet(
            columns=_columns(answer["columns"], rows),
            rows=tuple(rows),
            truncated=bool(answer["truncated"]),
            elapsed_s=time.monotonic() - started,
        )

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Prepares the statement in the child without running it."""
        limits = Limits(max_rows=1, timeout_s=timeout_s)
        await ask_child(self._pool, "explain", self._path, self._tables, statement, limits)

    async def close(self) -> None:
        """Does nothing: children and their handles belong to the pool."""


def _columns(described: list[list[str | None]], rows: list[tuple[Any, ...]]) -> tuple[Column, ...]:
    return tuple(
        Column(str(name), _type(declared, [row[place] for row in rows]))
        for place, (name, declared) in enumerate(described)
    )


def _type(declared: str | None, cells: list[Any]) -> DataType:
    """The declared type where the values agree with it, else the type that the values have."""
    seen = {type(cell) for cell in cells if cell is not None}
    named = declared_type(declared)
    if named is not None and (not seen or _agrees(named, seen)):
        return named
    if not seen or seen - {int, float}:
        return textual_type(cells)
    return DataType.INTEGER if seen == {int} else DataType.REAL


def declared_type(declared: str | None) -> DataType | None:
    """The type that a column was declared with; None for words that say none."""
    upper = (declared or "").upper()
    return next((kind for pattern, kind in _DECLARED if pattern.search(upper)), None)


def _agrees(named: DataType, seen: set[type]) -> bool:
    if named in _TEXTUAL:
        return seen == {str}
    return seen == {int} if named in {DataType.INTEGER, DataType.BOOLEAN} else seen <= {int, float}
