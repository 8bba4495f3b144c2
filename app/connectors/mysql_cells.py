"""What a MySQL or MariaDB sends, column by column, in the product's stored forms."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from pymysql.constants import FIELD_TYPE

from app.connectors.base import Cell, Column
from app.connectors.catalog import DataType
from app.connectors.geometry import shape_text

BINARY = 63
"""Number of the collation of bytes that are no text."""
_SRID_BYTES = 4
"""A stored shape begins with the number of its system of coordinates."""
_INTEGERS = frozenset(
    {FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR}
)
_TIMES = {
    FIELD_TYPE.DATE: DataType.DATE,
    FIELD_TYPE.NEWDATE: DataType.DATE,
    FIELD_TYPE.TIME: DataType.TIME,
    FIELD_TYPE.DATETIME: DataType.TIMESTAMP,
    FIELD_TYPE.TIMESTAMP: DataType.TIMESTAMP,
}
"""Kept as the server writes them: it has dates that no calendar has (`0000-00-00`), and times of 838 hours."""
_NAMES = {
    **dict.fromkeys("tinyint smallint mediumint int bigint year bit".split(), DataType.INTEGER),
    **dict.fromkeys("float double decimal".split(), DataType.REAL),
    "date": DataType.DATE,
    "time": DataType.TIME,
    "datetime": DataType.TIMESTAMP,
    "timestamp": DataType.TIMESTAMP,
}


class Field(Protocol):
    """The driver's description of one column."""

    name: str
    type_code: int
    charsetnr: int
    length: int
    scale: int


def data_type(name: str, written: str) -> DataType:
    """The product's type for the server's own name of one, and for the way in which it was declared."""
    # BOOLEAN is but another word for TINYINT(1), whose width servers still tell.
    return DataType.BOOLEAN if written.startswith("tinyint(1)") else _NAMES.get(name, DataType.TEXT)


def reader_of(field: Field) -> Callable[[bytes], Cell]:
    """What makes a cell of the bytes in this column."""
    kind = field.type_code
    if kind in _INTEGERS:
        return int
    if kind == FIELD_TYPE.BIT:
        return lambda raw: int.from_bytes(raw, "big")
    if kind in {FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.DECIMAL}:
        return int if field.scale == 0 else lambda raw: Decimal(raw.decode("ascii"))
    if kind in {FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE}:
        return float
    if kind in _TIMES:
        return _time
    if kind == FIELD_TYPE.GEOMETRY:
        return _shape
    return bytes if field.charsetnr == BINARY and kind != FIELD_TYPE.JSON else _text


def columns_of(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> tuple[Column, ...]:
    """The columns of a result whose taken rows are `rows`."""
    return tuple(Column(field.name, _type(field, place, rows)) for place, field in enumerate(fields))


def _type(field: Field, place: int, rows: Sequence[Sequence[Any]]) -> DataType:
    kind = field.type_code
    if kind == FIELD_TYPE.TINY and field.length == 1 and all(row[place] in {None, 0, 1} for row in rows):
        return DataType.BOOLEAN
    if kind in _INTEGERS or kind == FIELD_TYPE.BIT:
        return DataType.INTEGER
    if kind in {FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.DECIMAL}:
        return DataType.INTEGER if field.scale == 0 else DataType.REAL
    if kind in {FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE}:
        return DataType.REAL
    return _TIMES.get(kind, DataType.TEXT)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _time(raw: bytes) -> str:
    text = raw.decode("ascii")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shape(raw: bytes) -> Cell:
    return shape_text(raw[_SRID_BYTES:]) or raw
