"""The connectors that the contract holds, each over a file with the same small table."""

import os
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import duckdb

from app.connectors.base import Cell, CheckedStatement, Connector, Limits, ResultSet
from app.connectors.catalog import Catalog, DataType, TableProfile
from app.connectors.child_pool import ChildPool
from app.connectors.endpoint import Endpoint, take_apart
from app.connectors.survey import ServerConnector
from app.core.egress import EgressRules
from app.core.engines import TlsMode
from tests.waiting import until, until_given

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


async def _no_state() -> object:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One connector under test, and what its engine needs said in its own way."""

    connector: Connector
    not_a_number: str
    """Expression that computes a number which is none (NULL where the engine has no such number)."""
    infinity: str = "9e999"
    """Expression that computes an infinite number (NULL where the engine has none)."""
    many_rows: str
    """FROM clause of a hundred thousand rows `i`."""
    endless: str = ENDLESS
    """A statement that does not end by itself."""
    state: Callable[[], Awaitable[object]] = _no_state
    """Everything that a statement could have changed."""

    async def query(self, sql: str, *, max_rows: int = 100, max_bytes: int = 10**6, timeout_s: float = 20) -> ResultSet:
        """Runs `sql` as if the gate had passed it."""
        statement = CheckedStatement(sql, self.connector.dialect, ())
        return await self.connector.query(statement, Limits(max_rows, max_bytes, timeout_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSubject(Subject):
    """A connector over a file, whose statements run in children of `pool`."""

    pool: ChildPool
    path: Path
    open: Callable[[Path, Catalog], Connector]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSubject(Subject):
    """A connector to a database server; beside the common table there is `itens`, which refers to it."""

    connector: ServerConnector
    running: Callable[[], Awaitable[int]]
    """How many statements of the connector the server runs now, by its own account."""
    connections: int
    """Most connections that the connector may have open."""
    settings: str
    """A query that shows settings of the session."""
    leaving: tuple[str, ...]
    """Statements that would leave something in the session."""
    cells: tuple[tuple[str, Cell, DataType], ...]
    """Expressions with the cell and the type in which they have to arrive."""


Record = Callable[[str, object], None]
"""pytest's `record_property`: what a test found out beside its verdict, for `make contract` to print."""


GONE_WITHIN_S = 2.0
"""How soon nothing may run any more of a statement that was cancelled or beyond its deadline."""


async def seen_gone(process_id: int, *, within_s: float) -> float:
    """Waits until there is no such process, and gives the seconds. Raises TimeoutError."""

    def is_gone() -> bool:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        return False

    started = time.monotonic()
    await until(is_gone, timeout_s=within_s)
    return time.monotonic() - started


async def seen_running(subject: ServerSubject, count: int, *, within_s: float) -> float:
    """Waits until the server itself lists `count` running statements, and gives the seconds. Raises TimeoutError."""

    async def is_so() -> bool:
        return await subject.running() == count

    started = time.monotonic()
    await until_given(is_so, timeout_s=within_s)
    return time.monotonic() - started


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


LOCAL = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),))
"""Lets connections lead to this machine, where the tests' servers are."""


def postgres_endpoint(url: str, **values: Any) -> Endpoint:
    """The connection that `url` describes, without TLS; `values` replace fields."""
    return replace(Endpoint(**{**take_apart(url), "tls": TlsMode.DISABLE}), **values)


SERVER_TYPES = {
    "postgres": {
        "integer": "BIGINT", "text": "TEXT", "real": "DOUBLE PRECISION", "date": "DATE", "time": "TIME",
        "timestamp": "TIMESTAMP", "boolean": "BOOLEAN",
    },
    "mysql": {
        "integer": "BIGINT", "text": "VARCHAR(100)", "real": "DOUBLE", "date": "DATE", "time": "TIME",
        "timestamp": "DATETIME(6)", "boolean": "BOOLEAN",
    },
    "tsql": {
        "integer": "BIGINT", "text": "VARCHAR", "real": "DOUBLE", "date": "DATE", "time": "TIME",
        "timestamp": "TIMESTAMP", "boolean": "BOOLEAN",
    },
}  # fmt: skip


def server_tables(dialect: str) -> tuple[str, ...]:
    """The statements that make and fill the table on a server, and one that refers to it."""
    columns = COLUMNS.format(**SERVER_TYPES[dialect]).replace("id BIGINT", "id BIGINT PRIMARY KEY")
    return (
        f"CREATE TABLE {TABLE} ({columns})",
        f"INSERT INTO {TABLE} VALUES {ROWS.format(true='TRUE', false='FALSE')}",
        f"CREATE TABLE itens (venda BIGINT NOT NULL, numero INTEGER NOT NULL, PRIMARY KEY (venda, numero),"
        f" FOREIGN KEY (venda) REFERENCES {TABLE} (id))",
    )


