"""DuckDB inside the child: read-only handles with a locked configuration, no reach outside of the file, SELECT only."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import isfinite, isnan
from typing import Any

import duckdb
import orjson

from app.connectors.children.duckdb_schema import describe
from app.connectors.children.place import Mark, mark_of
from app.connectors.children.protocol import tagged

_OPEN_FILES = 4
"""Handles kept open, least recently used first to go."""
_CHUNK_ROWS = 100
"""Rows turned into Python's values at a time, between two looks at the byte cap."""
_CELL_BYTES = 8
"""Weight of a number or NULL in the byte cap."""
_LARGEST = 2**63

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "error_on_division_by_zero": False,
    "ieee_floating_point_ops": False,
    "default_null_order": "nulls_first_on_asc_last_on_desc",
}
"""The first six close ways out. Division by zero and the place of NULLs are as in the SQLite file."""
_WALLS = "SET enable_external_access = false; SET lock_configuration = true"
"""Only after all other settings: they allow no change, nor a first value for the folder of temporary files."""

_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (duckdb.InterruptException, "timeout"),
    (duckdb.OutOfMemoryException, "memory"),
    (duckdb.PermissionException, "denied"),
    (duckdb.IOException, "file"),
    (duckdb.SerializationException, "file"),
    (duckdb.Error, "sql"),
    (RuntimeError, "sql"),
    (ValueError, "sql"),
    (OverflowError, "sql"),
)
"""The last ones come from values that Python cannot hold, such as years beyond 9999."""
_FAULTS = tuple(class_ for class_, _ in _KINDS)


class _Denied(Exception):
    """The text is no single query."""


class DuckdbEngine:
    """Runs requests one after another on files that stay open between them."""

    def __init__(self, heap_bytes: int, threads: int) -> None:
        self._settings = {**_SETTINGS, "memory_limit": f"{heap_bytes}B", "threads": threads}
        self._handles: OrderedDict[tuple[str, Mark], duckdb.DuckDBPyConnection] = OrderedDict()

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request: columns, rows and whether they were cut, or a kind of error and its message."""
        answer = self._answer(request)
        if not request["keep"]:
            self._close(str(request["path"]))
        return answer

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            if request["op"] == "describe":
                return describe(self._opened(str(request["path"])))
            handle = self._handle(str(request["path"]), tuple(request["tables"]))
            with handle.cursor() as cursor, _deadline(cursor, float(request["timeout_s"])):
                query = _only_query(cursor, str(request["sql"]))
                if request["op"] == "explain":
                    cursor.execute(f"EXPLAIN {query}").fetchall()
                    return {}
                cursor.execute(query)
                return _fetch(cursor, int(request["max_rows"]), int(request["max_bytes"]))
        except _Denied as error:
            return {"error": "denied", "message": str(error)}
        except _FAULTS as error:
            if isinstance(error, (duckdb.FatalException, duckdb.InternalException, duckdb.OutOfMemoryException)):
                self._close_all()
            return {"error": _kind(error), "message": _message(error)}

    def _handle(self, path: str, tables: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
        """DuckDB has no authorizer: a file that holds more than the readable tables is not asked at all."""
        handle = self._opened(path)
        readable = {name.lower() for name in tables}
        stored = handle.execute("SELECT table_name FROM information_schema.tables").fetchall()
        if any(str(name).lower() not in readable for (name,) in stored):
            raise _Denied("the file holds tables that may not be read")
        return handle

    def _opened(self, path: str) -> duckdb.DuckDBPyConnection:
        key = (path, mark_of(path))
        if key not in self._handles:
            self._close(path)  # DuckDB would take a file that was there for the one that is.
        handle = self._handles.pop(key, None) or self._open(path)
        self._handles[key] = handle
        while len(self._handles) > _OPEN_FILES:
            self._handles.popitem(last=False)[1].close()
        return handle

    def _open(self, path: str) -> duckdb.DuckDBPyConnection:
        handle = duckdb.connect(path, read_only=True, config=self._settings)
        handle.execute(_WALLS)
        return handle

    def _close(self, path: str) -> None:
        for key in [key for key in self._handles if key[0] == path]:
            self._handles.pop(key).close()

    def _close_all(self) -> None:
        """Ends all instances: one that failed inside stays broken, and memory is shared by all."""
        while self._handles:
            self._handles.popitem()[1].close()


@contextmanager
def _deadline(cursor: duckdb.DuckDBPyConnection, timeout_s: float) -> Iterator[None]:
    timer = threading.Timer(timeout_s, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _only_query(cursor: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The one statement of `sql`, when DuckDB's own parser takes it for a query."""
    statements = cursor.extract_statements(sql)
    if len(statements) != 1 or not _is_query(statements[0]):
        raise _Denied("only one query that reads may run")
    return str(statements[0].query)


