"""Dates and times as people write them: numeric in three orders, months by name in pt and en, with time and zone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from app.connectors.catalog import DataType

PIVOT = 70
"""Two-digit years from this one on are 19xx (POSIX strptime has 69)."""
YEARS = range(1000, 2200)
"""Years that a date may have; anything else is a number with slashes."""


class DateOrder(StrEnum):
    """Order of the parts of a numeric date; a four-digit year in front settles it by itself."""

    DAY_FIRST = "day/month/year"
    MONTH_FIRST = "month/day/year"


@dataclass(frozen=True, slots=True)
class Moment:
    """What one text says: a date, a time of day or both, and the zone's offset if there is one."""

    day: date | None
    clock: time | None
    offset: timedelta | None = None
    has_day: bool = True
    """False when the text names a month only, which then counts as its first day."""


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janeiro",
            "february feb fevereiro fev",
            "march mar março marco",
            "april apr abril abr",
            "may maio mai",
            "june jun junho",
            "july jul julho",
            "august aug agosto ago",
            "september sep sept setembro set",
            "october oct outubro out",
            "november nov novembro",
            "december dec dezembro dez",
        ),
        start=1,
    )
    for name in names.split()
}
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "BRT": -3, "BRST": -2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7}
_ZONES |= {"MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "BST": 1, "WET": 0, "WEST": 1}

_WEEKDAY = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|"
    r"(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?|sábado|domingo|seg|ter|qua|qui|sex|sáb|dom)\.?,?\s+"
)
_ORDINAL = r"(?:st|nd|rd|th|º|°)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_DATES = (
    re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"),
    re.compile(rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second>\d{{1,2}})(?P=mark){_YEAR}"),
    re.compile(
        rf"(?:{_WEEKDAY})?(?P<day>\d{{1,2}}){_ORDINAL}[ \-/.]*(?:de )?"
        rf"(?P<name>[a-zç]{{3,9}})[.,]?[ \-/.]*(?:de )?{_YEAR}"
    ),
    re.compile(rf"(?:{_WEEKDAY})?(?P<name>[a-zç]{{3,9}})\.? (?P<day>\d{{1,2}}){_ORDINAL},? (?P<year>\d{{4}})"),
    re.compile(r"(?P<name>[a-zç]{3,9})\.?(?: de |[ \-/])(?P<year>\d{4})"),
    re.compile(r"(?P<name>[a-zç]{3,9})\.?[\-/](?P<year>\d{2})"),
)
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?|h(?P<minute2>\d{2})(?:min)?)"
    r"\s*(?P<half>[ap]\.?m\.?)?"
)
_ZONED = re.compile(r"\s*(?P<zone>Z|[A-Z]{3,4}|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?)$")
_GAP = re.compile(r"(?:\s*,\s*|\s+(?:às|as|at)\s+|\s+|(?<=\d)T(?=\d))")


def read_moment(text: str, order: DateOrder) -> Moment | None:
    """What `text` says as a date, a time or both, numeric dates taken in `order`; None when it says neither."""
    if not 4 <= len(text) <= 50 or not any(c.isdigit() for c in text):
        return None
    lowered = text.lower()
    found = _read_date(lowered, order)
    if found is not None:
        return found
    clock = _read_time(lowered)
    if clock is not None:
        return Moment(None, clock)
    return _read_both(text, order)


def _read_both(text: str, order: DateOrder) -> Moment | None:
    offset, rest = _split_zone(text)
    for gap in _GAP.finditer(rest):
        if ":" in rest[: gap.start()]:
            break
        clock = _read_time(rest[gap.end() :].lower())
        found = _read_date(rest[: gap.start()].lower(), order) if clock else None
        if found is not None:
            return Moment(found.day, clock, offset, found.has_day)
    return None


def _split_zone(text: str) -> tuple[timedelta | None, str]:
    found = _ZONED.search(text)
    if found is None or ":" not in text[: found.start()]:
        return None, text
    zone = found["zone"]
    if zone in _ZONES:
        return timedelta(hours=_ZONES[zone]), text[: found.start()]
    digits = re.sub(r"[A-Z:]", "", zone)
    if not digits:
        return None, text
    minutes = int(digits[1:3]) * 60 + int(digits[3:5] or 0)
    return timedelta(minutes=-minutes if digits[0] == "-" else minutes), text[: found.start()]