POSTGRES_CELLS: tuple[tuple[str, Cell, DataType], ...] = (
    ("9223372036854775807::bigint", 2**63 - 1, DataType.INTEGER),
    ("12345678901234567890123456789::numeric", 12345678901234567890123456789, DataType.INTEGER),
    ("0.10::numeric(9, 2)", Decimal("0.10"), DataType.REAL),
    ("'NaN'::numeric", None, DataType.REAL),
    ("true", 1, DataType.BOOLEAN),
    ("'2024-02-29'::date", "2024-02-29", DataType.DATE),
    ("'infinity'::date", "infinity", DataType.DATE),
    ("'0044-03-15 BC'::date", "0044-03-15 BC", DataType.DATE),
    ("'2024-02-29 12:00:00.123456-03'::timestamptz", "2024-02-29 15:00:00.123456+00", DataType.TIMESTAMP),
    ("'24:00'::time", "24:00:00", DataType.TIME),
    ("'1 mon 2 days'::interval", "P1M2D", DataType.TEXT),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", DataType.TEXT),
    ("""'{"a": [1, 2.50]}'::json""", '{"a": [1, 2.50]}', DataType.TEXT),
    ("""'{"a": 1}'::jsonb""", '{"a": 1}', DataType.TEXT),
    (r"'\x00ff'::bytea", b"\x00\xff", DataType.TEXT),
    ("ARRAY[1, NULL, 3]", "[1, null, 3]", DataType.TEXT),
    ("ARRAY['é', NULL]", '["é", null]', DataType.TEXT),
    ("ARRAY[1.50, 2]::numeric[]", '["1.50", "2"]', DataType.TEXT),
    ("'10.0.0.0/8'::cidr", "10.0.0.0/8", DataType.TEXT),
    ("'[1,5)'::int4range", "[1,5)", DataType.TEXT),
    ("B'101'", "101", DataType.TEXT),
    ("'(1,2)'::point", "[1.0, 2.0]", DataType.TEXT),
    ("'x'::text", "x", DataType.TEXT),
    ("NULL::int", None, DataType.INTEGER),
)


MYSQL_CELLS: tuple[tuple[str, Cell, DataType], ...] = (
    ("9223372036854775807", 2**63 - 1, DataType.INTEGER),
    ("18446744073709551615", 2**64 - 1, DataType.INTEGER),
    ("12345678901234567890123456789", 12345678901234567890123456789, DataType.INTEGER),
    ("CAST(0.10 AS DECIMAL(9, 2))", Decimal("0.10"), DataType.REAL),
    ("CAST(3 AS DECIMAL(9, 0))", 3, DataType.INTEGER),
    ("1e10", 1e10, DataType.REAL),
    ("true", 1, DataType.INTEGER),
    ("DATE '2024-02-29'", "2024-02-29", DataType.DATE),
    ("CAST('0000-00-00' AS DATE)", "0000-00-00", DataType.DATE),
    ("TIMESTAMP '2024-02-29 12:00:00.123450'", "2024-02-29 12:00:00.12345", DataType.TIMESTAMP),
    ("CAST('-838:59:59' AS TIME)", "-838:59:59", DataType.TIME),
    ("CAST(b'101' AS UNSIGNED)", 5, DataType.INTEGER),
    ("""JSON_OBJECT('a', 1)""", '{"a": 1}', DataType.TEXT),
    ("X'00ff'", b"\x00\xff", DataType.TEXT),
    ("_latin1 X'e9'", "é", DataType.TEXT),
    ("ST_GeomFromText('POINT(1 -2.5)', 4326)", "POINT(1 -2.5)", DataType.TEXT),
    (
        "ST_GeomFromText('MULTIPOLYGON(((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1)))')",
        "MULTIPOLYGON(((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1)))",
        DataType.TEXT,
    ),
    (
        "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')",
        "GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))",
        DataType.TEXT,
    ),
    ("'x'", "x", DataType.TEXT),
    ("NULL", None, DataType.TEXT),
)


SQLSERVER_CELLS: tuple[tuple[str, Cell, DataType], ...] = (
    ("CAST(9223372036854775807 AS bigint)", 2**63 - 1, DataType.INTEGER),
    ("CAST('12345678901234567890123456789' AS decimal(38, 0))", 12345678901234567890123456789, DataType.INTEGER),
    (
        "CAST('-12345678901234567890.123456789' AS decimal(38, 9))",
        Decimal("-12345678901234567890.123456789"),
        DataType.REAL,
    ),
    ("CAST(0.10 AS decimal(9, 2))", Decimal("0.10"), DataType.REAL),
    ("CAST(1 AS bit)", 1, DataType.BOOLEAN),
    ("CAST(0.1 AS float)", 0.1, DataType.REAL),
    ("CAST('2024-02-29' AS date)", "2024-02-29", DataType.DATE),
    ("CAST('0001-01-01' AS date)", "0001-01-01", DataType.DATE),
    ("CAST('23:59:59.123456' AS time)", "23:59:59.123456", DataType.TIME),
    ("CAST('2024-02-29 12:00:00.5' AS datetime2)", "2024-02-29 12:00:00.5", DataType.TIMESTAMP),
    (
        "CAST('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS uniqueidentifier)",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        DataType.TEXT,
    ),
    ("N'é ☃ 🎈'", "é ☃ 🎈", DataType.TEXT),
    ("CAST('ab' AS varbinary(10))", b"ab", DataType.TEXT),
    ("CAST(NULL AS int)", None, DataType.INTEGER),
)


def catalog_of(dialect: str, *tables: str) -> Catalog:
    """A catalog that names tables and nothing more."""
    return Catalog(dialect, tuple(TableProfile(name, name, None, ()) for name in tables))
