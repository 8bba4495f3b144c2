"""Parts the lines of a delimited text into records, and recovers where quotes or marks are broken."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MAX_RUNAWAYS = 20
"""Quotes that were never closed after which the search for a closing one is cut short, so that time stays linear."""
RUNAWAY_LINES = 50
"""Lines searched for a closing quote after that."""
MAX_TRIED_FIELDS = 1000
"""Fields of one line that are tried as the one with the stray quote, as long as that reads at most MAX_TRIED_CHARS."""
MAX_TRIED_CHARS = 512 * 1024
REPAIR_MARKS = (",", ";", "\t", "|", " ")
"""Delimiters tried on a line that does not fit the table's own."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields are parted and quoted."""

    delimiter: str
    """Empty when the file has one column."""
    quote: str = '"'
    """Empty when fields are not quoted."""
    escape: str = ""
    """Character that takes a quote's meaning away; a doubled quote always does."""
    skips_space: bool = False
    """True when a space follows every delimiter."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record and where it starts, counted in lines of the file from 1."""

    line: int
    cells: list[str]

    @property
    def is_blank(self) -> bool:
        """True when no cell holds anything."""
        return not any(cell.strip() for cell in self.cells)


class Splitter:
    """Parts one logical line into cells by a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        quote, escape = re.escape(dialect.quote), re.escape(dialect.escape)
        end = rf"(?:{re.escape(dialect.delimiter)}|\Z)" if dialect.delimiter else r"\Z"
        space = "".join(c for c in " \t" if c not in dialect.delimiter)
        gap = f"[{space}]*" if space else ""
        escaped = rf"|{escape}." if escape else ""
        self._open = re.compile(rf"{gap}{quote}") if quote else None
        body = rf"(?:[^{quote}{escape}]++{escaped}|{quote}{quote}|{quote}(?!{gap}{end}))*+"
        self._quoted = re.compile(rf"{gap}{quote}({body}){quote}{gap}(?={end})", re.DOTALL) if quote else None
        self._closing = re.compile(rf"{body}{quote}{gap}(?={end})", re.DOTALL) if quote else None
        marks = "".join(re.escape(c) for c in {*dialect.delimiter[:1], *dialect.quote, *dialect.escape})
        self._unescape = re.compile(rf"{escape}([{marks}])") if escape else None
        self._regular: dict[str, Any] = {}
        if len(dialect.delimiter) == 1 and quote and not escape and dialect.delimiter != " ":
            self._regular = {"delimiter": dialect.delimiter, "quotechar": dialect.quote, "strict": True}
            self._regular["skipinitialspace"] = dialect.skips_space
        self._irregular = ("\n", "\r", f" {dialect.quote}", f"\t{dialect.quote}", "\x00")
        self._plain = re.compile(rf"(?:[^{escape}]|{escape}.)*?(?={end})", re.DOTALL) if escape else None

    def split(self, text: str, literal: int = -1) -> list[str] | None:
        """Cells of `text`, None when a quote stays open; the field number `literal` is read as if not quoted."""
        quote, delimiter = self.dialect.quote, self.dialect.delimiter
        if not (quote and quote in text) and not (self._plain and self.dialect.escape in text):
            return self._trimmed(text.split(delimiter)) if delimiter else [text]
        if literal < 0 and self._is_regular(text):
            try:
                return next(csv.reader((text,), **self._regular))
            except (csv.Error, StopIteration):
                pass
        cells: list[str] = []
        return cells if self.part(text, 0, cells, literal) is None else None

    def part(self, text: str, position: int, cells: list[str], literal: int = -1) -> int | None:
        """Adds the cells of `text` from `position` on to `cells`.

        None when that reaches the end; otherwise where the field begins whose quote stays open.
        """
        delimiter = self.dialect.delimiter
        while True:
            cell, end = self._field(text, position, is_literal=len(cells) == literal)
            if cell is None:
                return position
            cells.append(cell)
            if not delimiter or end >= len(text):
                return None
            position = end + len(delimiter)

    def closed(self, text: str) -> int | None:
        """Where a quoted field ends in `text`, which begins inside of it; None when its quote stays open."""
        found = self._closing.match(text) if self._closing is not None else None
        return found.end() if found else None

    def _is_regular(self, text: str) -> bool:
        """True when Python's own reader, which is ten times faster, sees the same cells or fails."""
        return bool(self._regular) and not any(sign in text for sign in self._irregular)

    def _trimmed(self, cells: list[str]) -> list[str]:
        return [cell.removeprefix(" ") for cell in cells] if self.dialect.skips_space else cells

    def _field(self, text: str, position: int, *, is_literal: bool) -> tuple[str | None, int]:
        """The cell that starts at `position` and where it ends; None for the cell when its quote stays open."""
        if self._open is not None and self._quoted is not None and not is_literal and self._open.match(text, position):
            found = self._quoted.match(text, position)
            if found is None:
                return None, position
            return self._unquoted(found[1]), found.end()
        if self._plain is not None and self._unescape is not None:
            found = self._plain.match(text, position)
            end = found.end() if found else len(text)
            cell = self._unescape.sub(r"\1", text[position:end])
        else:
            end = text.find(self.dialect.delimiter, position) if self.dialect.delimiter else -1
            end = len(text) if end < 0 else end
            cell = text[position:end]
        return (cell.removeprefix(" ") if self.dialect.skips_space else cell), end

    def _unquoted(self, body: str) -> str:
        quote = self.dialect.quote
        if quote in body:
            body = body.replace(quote + quote, quote)
        return self._unescape.sub(r"\1", body) if self._unescape is not None else body


