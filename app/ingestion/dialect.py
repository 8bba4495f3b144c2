"""Finds how a text is parted into fields: every plausible dialect is tried, the most consistent reading wins."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from app.ingestion.marks import NULL_MARKS
from app.ingestion.numbers import dissect
from app.ingestion.records import Dialect, Record, RecordReader
from app.ingestion.temporal import DateOrder, read_moment

MAX_RECORDS = 400
"""Records of the sample that are weighed."""
MAX_TYPED_ROWS = 60
"""Records whose cells are looked at one by one, spread over the sample."""

_DELIMITERS = {",": 1.0, ";": 1.0, "\t": 1.0, "|": 0.98, "^": 0.95, "~": 0.95, "\x01": 0.95, "\x1f": 0.95, "¦": 0.95}
_DELIMITERS |= {"§": 0.95, "||": 0.99, "::": 0.95, "~|~": 0.99, "|~|": 0.99, "\x1e": 0.9, ":": 0.8, " ": 0.72}
_DELIMITERS |= {"#": 0.7, "&": 0.7, "!": 0.7, "@": 0.65, "$": 0.65, "*": 0.65, "=": 0.65, "+": 0.6, "%": 0.6, "_": 0.5}
_DELIMITERS |= {"/": 0.55, "-": 0.45}
"""Delimiters that are tried, with how readily they are believed (1 is most)."""

_SINGLE_COLUMN = 0.52
"""What one column for the whole line is worth against a reading with several; found on the labelled corpora."""
_SIMPLE = re.compile(r"[\w .'’\-()&ªº°]{1,60}")
_ADDRESS = re.compile(r"(?:https?|ftp)://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+")
_FOREIGN = re.compile(r"[,;|\t]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One dialect tried on the sample."""

    dialect: Dialect
    width: int
    """Cells of most records."""
    consistency: float
    """Share of records that have them."""
    plausibility: float
    """Mean of how much the cells look like single values, 0 to 1."""
    score: float


def detect_dialect(lines: Sequence[str], known: Dialect | None = None, fixed: frozenset[str] = frozenset()) -> Reading:
    """The reading of `lines` that is most consistent; parts of `known` named in `fixed` are taken as given."""
    readings = [_weigh(lines, dialect) for dialect in _candidates(lines, known, fixed)]
    return max(
        readings,
        key=lambda reading: (round(reading.score, 3), reading.dialect.escape != "", reading.dialect.quote == '"'),
    )


def _candidates(lines: Sequence[str], known: Dialect | None, fixed: frozenset[str]) -> Iterator[Dialect]:
    text = "".join(lines)
    if known is not None and "delimiter" in fixed:
        delimiters = [known.delimiter]
    else:
        delimiters = ["", *(mark for mark in _DELIMITERS if _is_frequent(mark, lines))]
    for delimiter in delimiters:
        quotes = [known.quote] if known is not None and "quote" in fixed else _quotes(text, delimiter)
        for quote in quotes:
            escapes = [known.escape] if known is not None and "escape" in fixed else _escapes(text, quote, delimiter)
            for escape in escapes:
                yield Dialect(delimiter, quote, escape, skips_space=_skips_space(text, delimiter, quote))


def _is_frequent(mark: str, lines: Sequence[str]) -> bool:
    filled = [line for line in lines if line.strip()]
    holding = sum(mark in line.rstrip("\r\n") for line in filled)
    return holding > 0 and holding >= 0.25 * len(filled)


def _quotes(text: str, delimiter: str) -> list[str]:
    """The double quote always; another one when it stands at both ends of at least one field."""
    mark = re.escape(delimiter) if delimiter else r"\n"
    others = [
        quote
        for quote in ("'", "`")
        if re.search(rf"(?:^|{mark}){quote}[^\n]*?{quote}(?:{mark}|\r?$)", text, re.MULTILINE)
    ]
    return ['"', *others]


def _escapes(text: str, quote: str, delimiter: str) -> list[str]:
    """A backslash is an escape only where a quote after it does not end its field."""
    if f"\\{quote}" not in text:
        return [""]
    end = rf"(?:{re.escape(delimiter)}|\r|\n|\Z)" if delimiter else r"(?:\r|\n|\Z)"
    return ["", "\\"] if re.search(rf"\\{quote}(?!{end})", text) else [""]


def _skips_space(text: str, delimiter: str, quote: str) -> bool:
    """True when (nearly) every delimiter outside of quotes is followed by a space."""
    if not delimiter or delimiter.isspace():
        return False
    bare = re.sub(rf"{quote}[^{quote}\n]*{quote}", "", text) if quote else text
    followed = len(re.findall(rf"{re.escape(delimiter)}(?:[ ]|\r?$)", bare, re.MULTILINE))
    count = bare.count(delimiter)
    spaced = bare.count(delimiter + " ")
    return count > 0 and followed >= 0.98 * count and spaced >= 0.5 * count


def _weigh(lines: Sequence[str], dialect: Dialect) -> Reading:
    records = [r for r in islice(RecordReader(dialect).read(lines), MAX_RECORDS) if not r.is_blank]
    if not records:
        return Reading(dialect, 1, 0.0, 0.0, 0.0)
    width, consistency = _shape(records)
    regular = [record.cells for record in records if len(record.cells) == width]
    step = max(1, len(regular) // MAX_TYPED_ROWS)
    rows = regular[::step]
    plausibility = _plausibility(rows, dialect)
    if dialect.delimiter == "" or width < 2:
        worth = _SINGLE_COLUMN
    else:
        worth = _DELIMITERS.get(dialect.delimiter, 1.0) * (1 - 0.5 / width)
    penalty = 0.97 if dialect.quote != '"' else 1.0
    score = worth * penalty * consistency**1.5 * plausibility
    return Reading(dialect, width, round(consistency, 4), round(plausibility, 4), score)


def _shape(records: Sequence[Record]) -> tuple[int, float]:
    """Most frequent number of cells and its share; short lines before the table hardly count against it."""
    widths = Counter(len(record.cells) for record in records)
    several = {width: count for width, count in widths.items() if width > 1}
    if not several:
        return 1, widths[1] / len(records)
    width = max(several, key=lambda w: (several[w], w))
    lead = next((i for i, record in enumerate(records) if len(record.cells) == width), 0)
    lead = lead if lead <= max(3, len(records) // 2) else 0
    return width, several[width] / max(1.0, len(records) - 0.85 * min(lead, 20))


def _plausibility(rows: Iterable[Sequence[str]], dialect: Dialect) -> float:
    total = count = 0.0
    cache: dict[str, float] = {}
    for row in rows:
        for cell in row:
            if cell not in cache:
                cache[cell] = _looks_single(cell, dialect)
            total += cache[cell]
            count += 1
    return total / count if count else 0.0


def _looks_single(cell: str, dialect: Dialect) -> float:
    """How much a cell looks like one value: 1 for numbers, dates and addresses, little for leftovers of quotes."""
    text = cell.strip()
    if text in NULL_MARKS:
        return 0.85
    if dissect(text) or _ADDRESS.fullmatch(text) or read_moment(text, DateOrder.DAY_FIRST):
        return 1.0
    if (text[0] in "\"'`") != (text[-1] in "\"'`") or text.count('"') % 2:
        return 0.15
    if text[0] == text[-1] and text[0] in "\"'`" and len(text) > 1:
        return 0.2
    if any(text.count(left) != text.count(right) for left, right in ("()", "[]", "{}")):
        return 0.3
    if _SIMPLE.fullmatch(text):
        return 0.92
    return 0.55 if _FOREIGN.search(text) and dialect.delimiter != " " else 0.7
