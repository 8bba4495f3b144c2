"""Dates and periods in words: years, months, days, and periods relative to today."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.agentgraph.planner.frame import Grain
from app.agentgraph.planner.tokens import Token, TokenKind

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janeiro", "february feb fevereiro fev", "march mar marco", "april apr abril abr",
            "may maio mai",
            "june jun junho", "july jul julho", "august aug agosto ago", "september sep sept setembro set",
            "october oct outubro out", "november nov novembro", "december dec dezembro dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_AMBIGUOUS_MONTHS = frozenset({"may", "march", "mar", "set", "out", "jan", "mai", "ago", "sept"})
"""Month names that are other words too; they need a year beside them."""
_LINKS = frozenset({"de", "of", "do", "/", ",", "in", "em"})
_UNITS = {
    "day": Grain.DAY, "days": Grain.DAY, "dia": Grain.DAY, "dias": Grain.DAY,
    "month": Grain.MONTH, "months": Grain.MONTH, "mes": Grain.MONTH, "meses": Grain.MONTH,
    "quarter": Grain.QUARTER, "quarters": Grain.QUARTER, "trimestre": Grain.QUARTER, "trimestres": Grain.QUARTER,
    "year": Grain.YEAR, "years": Grain.YEAR, "ano": Grain.YEAR, "anos": Grain.YEAR,
}  # fmt: skip
_LAST = frozenset({"last", "past", "previous", "ultimo", "ultimos", "ultima", "ultimas"})
_PAST_AFTER = frozenset({"passado", "anterior"})
_THIS = frozenset({"this", "current", "este", "esse", "neste", "nesse", "atual"})


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included; `month` alone is that month of any year."""

    grain: Grain
    first: date
    last: date
    month: int | None = None

    @property
    def year(self) -> int | None:
        """The year, when the period is exactly one."""
        return self.first.year if self.grain is Grain.YEAR else None


@dataclass(frozen=True, slots=True)
class PeriodSpan:
    """A period over the tokens `start` to `end` (exclusive)."""

    period: Period
    start: int
    end: int


def find_periods(tokens: tuple[Token, ...], today: date) -> Iterator[PeriodSpan]:
    """Every period that the tokens name, overlapping ones included; relative ones counted from `today`."""
    for start in range(len(tokens)):
        for reader in (_exact_day, _month, _quarter, _half, _relative, _year):
            found = reader(tokens, start, today)
            if found is not None:
                yield found


def of_year(year: int) -> Period:
    """The whole of a year."""
    return Period(Grain.YEAR, date(year, 1, 1), date(year, 12, 31))