def _is_query(statement: duckdb.Statement) -> bool:
    try:
        return statement.type is duckdb.StatementType.SELECT
    except ValueError:  # DuckDB has kinds of statements that its Python side cannot name.
        return False


def _fetch(cursor: duckdb.DuckDBPyConnection, max_rows: int, max_bytes: int) -> dict[str, Any]:
    columns = [[str(column[0]), str(column[1])] for column in cursor.description or []]
    converters = [(place, convert) for place, (_, kind) in enumerate(columns) if (convert := _converter(kind))]
    rows: list[list[Any]] = []
    room, truncated = max_bytes, False
    while not truncated and (chunk := cursor.fetchmany(min(_CHUNK_ROWS, max_rows + 1 - len(rows)))):
        for row in chunk:
            cells = list(row)
            for place, convert in converters:
                if cells[place] is not None:
                    cells[place] = convert(cells[place])
            room -= sum(len(cell) if isinstance(cell, str) else _weight(cell) for cell in cells)
            if len(rows) >= max_rows or room < 0:
                truncated = True
                break
            rows.append(cells)
    has_tags = any(isinstance(cell, dict) for row in rows for cell in row)
    return {"columns": columns, "rows": rows, "truncated": truncated, "tags": has_tags}


def _weight(cell: Any) -> int:
    return len(cell.get("b", "")) + _CELL_BYTES if isinstance(cell, dict) else _CELL_BYTES


def _converter(kind: str) -> Callable[[Any], Any] | None:
    """What makes of a cell of this DuckDB type what the SQLite file would give; None when it is that already."""
    if kind in _CONVERTERS:
        return _CONVERTERS[kind]
    if kind.startswith("DECIMAL"):
        return _whole if kind.endswith(",0)") else float
    return _nested


def _whole(cell: Decimal | int) -> int | float:
    """A whole number; beyond 64 bits a decimal, as SQLite's arithmetic has it."""
    number = int(cell)
    return number if -_LARGEST <= number < _LARGEST else float(number)


def _finite(cell: float) -> Any:
    return cell if isfinite(cell) else None if isnan(cell) else tagged(cell)


def _moment(cell: Any) -> str:
    """ISO 8601 with a space, without zeros at the end of fractions."""
    text = str(cell)
    return text.rstrip("0") if "." in text else text


def _nested(cell: Any) -> str:
    return orjson.dumps(cell, default=str).decode() if isinstance(cell, (list, dict, tuple)) else str(cell)


_PLAIN = ("VARCHAR", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_MOMENTS = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_CONVERTERS: dict[str, Callable[[Any], Any] | None] = {
    **dict.fromkeys(_PLAIN),
    **dict.fromkeys(_MOMENTS, _moment),
    **dict.fromkeys(("UBIGINT", "HUGEINT", "UHUGEINT", "BIGNUM"), _whole),
    **dict.fromkeys(("FLOAT", "DOUBLE"), _finite),
    "BOOLEAN": int,
    "BLOB": tagged,
}


def _kind(error: Exception) -> str:
    if isinstance(error, duckdb.IOException) and "lock on file" in str(error):
        return "busy"
    return next(kind for class_, kind in _KINDS if isinstance(error, class_))


def _message(error: Exception) -> str:
    """What is wrong, without the excerpt of the statement below it."""
    return str(error).split("\nLINE ")[0].strip()[:300]
