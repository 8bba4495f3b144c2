"""Databases through their SQLAlchemy dialect, inside a child: one connection a request, which is never committed.

Drivers block and few of them can be interrupted, so that the parent kills the child at the deadline or on cancel; the
socket closes with it.
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import ip_network
from math import isfinite
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, exc
from sqlalchemy.pool import NullPool

from app.connectors.base import Cell, Limits
from app.connectors.catalog import DataType
from app.connectors.cells import Taken, whole_numbers
from app.connectors.children.dialect_schema import describe
from app.connectors.children.egress import EgressWall
from app.connectors.children.protocol import tagged
from app.connectors.endpoint import Endpoint, tls_context
from app.core.egress import EgressRules
from app.core.engines import EngineKind, TlsMode

_LARGEST = 2**63
_GROUPS = (
    ("BOOLEAN", DataType.BOOLEAN),
    ("BIGINTEGER", DataType.INTEGER),
    ("BIGINT", DataType.INTEGER),
    ("INTEGER", DataType.INTEGER),
    ("DATE", DataType.DATE),
    ("TIME", DataType.TIME),
    ("TIMESTAMP", DataType.TIMESTAMP),
    ("DATETIME", DataType.TIMESTAMP),
)
"""What drivers call groups of their types, as PEP 249 wants it or beyond; tried for columns without a value."""
_CLASSES: tuple[tuple[type, DataType], ...] = (
    (bool, DataType.BOOLEAN),
    (int, DataType.INTEGER),
    (float, DataType.REAL),
    (Decimal, DataType.REAL),
    (datetime, DataType.TIMESTAMP),
    (date, DataType.DATE),
    (time, DataType.TIME),
    (timedelta, DataType.TIME),
)
_SIGN_IN_WORDS = ("password", "authentic", "credential", "login", "logon", "username", "unauthorized", "401")
"""Words in the messages of drivers that refuse a login: none of them has a class for that alone."""


class _Failed(Exception):
    """What a request ended in, by kind; the cause has the message."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class DialectEngine:
    """Runs requests one after another, each on a connection of its own."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self._wall = EgressWall(
            EgressRules(
                tuple(map(ip_network, setup["allowed_networks"])),
                tuple(map(ip_network, setup["denied_networks"])),
                tuple(setup["allowed_hosts"]),
                tuple(setup["denied_hosts"]),
            )
        )

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request: a schema, or columns, rows and whether they were cut, or a kind of error."""
        self._wall.has_refused = False
        try:
            with _connected(request) as connection:
                return _answer(connection, request)
        except _Failed as error:
            kind = "egress" if self._wall.has_refused else error.kind
            return {"error": kind, "message": _message(error.__cause__) if kind == "sql" else ""}


@contextmanager
def _connected(request: dict[str, Any]) -> Iterator[Connection]:
    try:
        engine = _engine(request)
    except (exc.NoSuchModuleError, ImportError) as error:
        raise _Failed("not_installed") from error
    try:
        with _opened(engine, request) as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _opened(engine: Engine, request: dict[str, Any]) -> Iterator[Connection]:
    try:
        connection = engine.connect()
        for statement in request["opening"]:
            connection.exec_driver_sql(statement)
    except Exception as error:  # Drivers have no common class for what goes wrong here.
        raise _Failed(_opening_kind(error)) from error
    try:
        yield connection
    except _Failed:
        raise
    except Exception as error:
        raise _Failed("sql" if isinstance(error, exc.DBAPIError) else "lost") from error
    finally:
        connection.close()  # Which rolls back.


def _engine(request: dict[str, Any]) -> Engine:
    arguments = dict(request["arguments"])
    if request["tls_argument"] is not None:
        arguments[request["tls_argument"]] = _tls(request)
    return create_engine(
        URL.create(request["driver"], **request["url"]),
        connect_args=arguments,
        poolclass=NullPool,
        **request["options"],
    )


def _tls(request: dict[str, Any]) -> ssl.SSLContext | None:
    """The context for the server that the request names."""
    place = Endpoint(
        EngineKind(request["engine"]), request["url"]["host"], 0, "", "", "", TlsMode(request["tls"]), request["ca"]
    )
    return tls_context(place)


def _answer(connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
    if request["op"] == "describe":
        return describe(connection, request["schema"], frozenset(request["tables"]))
    limits = Limits(request["max_rows"], request["max_bytes"], request["timeout_s"])
    # Without parameters, so that no driver takes a per cent sign in the text for the place of one. To stream, some
    # dialects declare a cursor, which takes a query only.
    connection.execution_options(no_parameters=True, stream_results=bool(request["stream"]))
    return _fetch(connection, str(request["sql"]), limits)


def _fetch(connection: Connection, sql: str, limits: Limits) -> dict[str, Any]:
    result = connection.exec_driver_sql(sql)
    cursor = result.cursor
    if cursor is None or cursor.description is None:
        raise _Failed("no_rows")
    description = list(cursor.description)
    taken, kinds = Taken(limits), [set[DataType | None]() for _ in description]
    while (rows := result.fetchmany(taken.next_batch)) and taken.take(map(tuple, rows)):
        for row in rows:
            for kind, value in zip(kinds, row, strict=True):
                if value is not None:
                    kind.add(_class_of(value))
    types = [_type(place, kinds[place], entry, connection, taken) for place, entry in enumerate(description)]
    rows_out = [[_written(cell) for cell in row] for row in taken.rows]
    return {
        "columns": [[str(entry[0]), kind.value] for entry, kind in zip(description, types, strict=True)],
        "rows": rows_out,
        "truncated": taken.truncated,
        "tags": any(isinstance(cell, dict) for row in rows_out for cell in row),
    }


def _class_of(value: Any) -> DataType:
    return next((kind for class_, kind in _CLASSES if isinstance(value, class_)), DataType.TEXT)


def _type(
    place: int, kinds: set[DataType | None], entry: Sequence[Any], connection: Connection, taken: Taken
) -> DataType:
    if kinds == {DataType.REAL} and whole_numbers(taken.rows, place):
        return DataType.INTEGER
    if kinds and kinds <= {DataType.INTEGER, DataType.REAL}:
        return DataType.REAL if DataType.REAL in kinds else DataType.INTEGER
    if kinds:
        return next(iter(kinds)) or DataType.TEXT if len(kinds) == 1 else DataType.TEXT
    driver = connection.dialect.loaded_dbapi
    named = (kind for name, kind in _GROUPS if entry[1] is not None and getattr(driver, name, None) == entry[1])
    return next(named, DataType.TEXT)


def _written(cell: Cell) -> Any:
    """A cell as JSON has it, or tagged."""
    if isinstance(cell, bytes | Decimal):
        return tagged(cell)
    if isinstance(cell, int) and not -_LARGEST <= cell < _LARGEST:
        return tagged(cell)
    return tagged(cell) if isinstance(cell, float) and not isfinite(cell) else cell


def _opening_kind(error: BaseException) -> str:
    causes = list(_causes(error))
    for class_, kind in ((ssl.SSLError, "tls"), (ConnectionRefusedError, "refused"), (TimeoutError, "slow")):
        if any(isinstance(cause, class_) for cause in causes):
            return kind
    if any(isinstance(cause, ImportError) for cause in causes):
        return "not_installed"
    texts = " ".join(str(cause).casefold() for cause in causes)
    return "login" if any(word in texts for word in _SIGN_IN_WORDS) else "connect"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what led to it."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = getattr(current, "orig", None) or current.__cause__ or current.__context__


def _message(error: BaseException | None) -> str:
    """The server's own words, in one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:300]
