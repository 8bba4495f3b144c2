"""Sentences about rows without a model, and the check that an answer holds no numbers of its own."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.agentgraph.formats import cell_text, column_label, fold, number
from app.connectors.base import Cell, ResultSet
from app.core.i18n import Language, Text

MAX_LISTED = 5
"""Rows written out in a sentence; the others are in the table."""
MAX_ALL_LISTED = 7
"""Up to this many rows are written out completely, because "and one more" helps nobody."""
MAX_CELL_CHARACTERS = 80

_NOTHING = Text(en="No rows match the question.", pt="Nenhuma linha corresponde à pergunta.")
_NOTHING_FOR = Text(en="{reading}: no rows match.", pt="{reading}: nenhuma linha corresponde.")
_NO_VALUE = Text(en="{subject}: there is no value.", pt="{subject}: não há valor.")
_RESULT = Text(en="Result", pt="Resultado")
_ROWS = Text(en="{count} rows", pt="{count} linhas")
_AND = Text(en=" and ", pt=" e ")
_MORE = Text(en=", and {count} more", pt=" e mais {count}")
_CUT = Text(
    en=" The result was cut at {count} rows; there are more.",
    pt=" O resultado foi cortado em {count} linhas; há mais.",
)


def describe(result: ResultSet, *, reading: str | None, language: Language) -> str:
    """The sentence that answers a question from its rows.

    `reading` says how the question was understood ("contagem de linhas de municipios") and becomes the subject.
    """
    subject = _sentence_start(reading) if reading else None
    if not result.rows:
        return _NOTHING_FOR.to(language, reading=subject) if subject else _NOTHING.to(language)
    if len(result.rows) == 1:
        return _one_row(result, subject, language)
    count = _ROWS.to(language, count=number(len(result.rows), language))
    start = f"{subject} ({count})" if subject else _sentence_start(count)
    sentence = f"{start}: {_listed(result, language)}."
    return sentence + _CUT.to(language, count=number(len(result.rows), language)) if result.truncated else sentence


def _sentence_start(text: str) -> str:
    trimmed = text.strip().rstrip(".")
    return trimmed[:1].upper() + trimmed[1:]


def _one_row(result: ResultSet, subject: str | None, language: Language) -> str:
    row = result.rows[0]
    if len(row) > 1:
        parts = "; ".join(
            f"{column_label(column.name, language)}: {_short(cell, column.name, language)}"
            for column, cell in zip(result.columns, row, strict=True)
        )
        return f"{subject or _RESULT.to(language)} — {parts}."
    start = subject or _sentence_start(column_label(result.columns[0].name, language))
    if row[0] is None:
        return _NO_VALUE.to(language, subject=start)
    return f"{start}: {_short(row[0], result.columns[0].name, language)}."


def _listed(result: ResultSet, language: Language) -> str:
    every = len(result.rows)
    shown = every if every <= MAX_ALL_LISTED else MAX_LISTED
    items = [_item(result, row, language) for row in result.rows[:shown]]
    if shown < every:
        return ", ".join(items) + _MORE.to(language, count=number(every - shown, language))
    return _AND.to(language).join([", ".join(items[:-1]), items[-1]])


def _item(result: ResultSet, row: tuple[Cell, ...], language: Language) -> str:
    """The first cell, with the others in brackets; they are named only when there is more than one."""
    texts = [_short(cell, column.name, language) for column, cell in zip(result.columns, row, strict=True)]
    if len(texts) <= 2:
        return texts[0] if len(texts) == 1 else f"{texts[0]} ({texts[1]})"
    labels = [column_label(column.name, language) for column in result.columns]
    rest = "; ".join(f"{label}: {text}" for label, text in zip(labels[1:], texts[1:], strict=True))
    return f"{texts[0]} ({rest})"


def _short(cell: Cell, name: str, language: Language) -> str:
    text = " ".join(cell_text(cell, name, language).split())
    return text if len(text) <= MAX_CELL_CHARACTERS else f"{text[: MAX_CELL_CHARACTERS - 1].rstrip()}…"


_SCALES = {
    "mil": 1e3, "thousand": 1e3, "k": 1e3, "mi": 1e6, "milhao": 1e6, "milhoes": 1e6, "million": 1e6, "millions": 1e6,
    "m": 1e6, "bi": 1e9, "bilhao": 1e9, "bilhoes": 1e9, "billion": 1e9, "billions": 1e9, "b": 1e9, "tri": 1e12,
    "trilhao": 1e12, "trilhoes": 1e12, "trillion": 1e12,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<about>\b(?:cerca de|aproximadamente|quase|mais de|em torno de|por volta de|about|around|nearly|almost|over|"
    r"approximately|roughly|more than) |~ ?)?"
    r"(?:R\$ ?|US\$ ?|[$€£] ?)?"
    r"(?<![\w.,])(?P<digits>\d+(?:[.,]\d+)*)"
    r"(?: ?(?P<percent>%|por cento\b|percent\b|pontos percentuais\b)| ?(?P<scale>" + "|".join(_SCALES) + r")\b)?"
    r"(?!\w)"
)
_LIST_MARK = re.compile(r"(?m)^\s*\d+[.)]\s")


@dataclass(frozen=True, slots=True)
class _Claim:
    """A number in a text: what it may mean, and how exactly it is given."""

    value: float
    step: float
    """Size of its last digit."""
    rounded: bool
    """It may stand for a more exact one."""


def numbers_not_in(answer: str, *, result: ResultSet, question: str) -> tuple[str, ...]:
    """Numbers of `answer` that are neither in the rows nor in the question, as they are written, in their order.

    A number may be rounded, written in either locale, with a word for thousands or millions, as the percentage of a
    fraction, or without its sign. Numbers of rows and columns and the marks of numbered lists are no claims.
    """
    known = sorted({abs(value) for value in _known(result, question)})
    text = _LIST_MARK.sub(" ", answer)
    found = [match for match in _NUMBER.finditer(fold(text)) if not any(_holds(c, known) for c in _claims(match))]
    return tuple(dict.fromkeys(match["digits"] + ("%" if match["percent"] else "") for match in found))


def _holds(claim: _Claim, known: list[float]) -> bool:
    """Whether a known value, rounded or cut to the claim's digits, gives it."""
    slack = max(claim.value, 1.0) * 1e-9
    low = claim.value - claim.step / 2 - slack
    high = claim.value + (claim.step - slack if claim.rounded else claim.step / 2 + slack)
    at = bisect_left(known, low)
    return at < len(known) and known[at] <= high


