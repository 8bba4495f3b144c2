"""Rows of an answer in their stored form, as JSON that loses nothing, and as CSV that no spreadsheet executes."""

import base64
import csv
import io
import math
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import orjson

from app.connectors.base import Cell, Column, ResultSet
from app.connectors.catalog import DataType

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest whole number that every JSON reader keeps exact (RFC 8259, section 6)."""
COMPRESSION = 1
"""Fastest zlib level: rows are written once and read a few times."""

_FORMULA = re.compile(r"^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
"""What a spreadsheet may take for a formula, full-width signs included."""
_NUMBER = re.compile(r"[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?")

JsonCell = None | bool | int | float | str


def json_cell(cell: Cell) -> JsonCell:
    """`cell` as JSON: decimals and large integers as text, dates in ISO 8601, NaN and infinities null, bytes base64."""
    if cell is None or isinstance(cell, str | bool):
        return cell
    if isinstance(cell, int):
        return cell if -MAX_SAFE_INTEGER <= cell <= MAX_SAFE_INTEGER else str(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, Decimal):
        return f"{cell:f}" if cell.is_finite() else None
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return base64.b64encode(cell).decode("ascii")


def json_value(value: object) -> Any:
    """`value`, however nested, as JSON by the rules of `json_cell`, without NUL, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float | bytes | Decimal | date | time):
        return json_cell(value)
    return str(value)


def columns_of(result: ResultSet) -> list[dict[str, Any]]:
    """Names and types of the columns, as stored."""
    return [{"name": column.name, "type": column.type.value} for column in result.columns]


def pack_rows(result: ResultSet) -> bytes:
    """The rows as stored: compressed JSON. Takes tens of milliseconds for megabytes; use a thread for those."""
    return zlib.compress(orjson.dumps([[json_cell(cell) for cell in row] for row in result.rows]), COMPRESSION)


def unpack_rows(packed: bytes) -> list[list[JsonCell]]:
    """Stored rows with their cells in JSON form."""
    rows: list[list[JsonCell]] = orjson.loads(zlib.decompress(packed))
    return rows


def result_of(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[JsonCell]], *, truncated: bool) -> ResultSet:
    """Stored rows under columns of `(name, type)` as a connector gave them, but for dates, which stay ISO 8601 text."""
    kinds = [DataType(kind) for _, kind in columns]
    numeric = [at for at, kind in enumerate(kinds) if kind in {DataType.INTEGER, DataType.REAL}]
    cells = tuple(_with_numbers(row, numeric) for row in rows)
    named = tuple(Column(name, kind) for (name, _), kind in zip(columns, kinds, strict=True))
    return ResultSet(named, cells, truncated, elapsed_s=0.0)


def _with_numbers(row: Sequence[JsonCell], numeric: Sequence[int]) -> tuple[Cell, ...]:
    """`row` with the decimals and large integers that JSON holds as text turned back into numbers."""
    cells: list[Cell] = list(row)
    for at in numeric:
        cell = cells[at]
        if isinstance(cell, str) and _NUMBER.fullmatch(cell):
            cells[at] = Decimal(cell)
    return tuple(cells)


def csv_text(columns: Sequence[Mapping[str, Any]] | None, rows: Iterable[Sequence[JsonCell]]) -> Iterator[str]:
    """CSV by RFC 4180, a piece at a time; with a header row unless `columns` is None."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    if columns is not None:
        writer.writerow([_harmless(str(column["name"])) for column in columns])
    for number, row in enumerate(rows):
        writer.writerow([_csv_cell(cell) for cell in row])
        if number % 500 == 499:
            yield _take(buffer)
    yield _take(buffer)


def _take(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_cell(cell: JsonCell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return _harmless(cell) if isinstance(cell, str) else cell


def _harmless(text: str) -> str:
    """`text` behind an apostrophe when a spreadsheet might run it; plain numbers stay numbers."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
