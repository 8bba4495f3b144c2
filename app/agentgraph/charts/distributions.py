"""Charts that show the rows themselves rather than one value for each category: how measures spread and go together."""

import math
import statistics
from collections.abc import Sequence

from app.agentgraph.charts.choice import ChartChoice
from app.agentgraph.charts.parts import (
    CHARACTER,
    HEIGHT,
    LONGEST_LABEL,
    PALETTE,
    WIDTH,
    Drawing,
    Json,
    axis_title,
    colour,
    number_axis,
    series_title,
    tip,
    value_title,
)
from app.agentgraph.charts.prepare import MAX_BARS, name_of
from app.agentgraph.charts.roles import as_number, natural_order
from app.agentgraph.formats import column_label, number
from app.core.i18n import Language, Text

MAX_DOTS = 2000
MAX_BINS = 20
MAX_OUTLIERS = 60
"""Dots beyond the whiskers that one box shows; the middle ones of more are left out."""
FAR = 3.0
"""Distances of the quartiles, beyond them, from which a value may be left out of a histogram."""
SMALLEST_BOXES = 0.2
"""Share of the axis that must be left to all but the far values."""
BOX = 36
"""Width of a box, in pixels."""
_ROWS = Text(en="rows", pt="linhas")
_SAMPLED = Text(en="{shown} of {all} points, evenly taken", pt="{shown} de {all} pontos, tomados por igual")
_GROUPS = Text(en="the {shown} groups with the most rows, of {all}", pt="os {shown} grupos com mais linhas, de {all}")
_FULLEST = Text(
    en="{rows} rows, the largest group ({most}) in {step}", pt="{rows} linhas, o maior grupo ({most}) em {step}"
)
_MEDIANS = Text(
    en="medians from {low} ({low_at}) to {high} ({high_at})", pt="medianas de {low} ({low_at}) a {high} ({high_at})"
)
_MEDIAN = Text(en="median {low}", pt="mediana {low}")
_BEYOND = Text(
    en="shown from {low} to {high}; values beyond: {count}", pt="exibido de {low} a {high}; valores além: {count}"
)
_BOX_PARTS = {
    "low": Text(en="lower whisker", pt="limite inferior"),
    "q1": Text(en="first quartile", pt="primeiro quartil"),
    "median": Text(en="median", pt="mediana"),
    "q3": Text(en="third quartile", pt="terceiro quartil"),
    "high": Text(en="upper whisker", pt="limite superior"),
}


def draw_histogram(choice: ChartChoice, language: Language) -> Drawing:
    """How many rows lie in each step of the measure."""
    values, notes = _without_tail(_measured(choice), language)
    records: list[Json] = [
        {"from": low, "to": high, "rows": rows, "label": f"{number(low, language)} – {number(high, language)}"}
        for low, high, rows in _bins(values, whole=choice.encoding.y[0].integral)
    ]
    title = value_title(choice, language)
    axis = number_axis(max(abs(records[0]["from"]), abs(records[-1]["to"])), language)
    x = {"field": "from", "type": "quantitative", "bin": "binned", "title": title, "axis": axis}
    y = {
        "field": "rows",
        "type": "quantitative",
        "title": _ROWS.to(language),
        "axis": {"format": ",d", "tickMinStep": 1},
    }
    encoding = {"x": x, "x2": {"field": "to"}, "y": y}
    encoding["tooltip"] = [tip("label", title), tip("rows", _ROWS.to(language))]
    body = {"mark": {"type": "bar", "color": PALETTE[0]}, "encoding": encoding, "width": WIDTH, "height": HEIGHT}
    most, rows = max(records, key=lambda record: record["rows"]), sum(record["rows"] for record in records)
    counts = {"rows": number(rows, language), "most": number(most["rows"], language)}
    return Drawing(records, body, notes, _FULLEST.to(language, step=most["label"], **counts))


def draw_scatter(choice: ChartChoice, language: Language) -> Drawing:
    """One dot a row."""
    dots, notes = _dots(choice, language)
    records: list[Json] = [{"across": x, "up": y} | ({"series": name} if name else {}) for x, y, name in dots]
    across = column_label(choice.encoding.x.name, language) if choice.encoding.x else ""
    encoding: Json = {
        "x": _free_axis("across", across, [x for x, *_ in dots], language),
        "y": _free_axis("up", value_title(choice, language), [y for _, y, _ in dots], language),
    }
    names = _in_order([name for *_, name in dots if name])
    if names:
        encoding["color"] = colour("series", names, series_title(choice, language))
    mark = {"type": "circle", "size": 45, "opacity": 0.65, "color": PALETTE[0]}
    return Drawing(records, {"mark": mark, "encoding": encoding, "width": WIDTH, "height": HEIGHT}, notes)


