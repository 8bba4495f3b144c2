"""What a caller may say about a file before it is read, the bounds of reading, and the progress told meanwhile."""

from dataclasses import dataclass, field
from enum import StrEnum

from app.connectors.catalog import DataType
from app.ingestion.duck import MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Facts that the caller knows better; whatever is None is detected."""

    encoding: str | None = None
    """Name of a Python codec."""
    delimiter: str | None = None
    quote: str | None = None
    """Quoting character; the empty string for none."""
    escape: str | None = None
    """Character before a quote inside quotes; the empty string for doubled quotes only."""
    has_header: bool | None = None
    skip_lines: int | None = None
    """Lines before the table, counted from the first line of the file."""
    decimal: str | None = None
    """Decimal mark of numbers that allow two readings: `.` or `,`."""
    decimals: dict[str, str] = field(default_factory=dict)
    """The same for single columns, by header."""
    day_first: bool | None = None
    """Order of dates that allow two readings."""
    sheet: str | None = None
    """Name of the sheet of a spreadsheet; None for the first visible one that holds something."""
    member: str | None = None
    """Name of the file in a zip archive; None for the only table in it."""
    types: dict[str, DataType] = field(default_factory=dict)
    """Type by header; values that do not fit are rejected and listed."""


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """Bounds beyond which a file is refused, or stored in another way."""

    max_bytes: int = 2 * 1024**3
    max_columns: int = 1000
    max_field_chars: int = 32 * 1024**2
    """Longest field; a longer one is nearly always a quote that was never closed."""
    columnar_rows: int | None = None
    """Rows from which on a table is also written as a DuckDB file; None for never."""
    small_bytes: int = 1024**2
    """Files up to this size are typed in Python, where starting DuckDB would take longer than the work."""
    memory_bytes: int = MEMORY_BYTES
    """What DuckDB may hold in memory of a table that is read."""
    part_bytes: int = 16 * 1024**2
    """Smallest part of a file that is read beside the others; below it, another reader takes longer than it saves."""


class Stage(StrEnum):
    """Steps of ingestion, in order."""

    DETECTING = "detecting"
    READING = "reading"
    WRITING = "writing"
    PROFILING = "profiling"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far ingestion has come."""

    stage: Stage
    rows: int = 0
    bytes_read: int = 0
    total_bytes: int = 0
