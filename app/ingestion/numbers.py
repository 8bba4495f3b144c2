"""Numbers as people write them: grouping and decimal marks, currency, percent, negatives in parentheses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

INT64_MAX = 2**63 - 1
"""Largest integer that SQLite stores; longer digit strings stay text."""
INT64_DIGITS = 19
MAX_CHARS = 400
"""Longest text that is tried as a number: the pattern's optional blanks take time that grows with the square."""

_CURRENCY = r"R\$|US\$|U\$S|A\$|C\$|€|£|¥|\$|BRL|USD|EUR|GBP"
_AFFIXED = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+−])?\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>[-+−])?\s*"
    r"(?P<body>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)(?P<power>[eE][-+]?\d{1,3})?"
    rf"\s*(?P<after>%|{_CURRENCY})?(?P<minus>-)?\s*(?P<close>\))?"
)
_SPACES = r"[ \u00a0\u202f'’]"


class NumberStyle(StrEnum):
    """Which mark parts the decimals and which groups the thousands."""

    POINT = "point"
    COMMA = "comma"
    POINT_SPACED = "point, grouped by spaces"
    COMMA_SPACED = "comma, grouped by spaces"

    @property
    def decimal(self) -> str:
        """The decimal mark."""
        return "." if self in (NumberStyle.POINT, NumberStyle.POINT_SPACED) else ","

    @property
    def grouping(self) -> str:
        """The thousands mark; a space stands for every kind of space and for apostrophes."""
        if self in (NumberStyle.POINT_SPACED, NumberStyle.COMMA_SPACED):
            return " "
        return "," if self is NumberStyle.POINT else "."


def _pattern(decimal: str, grouping: str) -> re.Pattern[str]:
    return re.compile(rf"(?:\d+|[1-9]\d{{0,2}}(?:{grouping}\d{{3}})+)(?:{decimal}\d+)?|{decimal}\d+")


_PATTERNS = {
    NumberStyle.POINT: _pattern(r"\.", ","),
    NumberStyle.COMMA: _pattern(",", r"\."),
    NumberStyle.POINT_SPACED: _pattern(r"\.", _SPACES),
    NumberStyle.COMMA_SPACED: _pattern(",", _SPACES),
}
_LONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_CODE = re.compile(r"0\d+")


@dataclass(frozen=True, slots=True)
class Written:
    """The parts of one written number."""

    body: str
    """Digits with their marks."""
    negative: bool
    unit: str | None
    power: str


def dissect(text: str) -> Written | None:
    """The parts of `text` when it is written as a number in any style, else None."""
    found = _AFFIXED.fullmatch(text) if len(text) <= MAX_CHARS else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["sign"], found["sign2"], found["minus"], found["open"]) if sign]
    if len(signs) > 1 or (found["before"] and found["after"]):
        return None
    negative = bool(signs) and signs[0] != "+"
    return Written(found["body"].rstrip(), negative, found["before"] or found["after"], found["power"] or "")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of one column are to be read."""

    style: NumberStyle
    is_integer: bool
    unit: str | None
    is_plain: bool
    """True when no value has a unit, a parenthesis, a power or another mark than a leading sign and its decimal."""
    is_assumed: bool = False
    """True when the values allow two readings and the file's habits decided."""

    def read(self, text: str) -> int | float | None:
        """The number that `text` says in this format, else None."""
        parts = dissect(text)
        if parts is None or not _PATTERNS[self.style].fullmatch(parts.body):
            return None
        digits = re.sub(_SPACES, "", parts.body)
        if self.style.grouping != " ":
            digits = digits.replace(self.style.grouping, "")
        digits = digits.replace(self.style.decimal, ".")
        if self.is_integer:
            if "." in digits or parts.power or len(digits.lstrip("0")) > INT64_DIGITS or int(digits) > INT64_MAX:
                return None
            return -int(digits) if parts.negative else int(digits)
        value = float(digits + parts.power)
        return -value if parts.negative else value


def is_code(body: str) -> bool:
    """True for digits with leading zeros: a code, whose zeros count."""
    return _CODE.fullmatch(body) is not None


def choose_format(numbers: Iterable[Written], *, prefers_comma: bool) -> NumberFormat | None:
    """The one format in which all `numbers` can be read, None when they contradict each other.

    A single group such as `1.234` is read as thousands or decimals by the other values of the column and, when they
    do not tell, by the habit of the file (`prefers_comma`).
    """
    known = list(numbers)
    bodies = {number.body for number in known}
    fitting = [style for style, pattern in _PATTERNS.items() if all(pattern.fullmatch(body) for body in bodies)]
    if not fitting:
        return None
    style, is_assumed = fitting[0], False
    if NumberStyle.POINT in fitting and NumberStyle.COMMA in fitting:
        chosen = _resolve(bodies, prefers_comma=prefers_comma)
        if chosen is None:
            return None
        style, is_assumed = chosen
    units = {number.unit for number in known if number.unit}
    has_decimals = any(style.decimal in body for body in bodies) or any(number.power for number in known)
    grouped = any(style.grouping in body or re.search(_SPACES, body) for body in bodies)
    return NumberFormat(
        style=style,
        is_integer=not has_decimals,
        unit=units.pop() if len(units) == 1 else None,
        is_plain=not grouped and not any(n.unit or n.power for n in known),
        is_assumed=is_assumed,
    )


def _resolve(bodies: set[str], *, prefers_comma: bool) -> tuple[NumberStyle, bool] | None:
    """Style of bodies that are whole numbers, or single groups of three after a point or a comma."""
    groups = [body for body in bodies if _LONE_GROUP.fullmatch(body)]
    habit = NumberStyle.COMMA if prefers_comma else NumberStyle.POINT
    if not groups:
        return habit, False
    marks = {"." if "." in body else "," for body in groups}
    if len(marks) > 1:
        return None
    has_long = any(len(body) > 3 and body.isdigit() for body in bodies)
    if has_long:
        return (NumberStyle.POINT if "." in marks else NumberStyle.COMMA), False
    return habit, True


def decisive_mark(numbers: Iterable[Written]) -> str | None:
    """The decimal mark that the numbers prove by themselves, None when they fit both readings."""
    bodies = {number.body for number in numbers}
    point = all(_PATTERNS[NumberStyle.POINT].fullmatch(body) for body in bodies)
    comma = all(_PATTERNS[NumberStyle.COMMA].fullmatch(body) for body in bodies)
    if not bodies or point == comma:
        return None
    return "." if point else ","