class _OpenRecord:
    """A record of several lines while it grows: each further line is looked at once, however many come."""

    def __init__(self, splitter: Splitter, line: str) -> None:
        self._splitter = splitter
        self.cells: list[str] = []
        self._open: list[str] = []
        self._part(line, 0)

    def take(self, line: str, *, may_close: bool) -> bool:
        """Adds a further line, which holds a quote when it `may_close`; True when the record ends with it."""
        end = self._splitter.closed(line.rstrip("\r\n")) if may_close else None
        if end is None:
            self._open.append(line)
            return False
        self._splitter.part("".join([*self._open, line[:end]]), 0, self.cells)
        delimiter = self._splitter.dialect.delimiter
        if not delimiter or end >= len(line.rstrip("\r\n")):
            return True
        return self._part(line, end + len(delimiter))

    def _part(self, line: str, position: int) -> bool:
        start = self._splitter.part(line.rstrip("\r\n"), position, self.cells)
        self._open = [] if start is None else [line[start:]]
        return start is None


class RecordReader:
    """Reads records from physical lines, keeping the odd ones whole.

    `width` is the table's number of cells where it is known: a record that differs is tried in other ways (a stray
    quote, another delimiter) and taken as it is when none fits. `repaired` counts those that were mended.
    """

    def __init__(self, dialect: Dialect, *, width: int | None = None, max_field_chars: int = 32 * 1024**2) -> None:
        self._splitter = Splitter(dialect)
        self._others = [
            Splitter(Dialect(mark, dialect.quote, dialect.escape)) for mark in REPAIR_MARKS if mark != dialect.delimiter
        ]
        self._width = width
        self._max_chars = max_field_chars
        self._runaways = 0
        self.repaired = 0

    def read(self, lines: Iterable[str]) -> Iterator[Record]:
        """Records of `lines`, blank ones included (as one empty cell). Lines keep their ends, which are dropped."""
        source = iter(lines)
        waiting: deque[str] = deque()
        number = 0
        while True:
            line = waiting.popleft() if waiting else next(source, None)
            if line is None:
                return
            number += 1
            text = line.rstrip("\r\n")
            cells = self._splitter.split(text)
            taken: list[str] = []
            if cells is None:
                cells, taken = self._continue(line, waiting, source)
            if self._width is not None and text and (taken or len(cells) != self._width):
                mended = self._mend(text, cells, taken)
                if mended is not None:
                    waiting.extendleft(reversed(taken))
                    cells, taken = mended, []
                    self.repaired += 1
            yield Record(number, cells)
            number += len(taken)

    def _continue(self, line: str, waiting: deque[str], source: Iterator[str]) -> tuple[list[str], list[str]]:
        """Cells of a record whose quote is open at the end of `line`, and the further lines that it takes."""
        quote = self._splitter.dialect.quote
        record = _OpenRecord(self._splitter, line)
        taken: list[str] = []
        size = len(line)
        limit = RUNAWAY_LINES if self._runaways >= MAX_RUNAWAYS else None
        while size <= self._max_chars and (limit is None or len(taken) < limit):
            following = waiting.popleft() if waiting else next(source, None)
            if following is None:
                break
            taken.append(following)
            size += len(following)
            if record.take(following, may_close=quote in following):
                return record.cells, taken
        waiting.extendleft(reversed(taken))
        self._runaways += 1
        self.repaired += 1
        return self._literally(line.rstrip("\r\n")), []

    def _literally(self, text: str) -> list[str]:
        """Cells of a line with a quote that opens and never closes: that one does not quote."""
        for field in range(max(1, min(MAX_TRIED_FIELDS, MAX_TRIED_CHARS // max(1, len(text))))):
            cells = self._splitter.split(text, literal=field)
            if cells is not None:
                return self._without_stray(cells, field)
        return [text]

    def _without_stray(self, cells: list[str], field: int) -> list[str]:
        """`cells` without the quote that the cell number `field` begins with and does not end with.

        Of `"part"rest` both quotes go: a delimiter is missing between a quoted cell and one that is not.
        """
        quote, cell = self._splitter.dialect.quote, cells[field].lstrip()
        if cell.startswith(quote) and not (len(cell) > 1 and cell.endswith(quote)):
            bare = cell.replace(quote, "") if cell.count(quote) == 2 else cell[len(quote) :]
            return [*cells[:field], bare, *cells[field + 1 :]]
        return cells

    def _mend(self, text: str, cells: list[str], taken: Sequence[str]) -> list[str] | None:
        """Cells of a line read in another way that fits the table's width, None when there is none.

        A record of several lines is doubted only when the line after its first is a whole record by itself.
        """
        width = self._width or 0
        if taken:
            following = self._splitter.split(taken[0].rstrip("\r\n"))
            if width < 3 or following is None or len(following) != width:
                return None
            literal = self._literally(text)
            is_closed = text.count(self._splitter.dialect.quote) % 2 == 0
            return literal if len(literal) == width or is_closed else None
        quote = self._splitter.dialect.quote
        if quote and len(cells) < width:
            for field in [i for i, cell in enumerate(cells[:50]) if quote in cell and not self._is_doubled(cell, text)]:
                tried = self._splitter.split(text, literal=field)
                if tried is not None and len(tried) == width:
                    return self._without_stray(tried, field)
        return self._by_other_mark(text, cells) if width >= 3 and len(cells) < width else None

    def _is_doubled(self, cell: str, text: str) -> bool:
        """True when the quotes of `cell` stand properly doubled in `text`, so that it needs no mending."""
        quote = self._splitter.dialect.quote
        return f"{quote}{cell.replace(quote, quote + quote)}{quote}" in text

    def _by_other_mark(self, text: str, cells: list[str]) -> list[str] | None:
        """Cells of a line that another delimiter parts into the table's width; spaces only where cells are quoted."""
        quote = self._splitter.dialect.quote
        for splitter in self._others:
            if splitter.dialect.delimiter == " " and not (quote and f" {quote}" in text):
                continue
            tried = splitter.split(text)
            if tried is not None and len(tried) == self._width and len(tried) > len(cells):
                return tried
        return None
