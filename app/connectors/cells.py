"""Cells of database servers in the product's stored forms, and the cut of results to their limits."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from app.connectors.base import Cell, Column, Limits
from app.connectors.catalog import DataType

FIRST_BATCH = 50
"""Rows of the first fetch; the next ones are sized by what those weighed."""
MAX_BATCH = 5_000
BATCH_BYTES = 2 * 1024**2
NUMBER_BYTES = 8


def stored_form(value: Any) -> Cell:
    """`value` as the product keeps it: ISO texts for times, 1 and 0 for booleans, JSON text for what is nested."""
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, int):
        return value
    return _textual(value)


def _textual(value: Any) -> Cell:
    if isinstance(value, datetime):
        return _short(value.isoformat(sep=" "), value.microsecond)
    if isinstance(value, time):
        return _short(value.isoformat(), value.microsecond)
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, list | tuple | dict | set | frozenset):
        plain = sorted(value) if isinstance(value, set | frozenset) else value
        return json.dumps(plain, ensure_ascii=False, default=_nested)
    return value.isoformat() if isinstance(value, date) else str(value)


def _nested(value: Any) -> Any:
    form = stored_form(value)
    return form.hex() if isinstance(form, bytes) else str(form)


def _short(text: str, microsecond: int) -> str:
    return text.replace(f".{microsecond:06d}", f".{microsecond:06d}".rstrip("0")) if microsecond else text


def _duration(value: timedelta) -> str:
    """A time of day, or the hours that MySQL's TIME counts beyond one."""
    total = abs(value)
    seconds = total.days * 86400 + total.seconds
    text = f"{'-' if value < timedelta(0) else ''}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return _short(f"{text}.{total.microseconds:06d}", total.microseconds) if total.microseconds else text


class Taken:
    """Rows taken so far, up to the limits."""

    def __init__(self, limits: Limits) -> None:
        self.rows: list[tuple[Cell, ...]] = []
        self.truncated = False
        self._limits = limits
        self._bytes = 0

    def take(self, rows: Iterable[Sequence[Any]]) -> bool:
        """Takes `rows` in their stored forms; False once a row was left out."""
        for row in rows:
            cells = tuple(stored_form(value) for value in row)
            size = sum(map(_size, cells))
            if len(self.rows) >= self._limits.max_rows or self._bytes + size > self._limits.max_bytes:
                self.truncated = True
                return False
            self._bytes += size
            self.rows.append(cells)
        return True

    @property
    def next_batch(self) -> int:
        """How many rows to fetch next: one beyond the cap at the most, and about two megabytes."""
        missing = self._limits.max_rows - len(self.rows) + 1
        if not self.rows:
            return min(missing, FIRST_BATCH)
        mean = self._bytes // len(self.rows) + 1
        return max(1, min(missing, MAX_BATCH, BATCH_BYTES // mean))


Fetched = tuple[tuple[Column, ...], Taken]
"""The columns of a result, and the rows taken of it."""


def whole_numbers(rows: list[tuple[Cell, ...]], place: int) -> bool:
    """Whether all decimals in a column are whole; then they are made integers, in place."""
    cells = [row[place] for row in rows]
    known = [cell for cell in cells if cell is not None]
    if not known or not all(isinstance(cell, Decimal) and _is_whole(cell) for cell in known):
        return False
    for number, row in enumerate(rows):
        cell = row[place]
        if isinstance(cell, Decimal):
            rows[number] = (*row[:place], int(cell), *row[place + 1 :])
    return True


def type_of_cells(cells: Iterable[Cell]) -> DataType:
    """The type of a computed column by what it holds."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds and kinds <= {int}:
        return DataType.INTEGER
    return DataType.REAL if kinds and kinds <= {int, float, Decimal} else DataType.TEXT


def _is_whole(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent == 0


def _size(cell: Cell) -> int:
    if isinstance(cell, str):
        return len(cell) if cell.isascii() else len(cell.encode("utf-8", "replace"))
    return len(cell) if isinstance(cell, bytes) else NUMBER_BYTES
