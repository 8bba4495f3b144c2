"""The connectors that the contract holds, each over a file with the same small table."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from app.connectors.base import CheckedStatement, Connector, Limits, ResultSet
from app.connectors.catalog import Catalog, TableProfile
from app.connectors.child_pool import ChildPool

COLUMNS = (
    "id {integer}, região {text}, valor {real}, grande {integer}, dia {date}, hora {time}, visto {timestamp},"
    " pago {boolean}"
)
ROWS = (
    "(1, 'Sul', 10.5, 9223372036854775807, '2024-01-02', '10:30:00', '2024-01-02 10:30:00', {true}),"
    " (2, 'Norte', NULL, -9223372036854775808, '2024-02-03', NULL, NULL, {false}),"
    " (3, 'Maçã ☃', 2.0, NULL, NULL, '23:59:59', '2024-12-31 23:59:59.5', NULL)"
)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
TABLE = "vendas"


@dataclass(frozen=True, slots=True)
class Subject:
    """One connector under test, and what its engine needs said in its own way."""

    connector: Connector
    pool: ChildPool
    path: Path
    open: Callable[[Path, Catalog], Connector]
    not_a_number: str
    """Expression that computes a number which is none."""
    many_rows: str
    """FROM clause of a hundred thousand rows `i`."""

    async def query(self, sql: str, *, max_rows: int = 100, max_bytes: int = 10**6, timeout_s: float = 20) -> ResultSet:
        """Runs `sql` as if the gate had passed it."""
        statement = CheckedStatement(sql, self.connector.dialect, ())
        return await self.connector.query(statement, Limits(max_rows, max_bytes, timeout_s))


def make_sqlite(path: Path) -> None:
    """The table as an SQLite file."""
    names = ("integer", "text", "real", "date", "time", "timestamp", "boolean")
    with closing(sqlite3.connect(path)) as con:
        con.execute(f"CREATE TABLE {TABLE} ({COLUMNS.format(**{name: name.upper() for name in names})})")
        con.execute(f"INSERT INTO {TABLE} VALUES {ROWS.format(true=1, false=0)}")
        con.commit()


def make_duckdb(path: Path) -> None:
    """The table as a DuckDB file."""
    types = {"integer": "BIGINT", "text": "VARCHAR", "real": "DOUBLE", "date": "DATE", "time": "TIME"}
    with closing(duckdb.connect(path)) as con:
        con.execute(f"CREATE TABLE {TABLE} ({COLUMNS.format(**types, timestamp='TIMESTAMP', boolean='BOOLEAN')})")
        con.execute(f"INSERT INTO {TABLE} VALUES {ROWS.format(true='TRUE', false='FALSE')}")


def catalog_of(dialect: str, *tables: str) -> Catalog:
    """A catalog that names tables and nothing more."""
    return Catalog(dialect, tuple(TableProfile(name, name, None, ()) for name in tables))
