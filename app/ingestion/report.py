"""What ingestion found and decided, for the preview and for machines."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from app.connectors.catalog import Catalog, DataType
from app.core.i18n import Text

MAX_REJECTED = 200
"""Rejected values that a report lists; `rejected_count` counts them all."""


@dataclass(frozen=True, slots=True)
class RejectedValue:
    """A text that did not fit its column's type and was stored as NULL, or cells that no column holds."""

    row: int
    """Row of the table, from 1, as `rowid` in the stored table."""
    column: str | None
    """SQL name; None for cells beyond the last column."""
    value: str
    reason: Text


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line outside of the table."""

    line: int
    """Line of the file, from 1."""
    text: str


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """How one column was read."""

    header: str
    """As it stands in the file; empty when there is none."""
    name: str
    type: DataType
    reason: Text
    note: Text | None
    unit: str | None
    decimal: str | None
    grouping: str | None
    rejected: int


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Everything that was detected and decided for one file, and the profile of the table it became."""

    file_name: str
    table: str
    encoding: str
    encoding_confidence: float
    delimiter: str
    """Empty for a single column."""
    quote: str
    escape: str
    dialect_confidence: float
    """Share of records that have the table's width, times how much their cells look like single values."""
    has_header: bool
    header_rows: int
    rows: int
    columns: tuple[ColumnReport, ...]
    skipped: tuple[SkippedLine, ...]
    """Preamble and footer; the first fifty."""
    skipped_count: int
    blank_rows: int
    short_rows: int
    long_rows: int
    repaired_rows: int
    rejected: tuple[RejectedValue, ...]
    rejected_count: int
    notes: tuple[Text, ...]
    catalog: Catalog


REPORT_JSON: TypeAdapter[IngestReport] = TypeAdapter(IngestReport)
"""Converts a report to and from JSON."""
