"""What looking at a whole database gives: its catalog, stored values, and what its login should not be able to do."""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from sqlglot import exp

from app.connectors.base import Cell, Connector, Limits
from app.connectors.catalog import Catalog, ColumnProfile, DataType, Scalar, TableProfile, ValueCount
from app.core.errors import DatabaseUnreachable, QuestionError, TimedOut

SAMPLE_ROWS = 2_000
"""Rows of each table that are looked at; smaller tables are known in full."""
SAMPLE = Limits(max_rows=SAMPLE_ROWS, max_bytes=4 * 1024**2, timeout_s=10.0)
MAX_SAMPLED_TABLES = 500
MAX_COMMON = 20
MAX_VALUES_PER_COLUMN = 500
MAX_VALUES = 20_000
MAX_VALUE_LENGTH = 120

Rows = Sequence[tuple[Cell, ...]]
Fetch = Callable[[str, Limits], Awaitable[Rows]]
"""Runs a statement of the connector's own and gives its rows."""
Values = tuple[str, str, tuple[str, ...]]
"""Table, column and stored values, most frequent first."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """What the login may do beyond reading, and how to make one that may not."""

    warnings: tuple[str, ...]
    """Codes: `superuser`, `can_write`, `can_create`, `reads_server_files`, `administers`."""
    grants: tuple[str, ...]
    """Statements that make a login which only reads."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What a server says of itself and of the login, at the cost of one connection."""

    server: str
    """Product and version, as the server tells them."""
    privileges: Privileges


@dataclass(frozen=True, slots=True)
class Survey:
    """A database as it was when somebody looked."""

    catalog: Catalog
    values: tuple[Values, ...]
    examination: Examination


class ServerConnector(Connector, Protocol):
    """What connectors to servers offer beyond those to files; connections are opened when they are needed."""

    @property
    def open_sessions(self) -> int:
        """Connections that are open now."""
        ...

    async def examine(self) -> Examination:
        """Connects and looks at the login. Raises ConnectionFailed in one of its forms."""
        ...

    async def survey(self, budget_s: float) -> Survey:
        """What can be known of the database in about `budget_s`. Raises SchemaUnreadable when no table can be read."""
        ...


def fingerprint_of(catalog: Catalog) -> str:
    """Digest of what statements and their reading depend on: names, types, keys and comments, not what is stored."""
    facts = [
        (
            table.name,
            table.description,
            table.primary_key,
            sorted((key.column, key.references_table, key.references_column) for key in table.foreign_keys),
            [(column.name, column.type.value, column.description) for column in table.columns],
        )
        for table in sorted(catalog.tables, key=lambda table: table.name)
    ]
    return hashlib.sha256(json.dumps([catalog.dialect, facts]).encode()).hexdigest()


async def sampled(catalog: Catalog, fetch: Fetch, *, budget_s: float) -> tuple[Catalog, tuple[Values, ...]]:
    """`catalog` with the statistics of a sample of each table, and the texts found, within about `budget_s`."""
    ends = time.monotonic() + budget_s
    tables: list[TableProfile] = []
    values: list[Values] = []
    room = MAX_VALUES
    for number, table in enumerate(catalog.tables):
        rows = None
        if number < MAX_SAMPLED_TABLES and time.monotonic() < ends:
            rows = await _sample(table, fetch, catalog.dialect)
        if rows is None:
            tables.append(table)
            continue
        profiled, found = await asyncio.to_thread(_profiled, table, rows)
        tables.append(profiled)
        for entry in found:
            kept = entry[2][: max(0, room)]
            room -= len(kept)
            values.append((entry[0], entry[1], kept))
    return replace(catalog, tables=tuple(tables)), tuple(entry for entry in values if entry[2])


async def _sample(table: TableProfile, fetch: Fetch, dialect: str) -> Rows | None:
    """Some rows; None where they cannot be had, which costs the statistics of that table and no more."""
    columns = [exp.column(column.name, quoted=True) for column in table.columns]
    source = exp.Table(this=exp.to_identifier(table.name, quoted=True))
    try:
        return await fetch(exp.select(*columns).from_(source).limit(SAMPLE_ROWS).sql(dialect=dialect), SAMPLE)
    except (QuestionError, TimedOut, DatabaseUnreachable):
        return None


def _profiled(table: TableProfile, rows: Rows) -> tuple[TableProfile, list[Values]]:
    is_whole = len(rows) < SAMPLE_ROWS
    columns: list[ColumnProfile] = []
    values: list[Values] = []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in rows]
        columns.append(_column(column, cells, is_whole=is_whole))
        if column.type is DataType.TEXT:
            values.append((table.name, column.name, _texts(cells)))
    size = len(rows) if is_whole else max(table.rows or 0, len(rows))
    return replace(table, rows=size, columns=tuple(columns)), values


def _column(column: ColumnProfile, cells: list[Cell], *, is_whole: bool) -> ColumnProfile:
    counts = Counter(_scalar(cell) for cell in cells if cell is not None and not isinstance(cell, bytes))
    ordered = sorted(counts, key=_order) if column.type is not DataType.TEXT else []
    texts = [len(value) for value in counts if isinstance(value, str)]
    return replace(
        column,
        nulls=sum(cell is None for cell in cells) if is_whole else 0,
        distinct=len(counts) if is_whole else None,
        minimum=ordered[0] if ordered else None,
        maximum=ordered[-1] if ordered else None,
        common=tuple(ValueCount(value, count) for value, count in counts.most_common(MAX_COMMON)),
        max_length=max(texts, default=None),
    )


def _texts(cells: list[Cell]) -> tuple[str, ...]:
    counts = Counter(cell for cell in cells if isinstance(cell, str) and 0 < len(cell.strip()) <= MAX_VALUE_LENGTH)
    return tuple(value for value, _ in counts.most_common(MAX_VALUES_PER_COLUMN))


def _scalar(cell: Cell) -> Scalar:
    if isinstance(cell, str | int | float):
        return cell
    return float(cell) if isinstance(cell, Decimal) else str(cell)


def _order(value: Scalar) -> tuple[bool, float, str]:
    """Numbers before texts, each in its own order."""
    is_number = isinstance(value, int | float)
    return (not is_number, float(value) if isinstance(value, int | float) else 0.0, str(value))
