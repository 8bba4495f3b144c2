"""From rows to the few points that a chart shows: summed up, cut to what can be read, and put in order."""

import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

from babel.dates import format_date

from app.agentgraph.charts.binning import bin_moments
from app.agentgraph.charts.choice import ChartChoice
from app.agentgraph.charts.kinds import ChartType
from app.agentgraph.charts.points import Place, Points
from app.agentgraph.charts.roles import ColumnRole, Grain, Role, as_moment, as_number, natural_order
from app.agentgraph.charts.shape import MAX_SERIES
from app.agentgraph.charts.wishes import MAX_FACETS
from app.agentgraph.formats import EMPTY, LOCALES, NO, YES, cell_text, column_label, number
from app.connectors.base import Cell
from app.connectors.catalog import DataType
from app.core.i18n import Language, Text

MAX_BARS = 15
MAX_TIME_BARS = 60
"""Bars along time may be more than categories: they are read as a curve."""
MAX_GROUPED_BARS = 75
"""Bars of all groups of a grouped chart; beyond that they are thin or the picture is endless."""
MAX_MOMENTS = 2000
"""Moments of one line; a picture has fewer columns of pixels than that."""
MAX_POINTS = 3000
"""Points of all lines of a chart, which bounds the size of its specification."""
MAX_SLICES = 12
MAX_CELLS_A_SIDE = 30
OTHERS = Text(en="Others", pt="Outros")

_SUMMED = Text(en="sum of the rows of each point", pt="soma das linhas de cada ponto")
_AVERAGED = Text(en="average of the rows of each point", pt="média das linhas de cada ponto")
_TOP = Text(en="the {shown} largest of {all}", pt="os {shown} maiores de {all}")
_RECENT = Text(en="the latest {shown} of {all}", pt="os {shown} mais recentes de {all}")
_FIRST = Text(en="the first {shown} of {all}", pt="os {shown} primeiros de {all}")
_SERIES = Text(en="the {shown} largest series of {all}", pt="as {shown} maiores séries de {all}")
CUT = Text(en="from the first {rows} rows", pt="a partir das primeiras {rows} linhas")
_TWO_DIGITS = re.compile(r"\d{2}")
_QUARTER = Text(en="Q{quarter} {year}", pt="T{quarter} {year}")

TIME_AXIS_TYPES = frozenset({ChartType.LINE, ChartType.MULTI_LINE, ChartType.AREA})
SLICED_TYPES = frozenset({ChartType.PIE, ChartType.DONUT, ChartType.PIES_BY_GROUP})


def prepare_points(choice: ChartChoice, language: Language) -> Points:
    """The points of every kind of chart that shows one value for each category, moment or cell."""
    points, repeated = _collect(choice, language)
    if repeated:
        points.notes.append((_AVERAGED if choice.encoding.y[0].averaged else _SUMMED).to(language))
    _order(points, choice)
    if points.on_time_axis:
        limit = _most_places(choice.type, points)
        bin_moments(points, limit=limit, added=choice.encoding.y[0].added, language=language)
    if choice.type in SLICED_TYPES:
        _fold_slices(points, language)
    elif choice.type not in TIME_AXIS_TYPES or not points.on_time_axis:
        _cut_places(points, _most_places(choice.type, points), language)
    _cut_series(points, choice.type, language)
    if choice.type is ChartType.AREA and len(points.series) > 1:
        _fill_gaps(points)
    if choice.result.truncated:
        points.notes.append(CUT.to(language, rows=number(len(choice.result.rows), language)))
    return points if choice.type in TIME_AXIS_TYPES else _with_named_moments(points, language)