def _read_time(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or found["minute2"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    second, fraction = int(found["second"] or 0), (found["fraction"] or "").ljust(6, "0")[:6]
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second, int(fraction))


def _read_date(text: str, order: DateOrder) -> Moment | None:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found is not None:
            return _date_of(found, order)
    return None


def _date_of(found: re.Match[str], order: DateOrder) -> Moment | None:
    parts = found.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        if "first" in parts and len(parts["first"] + parts["second"]) != 4:
            return None
        year += 1900 if year >= PIVOT else 2000
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
    else:
        month = _MONTHS.get(parts["name"], 0) if "name" in parts else int(parts["month"])
        day = int(parts["day"]) if "day" in parts else 1
    if year not in YEARS:
        return None
    try:
        return Moment(date(year, month, day), None, has_day="first" in parts or "day" in parts)
    except ValueError:
        return None


def is_numeric_date(text: str) -> bool:
    """True for dates whose order of day and month has to be known, e.g. `01/02/2024`."""
    return re.match(r"\d{1,2}([-/.])\d{1,2}\1\d{2}", text) is not None


_COMPACT_ORDERS = ("%Y%m%d", "%d%m%Y")


def compact_format(texts: set[str]) -> str | None:
    """strptime format in which all of `texts`, eight digits each, are dates from 1900 to 2100, if there is one."""
    for form in _COMPACT_ORDERS:
        if all(read_compact(text, form) for text in texts):
            return form
    return None


def read_compact(text: str, form: str) -> date | None:
    """The date of eight digits in the strptime format `form`, else None."""
    if len(text) != 8 or not text.isdigit():
        return None
    year, month, day = (text[:4], text[4:6], text[6:]) if form == "%Y%m%d" else (text[4:], text[2:4], text[:2])
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2100 else None


_SQL_FORMATS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], DateOrder], str]], ...] = (
    (re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}"), lambda m, _: f"%Y{m[1]}%m{m[1]}%d"),
    (re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}"), lambda m, o: _numeric_format(m[1], o)),
)
_SQL_TIMES = (
    (re.compile(r""), ""),
    (re.compile(r"[ T]\d{1,2}:\d{2}"), "%H:%M"),
    (re.compile(r"[ T]\d{1,2}:\d{2}:\d{2}"), "%H:%M:%S"),
    (re.compile(r"[ T]\d{1,2}:\d{2}:\d{2}\.\d{1,6}"), "%H:%M:%S.%f"),
)


def _numeric_format(mark: str, order: DateOrder) -> str:
    return f"%d{mark}%m{mark}%Y" if order is DateOrder.DAY_FIRST else f"%m{mark}%d{mark}%Y"


def strptime_format(text: str, order: DateOrder) -> str | None:
    """The strptime format of a plain numeric date (and time) such as `text`; None for every other way of writing."""
    for pattern, build in _SQL_FORMATS:
        found = pattern.match(text)
        if found is None:
            continue
        rest = text[found.end() :]
        clock = next((form for regex, form in _SQL_TIMES if regex.fullmatch(rest)), None)
        if clock is not None:
            return build(found, order) + rest[:1] + clock
    return None


def strptime_time_format(text: str, _order: DateOrder) -> str | None:
    """The strptime format of a plain time of day such as `12:30`; None for every other way of writing."""
    if re.fullmatch(r"\d{1,2}:\d{2}", text):
        return "%H:%M"
    return "%H:%M:%S" if re.fullmatch(r"\d{1,2}:\d{2}:\d{2}", text) else None


def to_iso(moment: Moment, *, in_utc: bool, type_: DataType) -> str:
    """ISO 8601 as SQLite's date functions read it, with the parts of `type_`.

    `in_utc` moves moments with an offset to UTC; a date without a time is its midnight.
    """
    clock = moment.clock or time()
    if moment.day is None:
        return _without_zeros(clock.isoformat())
    if type_ is DataType.DATE:
        return moment.day.isoformat()
    stamp = datetime.combine(moment.day, clock)
    if in_utc and moment.offset is not None:
        stamp -= moment.offset
    return _without_zeros(stamp.isoformat(sep=" "))


def _without_zeros(text: str) -> str:
    """A fraction of a second without the zeros at its end, as databases print it."""
    return text.rstrip("0") if "." in text else text
