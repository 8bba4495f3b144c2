"""Days, weeks and months of a time zone: when the present one began and when it ends."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from app.core.errors import ValidationFailed
from app.core.i18n import Text

_MONTH = timedelta(days=30)
_HOUR = timedelta(hours=1)
_UNKNOWN = Text(
    en="There is no time zone '{time_zone}'. Use a name of the IANA list, as America/Sao_Paulo.",
    pt="Não existe o fuso horário '{time_zone}'. Use um nome da lista IANA, como America/Sao_Paulo.",
)


class Period(StrEnum):
    """A span of the calendar; weeks begin on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def zone_of(name: str, *, pointer: str = "/time_zone") -> ZoneInfo:
    """The time zone called `name`. Raises ValidationFailed."""
    if name not in available_timezones():
        raise ValidationFailed(_UNKNOWN, pointer=pointer, time_zone=name)
    return ZoneInfo(name)


def has_whole_hours(zone: ZoneInfo, moment: datetime) -> bool:
    """Whether hours of `zone` have begun with those of UTC at any time in the ten years before `moment`."""
    offsets = ((moment - _MONTH * number).astimezone(zone).utcoffset() for number in range(120))
    return all(offset is not None and offset % _HOUR == timedelta(0) for offset in offsets)


def bounds(period: Period, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the `period` that holds `moment` begins and when the next one does, at midnight of `zone`."""
    day = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period is Period.DAY:
        return day, _midnight_after(day, 1)
    if period is Period.WEEK:
        start = _midnight_after(day, -day.weekday())
        return start, _midnight_after(start, 7)
    start = day.replace(day=1)
    return start, _midnight_after(start, 32).replace(day=1)


def _midnight_after(midnight: datetime, days: int) -> datetime:
    """Arithmetic on aware times of one zone is on the clock of its walls, so that summer time does not shift it."""
    return midnight + timedelta(days=days)
