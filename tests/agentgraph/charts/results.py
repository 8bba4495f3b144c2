"""Results as a connector gives them, for the tests of charts and wording."""

from collections.abc import Sequence

from app.connectors.base import Cell, Column, ResultSet
from app.connectors.catalog import DataType


def make_result(names: str, rows: Sequence[Sequence[Cell]], *, truncated: bool = False) -> ResultSet:
    """A result with the columns of the comma-separated `names`, typed by their first filled value."""
    columns = []
    for index, name in enumerate(names.split(",")):
        first = next((row[index] for row in rows if row[index] is not None), "")
        columns.append(Column(name.strip(), _type_of(first)))
    return ResultSet(tuple(columns), tuple(tuple(row) for row in rows), truncated, 0.0)


def _type_of(value: Cell) -> DataType:
    kinds = {bool: DataType.BOOLEAN, int: DataType.INTEGER, float: DataType.REAL}
    return kinds.get(type(value), DataType.TEXT)