def draw_box_plot(choice: ChartChoice, language: Language) -> Drawing:
    """Quartiles of the measure, for each group; dots lie beyond 1.5 times the quartiles' distance."""
    groups, notes = _spreads(choice, language)
    boxes = {name: _box(name, values, language) for name, values in groups.items()}
    dots = {name: _outliers(values, boxes[name]) for name, values in groups.items()}
    notes += _drop_far_dots(boxes, dots, language)
    records = [*boxes.values(), *({"place": name, "value": value} for name in dots for value in dots[name])]
    stands = max(map(len, groups)) * CHARACTER <= WIDTH / len(groups)
    shown = [*(box[part] for box in boxes.values() for part in ("low", "high")), *(v for d in dots.values() for v in d)]
    value = _free_axis("value", value_title(choice, language), shown, language)
    body: Json = {"layer": _box_layers(choice, value, stands=stands, language=language)}
    body["encoding"] = {"x" if stands else "y": _group_axis(choice, [*groups], stands=stands, language=language)}
    body |= {"width": WIDTH - 100, "height": {"step": BOX}}
    if stands:
        body |= {"width": min(WIDTH, max(240, 110 * len(groups))), "height": HEIGHT}
    return Drawing(records, body, notes, _medians(groups, language))


def _group_axis(choice: ChartChoice, names: list[str], *, stands: bool, language: Language) -> Json:
    axis = {"labelAngle": 0, "labelLimit": LONGEST_LABEL, "grid": False, "labels": choice.encoding.x is not None}
    title = axis_title(choice, language) if stands else None
    return {"field": "place", "type": "nominal", "sort": names, "axis": axis, "title": title}


def _box_layers(choice: ChartChoice, value: Json, *, stands: bool, language: Language) -> list[Json]:
    """Whiskers, box, median and dots along the axis of `value`."""
    along, size = ("y", BOX) if stands else ("x", BOX / 2)
    parts = (tip(f"{part}_label", text.to(language)) for part, text in _BOX_PARTS.items())
    box = _span("q1", "q3", {"type": "bar", "size": size, "fillOpacity": 0.55}, along, value)
    box["encoding"]["tooltip"] = [tip("place", axis_title(choice, language)), *parts]
    return [
        _span("low", "q1", {"type": "rule"}, along, value),
        _span("q3", "high", {"type": "rule"}, along, value),
        box,
        _line({"type": "tick", "thickness": 2, "size": size}, "median", along, value),
        _line({"type": "point", "size": 24, "opacity": 0.7}, "value", along, value),
    ]


def _medians(groups: dict[str, list[float]], language: Language) -> str:
    medians = {name: statistics.median(values) for name, values in groups.items()}
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    figures = {"low": number(medians[low], language), "high": number(medians[high], language)}
    return (_MEDIANS if len(groups) > 1 else _MEDIAN).to(language, low_at=low, high_at=high, **figures)


def _span(start: str, end: str, mark: Json, along: str, axis: Json) -> Json:
    """A mark of a box from one figure to another."""
    encoding = {along: axis | {"field": start}, f"{along}2": {"field": end}}
    return {
        "transform": [{"filter": f"isValid(datum.{start})"}],
        "mark": mark | {"color": PALETTE[0]},
        "encoding": encoding,
    }


def _line(mark: Json, field: str, along: str, axis: Json) -> Json:
    """A mark of a box at one figure."""
    encoding = {along: axis | {"field": field}}
    return {
        "transform": [{"filter": f"isValid(datum.{field})"}],
        "mark": mark | {"color": PALETTE[0]},
        "encoding": encoding,
    }


def _box(name: str, values: Sequence[float], language: Language) -> Json:
    """Quartiles, and whiskers to the last values within 1.5 times the quartiles' distance."""
    q1, median, q3 = _quartiles(values)
    reach = 1.5 * (q3 - q1)
    inside = [value for value in values if q1 - reach <= value <= q3 + reach]
    figures = {"low": min(inside), "q1": q1, "median": median, "q3": q3, "high": max(inside)}
    return {"place": name, **figures, **{f"{part}_label": number(figures[part], language) for part in figures}}


def _quartiles(values: Sequence[float]) -> list[float]:
    return statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3


