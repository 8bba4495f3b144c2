"""Finds the table inside the records: what stands before and after it, its header and its width."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from app.ingestion.marks import NULL_MARKS, WEAK_NULL_MARKS
from app.ingestion.numbers import dissect
from app.ingestion.records import Dialect, Record
from app.ingestion.temporal import DateOrder, read_moment

MAX_PREAMBLE = 40
"""Records in which the table may begin."""
MAX_HEADER_ROWS = 5
BODY_ROWS = 100
"""Records under the header that it is compared with."""
WIDE_SHARE = 0.1
"""Share of records with further filled cells above which the table itself is that wide."""
FOOTER_ROWS = 10
"""Records at the end of a file among which a footer is looked for."""

_FOOTER = re.compile(
    r"\W*(?:fontes?|source|notas?|notes?|obs|observaç|total|elabora|extraíd|gerado|generated|legenda|\(\*\)|\*|©|copyright|fim|end)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


class Kind(StrEnum):
    """What a cell looks like by itself."""

    EMPTY = "empty"
    NUMBER = "number"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the table is in its file, and how wide."""

    width: int
    data_line: int
    """Line of the first data record, from 1; one past the sample's last line when there is none."""
    has_header: bool
    header_rows: int
    headers: tuple[str, ...]
    """One for each column, empty where the file gives none."""
    has_trailing_mark: bool = False
    """True when every line ends with a delimiter that parts nothing."""
    preamble: tuple[Record, ...] = ()
    """Records before the table."""


def kind_of(cell: str) -> Kind:
    """What `cell` looks like by itself; marks for missing values are empty."""
    text = cell.strip()
    if text in NULL_MARKS or text in WEAK_NULL_MARKS:
        return Kind.EMPTY
    if dissect(text):
        return Kind.NUMBER
    return Kind.MOMENT if read_moment(text, DateOrder.DAY_FIRST) or _is_month_first(text) else Kind.TEXT


def _is_month_first(text: str) -> bool:
    return read_moment(text, DateOrder.MONTH_FIRST) is not None


def detect_layout(records: Sequence[Record], dialect: Dialect, *, has_header: bool | None = None) -> Layout:
    """The table's place among `records`, the first ones of the file, blank ones left out."""
    if not records:
        return Layout(1, 1, has_header=False, header_rows=0, headers=("",))
    width = _width(records) if dialect.delimiter else 1
    start = _start(records, width)
    table = records[start:]
    rows = [_fitted(record.cells, width) for record in table[: BODY_ROWS + MAX_HEADER_ROWS]]
    full = next((i for i, record in enumerate(table) if len(record.cells) < width - 1), len(table))
    header_rows = _header_rows(rows, has_header=has_header, most=full)
    after = table[header_rows].line if header_rows < len(table) else table[-1].line + 1
    headers = _headers([record.cells for record in table[:header_rows]], width, rows[header_rows:])
    layout = Layout(
        width,
        after,
        has_header=header_rows > 0,
        header_rows=header_rows,
        headers=headers,
        preamble=tuple(records[:start]),
    )
    return _without_empty_last(layout, rows[header_rows:])