def of_month(year: int, month: int) -> Period:
    """The whole of a month."""
    return Period(Grain.MONTH, date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def of_quarter(year: int, quarter: int) -> Period:
    """The three months of a quarter, 1 to 4."""
    last = of_month(year, quarter * 3).last
    return Period(Grain.QUARTER, date(year, quarter * 3 - 2, 1), last)


def _exact_day(tokens: tuple[Token, ...], start: int, _today: date) -> PeriodSpan | None:
    text = tokens[start].folded
    day = _iso(text) or _slashed(text)
    if day:
        return PeriodSpan(Period(Grain.DAY, day, day), start, start + 1)
    words = [token.folded for token in tokens[start : start + 6] if token.folded not in _LINKS]
    spent = _taken(tokens, start, 3)
    if len(words) < 3 or spent is None:
        return None
    found = re.fullmatch(r"(\d{1,2}) ([a-z]+) (\d{4})|([a-z]+) (\d{1,2}) (\d{4})", " ".join(words[:3]))
    if not found:
        return None
    name, day_text, year = found[2] or found[4], found[1] or found[5], found[3] or found[6]
    month = _MONTHS.get(name)
    when = _date(int(year), month, int(day_text)) if month else None
    return PeriodSpan(Period(Grain.DAY, when, when), start, spent) if when else None


def _month(tokens: tuple[Token, ...], start: int, today: date) -> PeriodSpan | None:
    name = tokens[start].folded
    month = _MONTHS.get(name)
    if month is None:
        return None
    spent = _taken(tokens, start, 2)
    if spent is not None and _is_year(tokens[spent - 1]):
        return PeriodSpan(of_month(int(tokens[spent - 1].number or 0), month), start, spent)
    if name in _AMBIGUOUS_MONTHS and not (tokens[start].text[0].isupper() and start > 0):
        return None
    whole = of_month(today.year, month)
    return PeriodSpan(Period(Grain.MONTH, whole.first, whole.last, month), start, start + 1)


def _quarter(tokens: tuple[Token, ...], start: int, _today: date) -> PeriodSpan | None:
    text = " ".join(token.folded for token in tokens[start : start + 5])
    found = re.match(
        r"(?:q([1-4])|([1-4])(?:st|nd|rd|th|o|º)? (?:quarter|trimestre)|(first|second|third|fourth|primeiro|segundo|"
        r"terceiro|quarto) (?:quarter|trimestre))(?: (?:of|de|do))? (\d{4})\b",
        text,
    )
    if not found:
        return None
    ordinal = {
        "first": 1,
        "second": 2,
        "third": 3,
        "fourth": 4,
        "primeiro": 1,
        "segundo": 2,
        "terceiro": 3,
        "quarto": 4,
    }
    quarter = int(found[1] or found[2] or ordinal[found[3]])
    return PeriodSpan(of_quarter(int(found[4]), quarter), start, start + len(found[0].split()))


def _half(tokens: tuple[Token, ...], start: int, _today: date) -> PeriodSpan | None:
    """`primeiro semestre de 2023`, `the second half of 2023`, `H1 2023`."""
    text = " ".join(token.folded for token in tokens[start : start + 4])
    found = re.match(
        r"(?:h([12])|([12])(?:o|º|st|nd)? (?:semestre|half)|(first|second|primeiro|segundo) (?:semestre|half))"
        r"(?: (?:of|de|do))? (\d{4})\b",
        text,
    )
    if not found:
        return None
    half = int(found[1] or found[2] or (1 if found[3] in {"first", "primeiro"} else 2))
    first, last = of_month(int(found[4]), 6 * half - 5).first, of_month(int(found[4]), 6 * half).last
    return PeriodSpan(Period(Grain.QUARTER, first, last), start, start + len(found[0].split()))


def _year(tokens: tuple[Token, ...], start: int, _today: date) -> PeriodSpan | None:
    if not _is_year(tokens[start]):
        return None
    return PeriodSpan(of_year(int(tokens[start].number or 0)), start, start + 1)


def _relative(tokens: tuple[Token, ...], start: int, today: date) -> PeriodSpan | None:
    words = [token.folded for token in tokens[start : start + 3]]
    single = {"today": 0, "hoje": 0, "yesterday": 1, "ontem": 1}
    if words[0] in single:
        day = today - timedelta(days=single[words[0]])
        return PeriodSpan(Period(Grain.DAY, day, day), start, start + 1)
    if len(words) == 3 and words[0] in _LAST and tokens[start + 1].number is not None and words[2] in _UNITS:
        return PeriodSpan(_last_units(int(tokens[start + 1].number or 1), _UNITS[words[2]], today), start, start + 3)
    if len(words) < 2:
        return None
    named = start > 0 and tokens[start - 1].folded == "the"
    if (words[0] in {"last", "previous"} and words[1] in _UNITS and not named) or (
        words[1] in _PAST_AFTER and words[0] in _UNITS
    ):
        unit = _UNITS[words[1] if words[1] in _UNITS else words[0]]
        return PeriodSpan(_shifted(unit, today, 1), start, start + 2)
    if (words[0] in _THIS and words[1] in _UNITS) or (words[1] == "atual" and words[0] in _UNITS):
        unit = _UNITS[words[1] if words[1] in _UNITS else words[0]]
        return PeriodSpan(_shifted(unit, today, 0), start, start + 2)
    return None


def _shifted(unit: Grain, today: date, back: int) -> Period:
    """The unit that holds today, or the one `back` units before it."""
    if unit is Grain.YEAR:
        return of_year(today.year - back)
    if unit is Grain.MONTH:
        return of_month(*_months_back(today, back))
    if unit is Grain.QUARTER:
        year, month = _months_back(today, 3 * back)
        return of_quarter(year, (month - 1) // 3 + 1)
    day = today - timedelta(days=back)
    return Period(Grain.DAY, day, day)


def _last_units(count: int, unit: Grain, today: date) -> Period:
    if unit is Grain.DAY:
        return Period(Grain.DAY, today - timedelta(days=count), today)
    months = count * {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[unit]
    year, month = _months_back(today, months)
    return Period(Grain.DAY, date(year, month, min(today.day, calendar.monthrange(year, month)[1])), today)


def _months_back(day: date, months: int) -> tuple[int, int]:
    total = day.year * 12 + day.month - 1 - months
    return total // 12, total % 12 + 1


def _taken(tokens: tuple[Token, ...], start: int, parts: int) -> int | None:
    """The end of a span of `parts` tokens from `start`, link words inside it not counted."""
    seen = 0
    for position in range(start, len(tokens)):
        if tokens[position].folded in _LINKS:
            continue
        seen += 1
        if seen == parts:
            return position + 1
    return None


def _is_year(token: Token) -> bool:
    return token.kind is TokenKind.NUMBER and bool(re.fullmatch(r"1[0-9]{3}|2[01][0-9]{2}", token.text))


def _iso(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text)
    return _date(int(found[1]), int(found[2]), int(found[3])) if found else None


def _slashed(text: str) -> date | None:
    """Day first; month first when day first is no date."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    if not found:
        return None
    return _date(int(found[3]), int(found[2]), int(found[1])) or _date(int(found[3]), int(found[1]), int(found[2]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