def _outliers(values: Sequence[float], box: Json) -> list[float]:
    beyond = sorted(value for value in values if not box["low"] <= value <= box["high"])
    if len(beyond) > MAX_OUTLIERS:
        return [*beyond[: MAX_OUTLIERS // 2], *beyond[-MAX_OUTLIERS // 2 :]]
    return beyond


def _drop_far_dots(boxes: dict[str, Json], dots: dict[str, list[float]], language: Language) -> list[str]:
    """Leaves out all dots beyond the widest whiskers when they would press the boxes flat; and the note on it."""
    low, high = min(box["low"] for box in boxes.values()), max(box["high"] for box in boxes.values())
    every = [value for found in dots.values() for value in found]
    far = [value for value in every if not low <= value <= high]
    if not far or high - low >= SMALLEST_BOXES * (max(high, *far) - min(low, *far)):
        return []
    for name, found in dots.items():
        dots[name] = [value for value in found if low <= value <= high]
    return [_beyond_note(far, low, high, language)]


def _beyond_note(far: Sequence[float], low: float, high: float, language: Language) -> str:
    bounds = {"low": number(low, language), "high": number(high, language)}
    return _BEYOND.to(language, count=number(len(far), language), **bounds)


def _without_tail(values: list[float], language: Language) -> tuple[list[float], list[str]]:
    """`values` without the few that lie so far away that nearly all others would be one bar; and the note on it."""
    q1, _, q3 = _quartiles(values)
    low, high = q1 - FAR * (q3 - q1), q3 + FAR * (q3 - q1)
    near = [value for value in values if low <= value <= high]
    low, high = min(near), max(near)
    far = [value for value in values if not low <= value <= high]
    if high == low or high - low >= SMALLEST_BOXES * (max(values) - min(values)):
        return values, []
    return near, [_beyond_note(far, low, high, language)]


def _free_axis(field: str, title: str | None, values: Sequence[float], language: Language) -> Json:
    """An axis that need not begin at zero."""
    axis = number_axis(max(abs(value) for value in values), language)
    return {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}, "axis": axis}


def _in_order(names: Sequence[str]) -> list[str]:
    """Each name once: months and weekdays by the calendar, others by the alphabet."""
    once = list(dict.fromkeys(names))
    calendar = natural_order(once)
    return sorted(once, key=lambda name: (calendar[name] if calendar else 0, name))


def _measured(choice: ChartChoice) -> list[float]:
    index = choice.encoding.y[0].index
    return [value for row in choice.result.rows if (value := as_number(row[index])) is not None]


def _bins(values: Sequence[float], *, whole: bool) -> list[tuple[float, float, int]]:
    """`values` in at most 20 steps of a round width: lower bound, upper bound (excluded), number of values."""
    low, high = min(values), max(values)
    wanted = min(MAX_BINS, max(5, math.ceil(math.sqrt(len(values)))))
    span = (high - low) or max(abs(low), 1.0) * 1e-6
    width = _round_step(span / wanted, whole=whole)
    start = math.floor(low / width)
    counts = [0] * (math.floor(high / width) - start + 1)
    for value in values:
        counts[math.floor(value / width) - start] += 1
    return [((start + i) * width, (start + i + 1) * width, count) for i, count in enumerate(counts)]


def _round_step(raw: float, *, whole: bool) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `raw`."""
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    return max(1.0, float(math.ceil(step))) if whole else step


def _dots(choice: ChartChoice, language: Language) -> tuple[list[tuple[float, float, str]], list[str]]:
    """Pairs of two measures with the name of their series, evenly thinned out; and notes."""
    x, y, split = choice.encoding.x, choice.encoding.y[0], choice.encoding.series
    dots = []
    for row in choice.result.rows:
        across, up = as_number(row[x.index]) if x else None, as_number(row[y.index])
        if across is not None and up is not None:
            dots.append((across, up, name_of(row[split.index], split, choice, language) if split else ""))
    if len(dots) <= MAX_DOTS:
        return dots, []
    kept = [dots[i * len(dots) // MAX_DOTS] for i in range(MAX_DOTS)]
    return kept, [_SAMPLED.to(language, shown=number(MAX_DOTS, language), all=number(len(dots), language))]


def _spreads(choice: ChartChoice, language: Language) -> tuple[dict[str, list[float]], list[str]]:
    """The measure's values by group, those with the most rows only, in the order they are shown; and notes.

    Months and weekdays stand in the order of the calendar, others from the largest median down.
    """
    group, measure = choice.encoding.x, choice.encoding.y[0]
    found: dict[str, list[float]] = {}
    for row in choice.result.rows:
        value = as_number(row[measure.index])
        if value is not None:
            name = name_of(row[group.index], group, choice, language) if group else ""
            found.setdefault(name, []).append(value)
    kept = sorted(found, key=lambda name: -len(found[name]))[:MAX_BARS]
    calendar = natural_order(kept)
    kept.sort(key=lambda name: calendar[name] if calendar else -statistics.median(found[name]))
    notes = [_GROUPS.to(language, shown=MAX_BARS, all=number(len(found), language))] if len(found) > MAX_BARS else []
    return {name: found[name] for name in kept}, notes