def _fitted(cells: Sequence[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _width(records: Sequence[Record]) -> int:
    """Cells of most records, or more when a tenth of them fills more or a full header names more."""
    widths = Counter(len(record.cells) for record in records)
    several = {width: count for width, count in widths.items() if width > 1}
    if not several:
        return 1
    width = max(several, key=lambda w: (several[w], w))
    wider = [len(r.cells) for r in records if len(r.cells) > width and any(c.strip() for c in r.cells[width:])]
    if len(wider) > 1 and len(wider) >= WIDE_SHARE * len(records):
        return max(wider)
    named = next((len(r.cells) for r in records if len(r.cells) >= width), width)
    return named if named > width and named in wider and _is_full_of_names(records, named) else width


def _is_full_of_names(records: Sequence[Record], width: int) -> bool:
    cells = next(record.cells for record in records if len(record.cells) == width)
    return all(kind_of(cell) is Kind.TEXT for cell in cells) and len(set(cells)) == width


def _filled(record: Record) -> int:
    return sum(1 for cell in record.cells if cell.strip())


def _start(records: Sequence[Record], width: int) -> int:
    """Index of the table's first record."""
    if width == 1:
        return next((i for i, record in enumerate(records) if not _is_comment(record)), 0)
    least = max(2, (width + 1) // 2)
    wide = [i for i, record in enumerate(records[:MAX_PREAMBLE]) if len(record.cells) >= min(width, max(2, width - 1))]
    if not wide:
        return 0
    full = next((i for i in wide if _filled(records[i]) >= least and not _is_comment(records[i])), wide[0])
    between = [records[i] for i in wide if i < full]
    sparse = all(_filled(record) <= max(1, width // 3) for record in between)
    names = all(kind_of(cell) in (Kind.TEXT, Kind.EMPTY) for cell in records[full].cells)
    return full if sparse and (names or not between) else wide[0]


def _is_comment(record: Record) -> bool:
    """True for a line such as `# exported on Monday`."""
    return re.match(r"#+\s+\w+\s", record.cells[0]) is not None and _filled(record) < 3


def _header_rows(rows: Sequence[Sequence[str]], *, has_header: bool | None, most: int = MAX_HEADER_ROWS) -> int:
    """Number of records that name the columns: several when no data stand above rows of numbers or dates.

    Only the first `most` rows can be several, those before one that is short of cells.
    """
    if has_header is False or not rows:
        return 0
    for count in range(min(MAX_HEADER_ROWS, most, len(rows) - 2), 1, -1):
        if _words_over_numbers(rows[count - 1], rows[count:]) >= 2 and all(
            _words_over_numbers(row, rows[count:]) >= 0 for row in rows[: count - 1]
        ):
            return count
    return 1 if has_header or _is_header(rows[0], rows[1:]) else 0


def _is_header(head: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """True when `head` names what stands below it."""
    kinds = [kind_of(cell) for cell in head]
    if not body:
        return all(
            kind is Kind.TEXT and not any(c.isdigit() for c in cell) for kind, cell in zip(kinds, head, strict=True)
        )
    votes = [
        _vote(cell, kind, [row[i] for row in body]) for i, (cell, kind) in enumerate(zip(head, kinds, strict=True))
    ]
    against, in_favour = -sum(v for v in votes if v < 0), sum(v for v in votes if v > 0)
    if _names_years(head, kinds):
        return True
    if against or in_favour:
        return in_favour > against
    names = [cell.strip() for cell in head if cell.strip()]
    return bool(names) and len({name.casefold() for name in names}) >= 0.5 * len(names)


def _vote(cell: str, kind: Kind, below: Sequence[str]) -> float:
    """How much one column speaks for (above 0) or against its first cell being a name."""
    kinds = Counter(kind_of(value) for value in below)
    known = sum(kinds.values()) - kinds[Kind.EMPTY]
    if not known or kind is Kind.EMPTY:
        return -0.3 if known and not cell.strip() and kinds[Kind.EMPTY] == 0 and len(below) > 1 else 0.0
    typed = max(kinds[Kind.NUMBER], kinds[Kind.MOMENT])
    if kind is not Kind.TEXT:
        return -1.5 if kinds[kind] >= 0.5 * known else -0.5
    if typed >= 0.8 * known:
        return 1.0
    return _vote_text(cell.strip(), [value.strip() for value in below if value.strip()])


def _vote_text(name: str, below: Sequence[str]) -> float:
    """Texts over texts: a name is rarely repeated below itself, long, or of the very shape of the values."""
    if len(below) >= 3 and name in below:
        return -0.6
    shapes = {_shape(value) for value in below}
    if len(below) >= 3 and len(shapes) == 1:
        return -0.4 if _shape(name) in shapes and any(c.isdigit() for c in name) else 0.3
    if any(c.isdigit() for c in name) and all(any(c.isdigit() for c in value) for value in below):
        return -0.3
    return -0.4 if len(name) > 100 else 0.0


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", text))


def _names_years(head: Sequence[str], kinds: Sequence[Kind]) -> bool:
    """A first row such as `product, 2019, 2020, 2021`: text, then years in order."""
    years = [int(cell) for cell in head if _YEAR.fullmatch(cell.strip())]
    ordered = all(abs(b - a) == 1 for a, b in pairwise(years))
    return len(years) >= 2 and ordered and kinds[0] is Kind.TEXT and len(years) + kinds.count(Kind.TEXT) == len(kinds)


def _words_over_numbers(row: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """Cells of `row` that are words where the column holds only numbers or dates below; -1 when one of them is not."""
    words = 0
    for i, cell in enumerate(row):
        kinds = Counter(kind_of(other[i]) for other in body)
        known = sum(kinds.values()) - kinds[Kind.EMPTY]
        if not known or max(kinds[Kind.NUMBER], kinds[Kind.MOMENT]) < known:
            continue
        kind = kind_of(cell)
        if kind in (Kind.NUMBER, Kind.MOMENT):
            return -1
        words += kind is Kind.TEXT
    return words


def _headers(rows: Sequence[Sequence[str]], width: int, body: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Names by column, those of several rows joined; a row one name short names the columns after the first."""
    if not rows:
        return ("",) * width
    fitted = []
    for row in rows:
        is_short = len(row) == width - 1 and width > 2 and any(values[-1].strip() for values in body)
        fitted.append(_fitted(["", *row] if is_short else row, width))
    columns = zip(*fitted, strict=True)
    return tuple(" ".join(dict.fromkeys(part.strip() for part in parts if part.strip())) for parts in columns)


def _without_empty_last(layout: Layout, body: Sequence[Sequence[str]]) -> Layout:
    """Drops a last column that has neither name nor values: every line ends with the delimiter."""
    if layout.has_header and layout.width > 1 and not layout.headers[-1] and not any(r[-1].strip() for r in body):
        return replace(layout, width=layout.width - 1, headers=layout.headers[:-1], has_trailing_mark=True)
    return layout


def footer_length(tail: Sequence[Record], width: int) -> int:
    """Number of records at the end of `tail`, the last ones of a file, that stand below the table.

    Only records of a single filled cell count, narrower than the table or opening like a source or a note.
    """
    count = 0
    for record in reversed(tail):
        filled = [cell.strip() for cell in record.cells if cell.strip()]
        if width < 2 or len(filled) > 1 or not record.cells[0].strip():
            break
        text = filled[0]
        is_prose = len(text.split()) >= 3 and len(record.cells) != width
        if not (_FOOTER.match(text) or is_prose) or kind_of(text) is not Kind.TEXT:
            break
        count += 1
    return count if count < len(tail) or len(tail) < FOOTER_ROWS else 0