def _claims(match: re.Match[str]) -> Iterator[_Claim]:
    """All that a written number may mean: "1.234" is a thousand in one locale and one and a bit in the other."""
    factor = _SCALES[match["scale"]] if match["scale"] else 1.0
    for value, decimals in _readings(match["digits"]):
        step = 10.0**-decimals
        if match["about"] and decimals == 0:
            digits = match["digits"].replace(".", "").replace(",", "")
            step = 10.0 ** (len(digits) - len(digits.rstrip("0")))
        rounded = decimals > 0 or factor > 1 or bool(match["about"])
        yield _Claim(value * factor, step * factor, rounded)
        if match["percent"]:
            yield _Claim(value / 100, step / 100, rounded=True)


def _readings(digits: str) -> Iterator[tuple[float, int]]:
    """The values of a number with unknown marks, each with its count of decimals."""
    groups = re.split(r"[.,]", digits)
    grouped = len(groups) > 1 and all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3
    marks = set(re.findall(r"[.,]", digits))
    if len(groups) == 1 or (grouped and len(marks) == 1):
        yield float("".join(groups)), 0
    if len(groups) > 1 and (len(groups) == 2 or len(marks) == 2):
        yield float("".join(groups[:-1]) + "." + groups[-1]), len(groups[-1])


def _known(result: ResultSet, question: str) -> Iterator[float]:
    yield float(len(result.rows))
    yield float(len(result.columns))
    yield from _numbers_of_text(question)
    for column in result.columns:
        yield from _numbers_of_text(column.name)
    yield from _numbers_of_cells(cell for row in result.rows for cell in row)


def _numbers_of_cells(cells: Iterable[Cell]) -> Iterator[float]:
    for cell in cells:
        if isinstance(cell, bool) or cell is None:
            continue
        if isinstance(cell, int | float | Decimal):
            yield float(cell)
        elif isinstance(cell, datetime):
            yield from (cell.year, cell.month, cell.day, cell.hour, cell.minute, cell.second)
        elif isinstance(cell, date):
            yield from (cell.year, cell.month, cell.day)
        else:
            yield from _numbers_of_text(str(cell))


def _numbers_of_text(text: str) -> Iterator[float]:
    """Every reading of every run of digits, alone and with its marks."""
    for digits in re.findall(r"\d+(?:[.,]\d+)*", text):
        yield from (value for value, _ in _readings(digits))
        yield from (float(group) for group in re.split(r"[.,]", digits))
