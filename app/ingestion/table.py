"""Reads a delimited file as one table: everything detected first, then its rows, streamed."""

import codecs
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from app.core.errors.files import FileRejected
from app.core.i18n import Text
from app.ingestion.dialect import Reading, detect_dialect
from app.ingestion.encoding import Encoding, detect_encoding, wide_codec
from app.ingestion.layout import FOOTER_ROWS, Layout, detect_layout, footer_length
from app.ingestion.names import column_names
from app.ingestion.options import IngestLimits, ReadOptions
from app.ingestion.records import Dialect, Record, RecordReader

SAMPLE_CHARS = 512 * 1024
"""Characters of the file's beginning from which its form is detected."""
SAMPLE_LINES = 3000
MAX_LISTED = 50
"""Skipped lines and odd rows that a report lists."""
MIN_BINARY_SHARE = 0.05
"""Share of control characters from which a file is no text."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """A file and how its table is to be read."""

    path: Path
    encoding: Encoding
    reading: Reading
    layout: Layout
    skip_lines: int = 0
    """Lines that the caller asked to leave out before anything is detected."""

    @property
    def dialect(self) -> Dialect:
        """How fields are parted."""
        return self.reading.dialect

    @property
    def cells(self) -> int:
        """Cells of a regular line, that of a delimiter at its end included."""
        return self.layout.width + self.layout.has_trailing_mark

    @property
    def names(self) -> tuple[str, ...]:
        """SQL names of the columns."""
        return column_names(self.layout.headers)


@dataclass(slots=True)
class Tally:
    """What the rows turned out to be while they were read."""

    rows: int = 0
    blank: int = 0
    short: list[int] = field(default_factory=list)
    """Row numbers, from 1, with fewer cells than the table; the first MAX_LISTED."""
    short_count: int = 0
    long: list[tuple[int, str]] = field(default_factory=list)
    """Row numbers with further filled cells, and those cells; the first MAX_LISTED."""
    long_count: int = 0
    repaired: int = 0
    footer: tuple[Record, ...] = ()


def detect_table(path: Path, options: ReadOptions, limits: IngestLimits) -> TableSource:
    """How the file at `path` is to be read. Raises FileRejected for what cannot be a table."""
    _check_size(path, limits)
    encoding = _encoding(path, options)
    lines = _sample(path, encoding, options.skip_lines or 0)
    _check_text(lines)
    reading = _reading(lines, options)
    reader = RecordReader(reading.dialect, width=reading.width, max_field_chars=limits.max_field_chars)
    records = [record for record in reader.read(lines) if not record.is_blank]
    if not records:
        raise _rejected("empty", "The file has no content.", "O arquivo não tem conteúdo.")
    layout = detect_layout(records, reading.dialect, has_header=options.has_header)
    if layout.width > limits.max_columns:
        raise FileRejected(
            Text(
                en="The table has {columns} columns; the limit is {limit}.",
                pt="A tabela tem {columns} colunas; o limite é {limit}.",
            ),
            reason="too_many_columns",
            columns=layout.width,
            limit=limits.max_columns,
        )
    return TableSource(path, encoding, reading, layout, options.skip_lines or 0)


def open_lines(source: TableSource) -> Iterator[str]:
    """Physical lines of the file with their ends; NUL characters are left out."""
    return islice(_lines(source.path, source.encoding), source.skip_lines, None)


def read_rows(source: TableSource, tally: Tally, limits: IngestLimits) -> Iterator[list[str]]:
    """Rows under the header as they stand in the file, blank ones and the footer left out.

    Cells beyond the width stay, and are counted in `tally` when one of them holds something; short rows are not filled.
    """
    reader = RecordReader(source.dialect, width=source.cells, max_field_chars=limits.max_field_chars)
    waiting: deque[Record] = deque()
    for record in reader.read(open_lines(source)):
        if record.line < source.layout.data_line:
            continue
        if record.is_blank:
            tally.blank += 1
            continue
        waiting.append(record)
        if len(waiting) > FOOTER_ROWS:
            yield _row(waiting.popleft(), source.layout, tally)
    footer = footer_length(list(waiting), source.layout.width)
    tally.footer = tuple(waiting)[len(waiting) - footer :]
    for record in islice(waiting, len(waiting) - footer):
        yield _row(record, source.layout, tally)
    tally.repaired = reader.repaired


def _row(record: Record, layout: Layout, tally: Tally) -> list[str]:
    tally.rows += 1
    cells, width = record.cells, layout.width
    if layout.has_trailing_mark and len(cells) == width + 1 and not cells[-1]:
        return cells[:-1]
    if len(cells) == width:
        return cells
    if len(cells) < width:
        tally.short_count += 1
        if len(tally.short) < MAX_LISTED:
            tally.short.append(tally.rows)
        return cells
    extra = [cell for cell in cells[width:] if cell.strip()]
    if not extra:
        return cells
    tally.long_count += 1
    if len(tally.long) < MAX_LISTED:
        tally.long.append((tally.rows, " | ".join(extra)[:200]))
    return cells


def _check_size(path: Path, limits: IngestLimits) -> None:
    size = path.stat().st_size
    if size == 0:
        raise _rejected("empty", "The file has no content.", "O arquivo não tem conteúdo.")
    if size > limits.max_bytes:
        raise FileRejected(
            Text(en="The file is larger than {limit_bytes} bytes.", pt="O arquivo é maior que {limit_bytes} bytes."),
            reason="too_large",
            limit_bytes=limits.max_bytes,
        )


def _encoding(path: Path, options: ReadOptions) -> Encoding:
    if options.encoding is None:
        return detect_encoding(path)
    try:
        "".encode(options.encoding)
    except LookupError as error:
        raise _rejected("unknown_encoding", "There is no such encoding.", "Não existe essa codificação.") from error
    codec = options.encoding
    if codecs.lookup(codec).name in {"utf-16", "utf-32"}:
        codec = wide_codec(path, codec)
    return Encoding(codec, codec, 1.0)


def _lines(path: Path, encoding: Encoding) -> Iterator[str]:
    with path.open(
        encoding=encoding.codec, errors="western" if encoding.replaces_errors else "replace", newline=""
    ) as file:
        for line in file:
            yield line.replace("\x00", "") if "\x00" in line else line


def _sample(path: Path, encoding: Encoding, skip: int) -> list[str]:
    """Whole lines of the beginning; the last one is cut only when it alone is longer than the sample."""
    with path.open(
        encoding=encoding.codec, errors="western" if encoding.replaces_errors else "replace", newline=""
    ) as file:
        for _ in range(skip):
            file.readline()
        text = file.read(SAMPLE_CHARS)
        is_whole = not file.read(1)
    lines = list(io.StringIO(text.replace("\x00", ""), newline=""))
    if not is_whole and len(lines) > 1:
        lines.pop()
    return lines[:SAMPLE_LINES]


def _check_text(lines: list[str]) -> None:
    text = "".join(lines[:1000])
    if not text.strip():
        raise _rejected("empty", "The file has no content.", "O arquivo não tem conteúdo.")
    control = sum(1 for c in text[:100_000] if (c < " " and c not in "\t\r\n\x01\x1e\x1f\x0b\x0c") or c == "\ufffd")
    if control > MIN_BINARY_SHARE * min(len(text), 100_000):
        raise _rejected("binary", "The file is not text.", "O arquivo não é texto.")


def _reading(lines: list[str], options: ReadOptions) -> Reading:
    given = {"delimiter": options.delimiter, "quote": options.quote, "escape": options.escape}
    fixed = frozenset(name for name, value in given.items() if value is not None)
    known = Dialect(
        options.delimiter if options.delimiter is not None else ",",
        options.quote if options.quote is not None else '"',
        options.escape or "",
    )
    return detect_dialect(lines, known, fixed)


def _rejected(reason: str, en: str, pt: str) -> FileRejected:
    return FileRejected(Text(en=en, pt=pt), reason=reason)
