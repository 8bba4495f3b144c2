"""DuckDB files, the columnar copies of large tables, as a source: statements run in killable children, read-only."""

import time
from pathlib import Path
from typing import Any

from app.connectors.base import CheckedStatement, Column, Limits, ResultSet
from app.connectors.catalog import Catalog, DataType
from app.connectors.child_pool import ChildPool
from app.connectors.file_query import ask_child, rows_of, textual_type

_TYPES = {
    "BOOLEAN": DataType.BOOLEAN,
    "DATE": DataType.DATE,
    "TIME": DataType.TIME,
    **dict.fromkeys(("FLOAT", "DOUBLE"), DataType.REAL),
}


class DuckdbConnector:
    """One DuckDB file. Cells come in the forms in which SQLite stores them, so that both copies answer alike.

    With `keep` children hold the file open between statements, and no other program can write to it meanwhile.
    """

    dialect = "duckdb"

    def __init__(self, path: Path, catalog: Catalog, pool: ChildPool, *, keep: bool = True) -> None:
        self._path = path.resolve()
        self._catalog = catalog
        self._pool = pool
        self._keep = keep
        self._tables = sorted(table.name for table in catalog.tables)

    async def introspect(self) -> Catalog:
        """The catalog with which the file was opened."""
        return self._catalog

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Runs one statement; see `Connector.query`. Raises TooManyRows when the child ran out of memory."""
        started = time.monotonic()
        answer = await ask_child(self._pool, "query", self._path, self._tables, statement, limits, keep=self._keep)
        rows = rows_of(answer)
        return ResultSet(
            columns=tuple(
                Column(name, _type(kind, [row[place] for row in rows]))
                for place, (name, kind) in enumerate(answer["columns"])
            ),
            rows=tuple(rows),
            truncated=bool(answer["truncated"]),
            elapsed_s=time.monotonic() - started,
        )

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Plans the statement in the child without running it."""
        limits = Limits(max_rows=1, timeout_s=timeout_s)
        await ask_child(self._pool, "explain", self._path, self._tables, statement, limits, keep=self._keep)

    async def close(self) -> None:
        """Does nothing: children and their handles belong to the pool."""


def declared_type(kind: str) -> DataType:
    """The type of a column that DuckDB calls `kind`."""
    return _type(kind, [])


def _type(kind: str, cells: list[Any]) -> DataType:
    if kind in _TYPES:
        return _TYPES[kind]
    if kind.startswith("TIMESTAMP"):
        return DataType.TIMESTAMP
    if kind.startswith("DECIMAL"):
        return DataType.INTEGER if kind.endswith(",0)") else DataType.REAL
    return DataType.INTEGER if kind.endswith("INT") or kind == "INTEGER" else textual_type(cells)
