"""The rows of an answer as a Parquet file, with the types that the answer gave them.

Imported with the first such file, because the library is large.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from app.connectors.catalog import DataType
from app.services.results import JsonCell

Named = tuple[str, str]
"""Name and type of a column, as stored."""
_TYPES: dict[DataType, pa.DataType] = {
    DataType.INTEGER: pa.int64(),
    DataType.REAL: pa.float64(),
    DataType.TEXT: pa.string(),
    DataType.DATE: pa.date32(),
    DataType.TIME: pa.time64("us"),
    DataType.TIMESTAMP: pa.timestamp("us"),
    DataType.BOOLEAN: pa.bool_(),
}


def parquet_of(columns: Sequence[Named], rows: Sequence[Sequence[JsonCell]]) -> bytes:
    """All rows as one Parquet file. Takes some hundred milliseconds for many megabytes; use a thread for those.

    Decimals keep their digits. A column whose cells are not all of its type, which SQLite allows, becomes text. Names
    that occur twice get a number, because readers find columns by name.
    """
    arrays = [_array([row[at] for row in rows], DataType(kind)) for at, (_, kind) in enumerate(columns)]
    table = pa.Table.from_arrays(arrays, names=_unique([name for name, _ in columns]))
    target = io.BytesIO()
    pq.write_table(table, target, compression="zstd")
    return target.getvalue()


def _array(cells: Sequence[JsonCell], kind: DataType) -> "pa.Array[Any]":
    try:
        values = [None if cell is None else _READERS[kind](cell) for cell in cells]
        if any(isinstance(value, Decimal) for value in values):
            return pa.array([None if value is None else Decimal(str(value)) for value in values])
        return pa.array(values, type=_TYPES[kind])
    except (ValueError, TypeError, OverflowError, InvalidOperation, pa.ArrowException):
        return pa.array([None if cell is None else str(cell) for cell in cells], type=pa.string())


def _number(cell: JsonCell) -> int | float | Decimal:
    """Numbers as they are; those that JSON holds as text with all their digits. Raises ValueError, TypeError."""
    if isinstance(cell, str):
        value = Decimal(cell)
        return int(value) if value == value.to_integral_value() and "." not in cell else value
    if isinstance(cell, bool) or cell is None:
        raise TypeError
    return cell


def _truth(cell: JsonCell) -> bool:
    """SQLite holds truth values as 0 and 1. Raises ValueError."""
    if cell in {0, 1}:
        return bool(cell)
    raise ValueError


def _moment(cell: JsonCell) -> datetime:
    """Raises ValueError for a moment with a zone, which its column has no room for."""
    moment = datetime.fromisoformat(str(cell))
    if moment.tzinfo is not None:
        raise ValueError
    return moment


_READERS: dict[DataType, Callable[[JsonCell], object]] = {
    DataType.INTEGER: _number,
    DataType.REAL: _number,
    DataType.TEXT: str,
    DataType.DATE: lambda cell: date.fromisoformat(str(cell)),
    DataType.TIME: lambda cell: time.fromisoformat(str(cell)),
    DataType.TIMESTAMP: _moment,
    DataType.BOOLEAN: _truth,
}


def _unique(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        number, free = 2, name
        while free in found:
            free, number = f"{name}_{number}", number + 1
        found.append(free)
    return found
