"""What is known about a source's tables without asking it: names, types, statistics and stored values.

Ingestion and the connectors produce a `Catalog`; the planner, the prompts and the preview read it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pydantic import TypeAdapter


class DataType(StrEnum):
    """Types that a column can have towards people, whatever its engine calls them."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"


Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A stored value and the number of rows that hold it."""

    value: Scalar
    count: int


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column: how it is addressed in SQL, how people call it, and what it holds.

    Dates are stored as ISO 8601 text (`YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS`), booleans as 0 and 1.
    """

    name: str
    """SQL identifier (unquoted form)."""
    type: DataType
    label: str
    """Header as it stood in the file, or the column's own name."""
    nulls: int = 0
    distinct: int | None = None
    minimum: Scalar = None
    maximum: Scalar = None
    mean: float | None = None
    common: tuple[ValueCount, ...] = ()
    """Most frequent values, most frequent first; at most 20."""
    max_length: int | None = None
    """Longest text, in characters."""
    unit: str | None = None
    """`%` or a currency mark that the values carried before they became numbers."""
    description: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`column` of this table refers to `references_column` of `references_table`."""

    column: str
    references_table: str
    references_column: str


@dataclass(frozen=True, slots=True)
class TableProfile:
    """One table or view with its columns in their stored order."""

    name: str
    label: str
    rows: int | None
    columns: tuple[ColumnProfile, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    description: str | None = None
    is_limited: bool = False
    """Whether rules let the reader of this catalog see a part of it only."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables of one source, and the SQL dialect (sqlglot's name) in which it is asked."""

    dialect: str
    tables: tuple[TableProfile, ...] = field(default=())

    def table(self, name: str) -> TableProfile | None:
        """The table called `name`, letter case ignored."""
        return next((t for t in self.tables if t.name.casefold() == name.casefold()), None)


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A stored value that resembles words of a question."""

    table: str
    column: str
    value: str
    """As it is stored."""
    score: float
    """1.0 when the folded texts are equal, less for partial and fuzzy matches."""
    phrase: str
    """The words of the question that it resembles."""


class ValueIndex(Protocol):
    """Finds stored values that resemble words; letter case and accents do not count."""

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The best matches over all `phrases`, best first, at most `limit` a phrase. Blocks: call off the loop."""
        ...


CATALOG_JSON: TypeAdapter[Catalog] = TypeAdapter(Catalog)
"""Converts a catalog to and from JSON."""