def _most_places(kind: ChartType, points: Points) -> int:
    series = min(len(points.series), MAX_SERIES)
    if kind in SLICED_TYPES:
        return MAX_SLICES
    if kind in TIME_AXIS_TYPES and points.on_time_axis:
        return min(MAX_MOMENTS, MAX_POINTS // series)
    if kind is ChartType.HEAT_MAP:
        return MAX_CELLS_A_SIDE
    limit = MAX_TIME_BARS if points.on_time_axis else MAX_BARS
    return min(limit, MAX_GROUPED_BARS // series) if kind is ChartType.GROUPED_BAR else limit


def _collect(choice: ChartChoice, language: Language) -> tuple[Points, bool]:
    """All points with rows of the same place and series brought together; and whether there were such rows."""
    groups: dict[tuple[Place, str], list[float]] = {}
    for place, series, value in _cells(choice, language):
        groups.setdefault((place, series), []).append(value)
    averaged = choice.encoding.y[0].averaged
    values = {key: math.fsum(found) / (len(found) if averaged else 1) for key, found in groups.items()}
    places = list(dict.fromkeys(place for place, _ in values))
    names = list(dict.fromkeys(name for _, name in values))
    return Points(values, places, names, _grain_of(choice)), any(len(found) > 1 for found in groups.values())


def _cells(choice: ChartChoice, language: Language) -> Iterator[tuple[Place, str, float]]:
    split = choice.encoding.series
    labels = _measure_names(choice, language)
    for row in choice.result.rows:
        place = _place(row, choice, language)
        for measure, own in zip(choice.encoding.y, labels, strict=True):
            value = as_number(row[measure.index])
            if value is None or place is None:
                continue
            yield place, own if split is None else name_of(row[split.index], split, choice, language), value


def _measure_names(choice: ChartChoice, language: Language) -> list[str]:
    """Names of the series that several measures make; a single measure has none."""
    if len(choice.encoding.y) == 1:
        return [""]
    names = [column_label(measure.name, language) for measure in choice.encoding.y]
    return [f"{name} ({at + 1})" if names.count(name) > 1 else name for at, name in enumerate(names)]


def _place(row: tuple[Cell, ...], choice: ChartChoice, language: Language) -> Place | None:
    """Where a row stands on the axis: a moment or a name; None when its time is missing."""
    axis, month = choice.encoding.x, choice.encoding.month
    if axis is None:
        return ""
    if axis.role is not Role.TEMPORAL:
        return name_of(row[axis.index], axis, choice, language)
    moment = as_moment(row[axis.index])
    if moment is None or month is None:
        return moment
    step = as_number(row[month.index])
    return None if step is None else moment.replace(month=int(step))


def _grain_of(choice: ChartChoice) -> Grain:
    """The step of the time axis."""
    axis = choice.encoding.x
    return Grain.MONTH if choice.encoding.month else (axis.grain if axis else None) or Grain.DAY


def moment_name(moment: datetime, grain: Grain, language: Language) -> str:
    """A moment as a category, as coarse as its grain."""
    if grain is Grain.YEAR:
        return str(moment.year)
    if grain is Grain.QUARTER:
        return _QUARTER.to(language, quarter=(moment.month + 2) // 3, year=moment.year)
    if grain is Grain.MONTH:
        return format_date(moment, "MMM yyyy", locale=LOCALES[language])
    return cell_text(moment, "", language)


def _with_named_moments(points: Points, language: Language) -> Points:
    names = {p: moment_name(p, points.grain, language) if isinstance(p, datetime) else p for p in points.places}
    values: dict[tuple[Place, str], float] = {
        (names[place], series): value for (place, series), value in points.values.items() if place in names
    }
    return Points(values, list(dict.fromkeys(names.values())), points.series, points.grain, points.notes)


def name_of(cell: Cell, column: ColumnRole, choice: ChartChoice, language: Language) -> str:
    """A category for people: codes are not grouped like amounts, truth values are words."""
    if choice.result.columns[column.index].type is DataType.BOOLEAN and cell is not None:
        return (YES if cell else NO).to(language)
    if isinstance(cell, int) and not isinstance(cell, bool):
        if column.holds_months:
            return format_date(date(2000, cell, 1), "MMM", locale=LOCALES[language]).strip(".")
        if column.code or column.role is Role.ORDINAL or column.grain is Grain.YEAR:
            return str(cell)
    return cell_text(cell, column.name, language).strip() or EMPTY.to(language)


def _order(points: Points, choice: ChartChoice) -> None:
    """Moments by time, steps by size, months and weekdays by the calendar, names from the largest value down.

    Names keep their order when the rows already rise or fall: the question asked for that order.
    """
    points.series.sort(key=lambda name: -_total(points, series=name))
    axis = choice.encoding.x
    if axis is not None and axis.role is Role.NOMINAL:
        _order_names(points, choice.type)
    elif axis is not None and axis.role is Role.ORDINAL:
        calendar = natural_order([str(place) for place in points.places])
        points.places.sort(key=lambda place: calendar[str(place)] if calendar else _step(place))
    else:
        points.places.sort(key=lambda place: place.isoformat() if isinstance(place, datetime) else "")
    calendar = natural_order(points.series)
    if calendar or all(name.isdigit() for name in points.series):
        points.series.sort(key=lambda name: calendar[name] if calendar else int(name))


def _order_names(points: Points, kind: ChartType) -> None:
    names = [str(place) for place in points.places]
    calendar = natural_order(names)
    totals = [_total(points, place=place) for place in points.places]
    if calendar is not None and kind not in SLICED_TYPES:
        points.places.sort(key=lambda place: calendar[str(place)])
    elif all(_TWO_DIGITS.fullmatch(name) for name in names):
        points.places.sort(key=_step)
    elif kind in SLICED_TYPES or not _is_monotone(totals):
        points.places.sort(key=lambda place: -_total(points, place=place))


def _step(place: Place) -> float:
    try:
        return float(str(place))
    except ValueError:
        return math.inf


def _is_monotone(values: list[float]) -> bool:
    pairs = list(pairwise(values))
    return all(a >= b for a, b in pairs) or all(a <= b for a, b in pairs)


def _total(points: Points, *, place: Place | None = None, series: str | None = None) -> float:
    """The sum over one place or one series."""
    found = (v for (p, s), v in points.values.items() if (place is None or p == place) and series in (None, s))
    return math.fsum(found)


def _cut_places(points: Points, limit: int, language: Language) -> None:
    every = len(points.places)
    if every <= limit:
        return
    totals = [_total(points, place=place) for place in points.places]
    if points.on_time_axis:
        points.places, note = points.places[-limit:], _RECENT
    elif totals[0] >= totals[-1] and _is_monotone(totals):
        points.places, note = points.places[:limit], _TOP
    else:
        points.places, note = points.places[:limit], _FIRST
    points.notes.append(note.to(language, shown=limit, all=number(every, language)))


def _cut_series(points: Points, kind: ChartType, language: Language) -> None:
    limits = {ChartType.PIES_BY_GROUP: MAX_FACETS, ChartType.HEAT_MAP: MAX_CELLS_A_SIDE}
    limit = limits.get(kind, MAX_SERIES)
    if len(points.series) <= limit:
        return
    largest = set(sorted(points.series, key=lambda name: -_total(points, series=name))[:limit])
    points.notes.append(_SERIES.to(language, shown=limit, all=number(len(points.series), language)))
    points.series = [name for name in points.series if name in largest]


def _fill_gaps(points: Points) -> None:
    """Layers of an area stand on each other, so that a layer without a value is nothing at that place and not a gap."""
    for place in points.places:
        for series in points.series:
            points.values.setdefault((place, series), 0.0)


def _fold_slices(points: Points, language: Language) -> None:
    """Keeps the largest slices of every pie and brings the rest together as one."""
    if len(points.places) <= MAX_SLICES:
        return
    kept = _largest_slices(points)
    others = OTHERS.to(language)
    for series in points.series:
        rest = [v for (place, name), v in points.values.items() if name == series and place not in kept]
        if rest:
            points.values[others, series] = math.fsum(rest)
    points.places = [*(place for place in points.places if place in kept), others]


def _largest_slices(points: Points) -> set[Place]:
    """As many of each pie's largest slices as leave one slice, over all pies, for the rest."""
    ranked = [_ranked(points, series) for series in points.series[:MAX_FACETS]]
    for each in range(MAX_SLICES - 1, 0, -1):
        kept = {place for places in ranked for place in places[:each]}
        if len(kept) < MAX_SLICES:
            return kept
    return set(points.places[: MAX_SLICES - 1])


def _ranked(points: Points, series: str) -> list[Place]:
    """The places of one series, largest value first."""
    return sorted((p for p, name in points.values if name == series), key=lambda place: -points.values[place, series])
