"""Brings moments together in longer steps of the calendar when there are more than a chart can show."""

import math
from datetime import datetime, timedelta

from app.agentgraph.charts.points import Place, Points
from app.agentgraph.charts.roles import Grain
from app.core.i18n import Language, Text

_SUM = Text(en="sum by {step}", pt="soma por {step}")
_AVERAGE = Text(en="average by {step}", pt="média por {step}")
_STEPS = {
    Grain.HOUR: Text(en="hour", pt="hora"),
    Grain.DAY: Text(en="day", pt="dia"),
    Grain.WEEK: Text(en="week", pt="semana"),
    Grain.MONTH: Text(en="month", pt="mês"),
    Grain.QUARTER: Text(en="quarter", pt="trimestre"),
    Grain.YEAR: Text(en="year", pt="ano"),
}
"""From the finest step up."""


def bin_moments(points: Points, *, limit: int, added: bool, language: Language) -> None:
    """Joins the moments of `points` in the finest step that leaves at most `limit`, else in years, and notes it.

    Values of sums and counts (`added`) are added up; of everything else, which may be a price or a temperature, the
    average is right in any case.
    """
    if len(points.places) <= limit:
        return
    moments = [place for place in points.places if isinstance(place, datetime)]
    for grain in _coarser(points.grain):
        starts = {moment: _start_of(moment, grain) for moment in moments}
        if len(set(starts.values())) <= limit or grain is Grain.YEAR:
            _join(points, starts, added=added)
            points.grain = grain
            note = _SUM if added else _AVERAGE
            points.notes.append(note.to(language, step=_STEPS[grain].to(language)))
            return


def _coarser(grain: Grain) -> list[Grain]:
    order = list(Grain)
    return [step for step in _STEPS if order.index(step) < order.index(grain)]


def _start_of(moment: datetime, grain: Grain) -> datetime:
    """The beginning of the hour, day, week (Monday), month, quarter or year that `moment` is in."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if grain is Grain.HOUR:
        return hour
    day = hour.replace(hour=0)
    if grain is Grain.WEEK:
        return day - timedelta(days=day.weekday())
    if grain is Grain.MONTH:
        return day.replace(day=1)
    if grain is Grain.QUARTER:
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    return day.replace(month=1, day=1) if grain is Grain.YEAR else day


def _join(points: Points, starts: dict[datetime, datetime], *, added: bool) -> None:
    groups: dict[tuple[Place, str], list[float]] = {}
    for (place, series), value in points.values.items():
        if isinstance(place, datetime):
            groups.setdefault((starts[place], series), []).append(value)
    points.values = {key: math.fsum(found) / (1 if added else len(found)) for key, found in groups.items()}
    points.places = [*dict.fromkeys(starts.values())]
