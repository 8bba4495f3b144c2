"""What several kinds of chart share: sizes, colours, axes with their labels, and tooltips."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.agentgraph.charts.choice import ChartChoice
from app.agentgraph.charts.kinds import ChartType
from app.agentgraph.charts.points import Points
from app.agentgraph.charts.prepare import MAX_BARS
from app.agentgraph.charts.roles import Grain
from app.agentgraph.formats import column_label
from app.core.i18n import Language, Text

Json = dict[str, Any]

PALETTE = "#0072B2 #E69F00 #009E73 #CC79A7 #56B4E9 #D55E00 #F0E442 #7F7F7F #332288 #882255 #44AA99 #A6761D".split()
"""Okabe and Ito's colours, told apart with every common colour blindness, then four from Paul Tol's muted set."""
WIDTH = 620
HEIGHT = 340
CHARACTER = 6.4
"""Mean width of a character of a label, in pixels."""
MAX_TICKS = 12
LONGEST_LABEL = 260
"""Width of the longest name that is written in full, in pixels."""
_SCALES = ((1e12, Text(en="T", pt="tri")), (1e9, Text(en="B", pt="bi")), (1e6, Text(en="M", pt="mi")))
_QUARTER_LABEL = Text(
    en="'Q' + quarter(datum.value) + ' ' + year(datum.value)", pt="'T' + quarter(datum.value) + ' ' + year(datum.value)"
)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
_DAY_FORMAT = Text(en="%Y-%m-%d", pt="%d/%m/%Y")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Data and marks of one chart, and notes on what was done to the rows."""

    records: list[Json]
    body: Json
    notes: list[str]
    summary: str | None = None
    """The course of the data in words; None where the smallest and the largest value say it."""


def along(points: Points, choice: ChartChoice, language: Language) -> Json:
    """The horizontal axis of lines: time, or ordered places."""
    title = axis_title(choice, language)
    if not points.on_time_axis:
        axis = name_axis(points, stands=True)
        return {"field": "place", "type": "ordinal", "sort": points.places, "title": title, "axis": axis}
    return {
        "field": "place",
        "type": "temporal",
        "title": title,
        "axis": _time_axis(points, language),
    }


def _time_axis(points: Points, language: Language) -> Json:
    """About eight moments named, at round steps of the calendar."""
    moments = [place for place in points.places if isinstance(place, datetime)]
    axis: Json = {"labelOverlap": True, "labelFlush": False, "grid": False}
    grain = points.grain
    if grain in {Grain.YEAR, Grain.QUARTER, Grain.MONTH}:
        return axis | _calendar_ticks(moments, grain, language)
    days = (moments[-1] - moments[0]).days
    timed = grain in {Grain.MOMENT, Grain.HOUR} and days < 2
    pattern = "%H:%M" if timed else "%b %Y" if days > 200 else _DAY_FORMAT.to(language)
    if len(moments) <= MAX_TICKS and not timed:
        return axis | {"format": pattern, "values": [_tick(moment) for moment in moments]}
    return axis | {"format": pattern, "tickCount": 8}


def _calendar_ticks(moments: list[datetime], grain: Grain, language: Language) -> Json:
    """Ticks at every nth month or year such that there are at most twelve, and how they are written."""
    first, last = (moment.year * 12 + moment.month - 1 for moment in (moments[0], moments[-1]))
    finest = {Grain.YEAR: 12, Grain.QUARTER: 3}.get(grain, 1)
    steps = [step for step in _MONTH_STEPS if step >= finest]
    step = next((step for step in steps if (last - first) // step < MAX_TICKS), steps[-1])
    months = range(-(-first // step) * step, last + 1, step)
    axis: Json = {"values": [_tick(datetime(month // 12, month % 12 + 1, 1)) for month in months]}  # noqa: DTZ001
    if step % 12 == 0:
        return axis | {"format": "%Y"}
    if grain is Grain.QUARTER:
        return axis | {"labelExpr": _QUARTER_LABEL.to(language)}
    return axis | {"format": "%b %Y"}


def _tick(moment: datetime) -> Json:
    return {"year": moment.year, "month": moment.month, "date": moment.day}


def colour(field: str, names: list[str], title: str | None = None) -> Json:
    """A colour for each of `names`, in their order; `title` stands over the legend."""
    scale = {"domain": names, "range": list(PALETTE[: max(len(names), 1)])}
    return {"field": field, "type": "nominal", "scale": scale, "sort": names, "legend": {"title": title}}


def name_axis(points: Points, *, stands: bool) -> Json:
    """Names in full; under standing marks they are tilted only when they would touch."""
    axis: Json = {"labelLimit": LONGEST_LABEL, "grid": False}
    if stands:
        longest = max((len(str(place)) for place in points.places), default=0)
        fits = longest * CHARACTER <= WIDTH / max(len(points.places), 1)
        axis |= {"labelAngle": 0 if fits else -40, "labelLimit": 160}
        axis["labelOverlap"] = len(points.places) > MAX_BARS
    return axis


def number_axis(size: float, language: Language) -> Json:
    """Labels of numbers up to `size`: millions and the like by their word in the reader's language, others in full."""
    for scale, word in _SCALES:
        if size >= scale:
            shown = f"format(datum.value / {scale:.0f}, ',.2~f') + ' {word.to(language)}'"
            return {"labelExpr": f"datum.value == 0 ? '0' : {shown}", "tickCount": 6}
    return {"format": ",.6~f", "tickCount": 6}


def axis_title(choice: ChartChoice, language: Language) -> str:
    """Name of the column along the axis."""
    axis, month = choice.encoding.x, choice.encoding.month
    return column_label((month or axis).name, language) if axis else ""


def series_title(choice: ChartChoice, language: Language) -> str | None:
    """Name of the column that splits the values into series; None when the series are measures."""
    split = choice.encoding.series
    return column_label(split.name, language) if split else None


def value_title(choice: ChartChoice, language: Language) -> str | None:
    """The measure's name; None when several measures share the axis and the legend names them."""
    return column_label(choice.encoding.y[0].name, language) if len(choice.encoding.y) == 1 else None


def tip(field: str, title: str | None) -> Json:
    """One line of a tooltip."""
    return {"field": field, "type": "nominal", "title": title or field}


def tooltips(choice: ChartChoice, language: Language, *, series: bool) -> list[Json]:
    """Place, series and value under the pointer."""
    place = "name" if choice.type in {ChartType.LINE, ChartType.MULTI_LINE, ChartType.AREA} else "place"
    if place == "name" and (choice.encoding.x is None or choice.encoding.x.grain is None):
        place = "place"
    split = series_title(choice, language)
    tips = [tip(place, axis_title(choice, language))]
    tips += [tip("series", split or " ")] if series else []
    return [*tips, tip("label", value_title(choice, language) or " ")]
