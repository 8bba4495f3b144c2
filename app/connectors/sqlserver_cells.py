"""What a SQL Server sends, column by column, as the product's types."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

from pytds import tds_base

from app.connectors.base import Column
from app.connectors.catalog import DataType
from app.connectors.cells import Taken, type_of_cells, whole_numbers

_DECIMALS = frozenset({tds_base.SYBNUMERIC, tds_base.SYBDECIMAL})
_TYPES = {
    **dict.fromkeys(
        (tds_base.SYBINTN, tds_base.SYBINT1, tds_base.SYBINT2, tds_base.SYBINT4, tds_base.SYBINT8), DataType.INTEGER
    ),
    **dict.fromkeys((tds_base.SYBBIT, tds_base.SYBBITN), DataType.BOOLEAN),
    **dict.fromkeys(
        (
            tds_base.SYBFLTN,
            tds_base.SYBFLT8,
            tds_base.SYBREAL,
            tds_base.SYBMONEY,
            tds_base.SYBMONEY4,
            tds_base.SYBMONEYN,
            *_DECIMALS,
        ),
        DataType.REAL,
    ),
    tds_base.SYBMSDATE: DataType.DATE,
    tds_base.SYBMSTIME: DataType.TIME,
    **dict.fromkeys(
        (
            tds_base.SYBDATETIME,
            tds_base.SYBDATETIME4,
            tds_base.SYBDATETIMN,
            tds_base.SYBMSDATETIME2,
            tds_base.SYBMSDATETIMEOFFSET,
        ),
        DataType.TIMESTAMP,
    ),
}
_NAMES = {
    **dict.fromkeys("tinyint smallint int bigint".split(), DataType.INTEGER),
    **dict.fromkeys("float real decimal numeric money smallmoney".split(), DataType.REAL),
    **dict.fromkeys("datetime datetime2 smalldatetime datetimeoffset".split(), DataType.TIMESTAMP),
    "bit": DataType.BOOLEAN,
    "date": DataType.DATE,
    "time": DataType.TIME,
}
_WIDE = Context(prec=38)
"""The digits of the widest decimal."""
Described = Sequence[tuple[Any, ...]]
"""The driver's description of columns: name, type, then sizes."""


def data_type(name: str) -> DataType:
    """The product's type for the server's own name of one."""
    return _NAMES.get(name, DataType.TEXT)


def with_scales(described: Described, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """`rows` with the decimals as they were declared: the driver divides, which leaves off their last zeros."""
    units = {place: Decimal(1).scaleb(-entry[5]) for place, entry in enumerate(described) if entry[1] in _DECIMALS}
    if not units:
        return rows
    return [
        tuple(
            cell.quantize(units[place], context=_WIDE) if place in units and cell is not None else cell
            for place, cell in enumerate(row)
        )
        for row in rows
    ]


def columns_of(described: Described, taken: Taken) -> tuple[Column, ...]:
    """The columns of a result; decimals without a fraction become integers, in the rows too."""
    return tuple(Column(entry[0], _type(entry[1], entry[5], place, taken)) for place, entry in enumerate(described))


def _type(kind: int, scale: int | None, place: int, taken: Taken) -> DataType:
    if kind in _DECIMALS and scale == 0:
        whole_numbers(taken.rows, place)
        return DataType.INTEGER
    if kind == tds_base.SYBVARIANT:
        return type_of_cells(row[place] for row in taken.rows)
    return _TYPES.get(kind, DataType.TEXT)
