"""The marks, axes and colours of each kind of chart, as the inner part of a Vega-Lite specification."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.agentgraph.charts.choice import ChartChoice
from app.agentgraph.charts.kinds import ChartType
from app.agentgraph.charts.prepare import (
    MAX_BARS,
    OTHERS,
    Points,
    grain_of,
    moment_name,
    prepare_bins,
    prepare_dots,
    prepare_spread,
)
from app.agentgraph.charts.roles import Grain
from app.agentgraph.formats import column_label, name_words, number, word_set
from app.core.i18n import Language, Text

Json = dict[str, Any]

PALETTE = "#0072B2 #E69F00 #009E73 #CC79A7 #56B4E9 #D55E00 #F0E442 #7F7F7F #332288 #882255 #44AA99 #A6761D".split()
"""Okabe and Ito's colours, told apart with every common colour blindness, then four from Paul Tol's muted set."""
OTHERS_COLOUR = "#B8BDC4"
WIDTH = 620
WIDEST_BAR = 100
"""Room for one standing bar, in pixels, when there are few."""
HEIGHT = 340
STEP = 30
"""Height of one lying bar, in pixels."""
CHARACTER = 6.4
"""Mean width of a character of a label, in pixels."""
SMALLEST_LABELLED_SHARE = 0.03
MAX_MARKED_POINTS = 40
MAX_LABELLED_CELLS = 150
ADDED_WORDS = word_set("sum soma total totals totais")
_SCALES = ((1e12, Text(en="T", pt="tri")), (1e9, Text(en="B", pt="bi")), (1e6, Text(en="M", pt="mi")))
_ROWS = Text(en="rows", pt="linhas")
_DAY_FORMAT = Text(en="%Y-%m-%d", pt="%d/%m/%Y")


@dataclass(frozen=True, slots=True)
class Drawing:
    """Data and marks of one chart, and notes on what was done to the rows."""

    records: list[Json]
    body: Json
    notes: list[str]


def records_of(points: Points, choice: ChartChoice, language: Language) -> list[Json]:
    """One record a point: place, series, value, and the value as the reader writes it."""
    grain = grain_of(choice)
    found: list[Json] = []
    for place in points.places:
        for series in points.series:
            value = points.values.get((place, series))
            if value is None:
                continue
            moment = isinstance(place, datetime)
            record: Json = {"place": place.isoformat() if isinstance(place, datetime) else place, "value": value}
            record["label"] = number(_shortened(value), language)
            if moment and isinstance(place, datetime):
                record["name"] = moment_name(place, grain, language)
            found.append(record | ({"series": series} if series else {}))
    return found


def _shortened(value: float) -> float:
    """Beside a mark, decimals of large values only take room."""
    return round(value) if abs(value) >= 10_000 else value


def draw_bars(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """Standing or lying bars, alone, side by side or stacked."""
    stands = _stand(points, choice)
    several = points.series != [""]
    place: Json = {"field": "place", "type": "nominal", "sort": points.places, "title": _axis_title(choice, language)}
    place["axis"] = _name_axis(points, stands=stands)
    if not stands:
        place["title"] = None
    value: Json = {"field": "value", "type": "quantitative", "title": _value_title(choice, language)}
    value["axis"] = _number_axis(points, language)
    encoding: Json = {"x": place, "y": value} if stands else {"y": place, "x": value}
    encoding["tooltip"] = _tooltip(choice, language, series=several)
    if several:
        _split_bars(encoding, points, stacked=choice.type is ChartType.STACKED_BAR, stands=stands)
    bars: Json = {"mark": {"type": "bar", "color": PALETTE[0], "cornerRadiusEnd": 2}}
    body: Json = {"encoding": encoding, "layer": [bars, *_bar_labels(points, stands=stands, language=language)]}
    if several:
        body = {"encoding": encoding, **bars}
    body |= _bar_size(points, choice, stands=stands)
    return Drawing(records_of(points, choice, language), body, points.notes)


def _stand(points: Points, choice: ChartChoice) -> bool:
    """Single bars as chosen; groups stand while their names fit beneath them without being tilted."""
    if choice.type in {ChartType.BAR, ChartType.HORIZONTAL_BAR}:
        return choice.type is ChartType.BAR
    longest = max((len(str(place)) for place in points.places), default=0)
    return longest * CHARACTER <= WIDTH / max(len(points.places), 1) or longest <= 4


def _bar_size(points: Points, choice: ChartChoice, *, stands: bool) -> Json:
    """Room that grows with the number of bars, up to the full width when they stand."""
    beside = len(points.series) if choice.type is ChartType.GROUPED_BAR else 1
    if stands:
        return {"width": min(WIDTH, max(240, len(points.places) * WIDEST_BAR * min(beside, 2))), "height": HEIGHT}
    return {"width": WIDTH - 100, "height": len(points.places) * max(STEP, 12 * beside + 8)}


def _split_bars(encoding: Json, points: Points, *, stacked: bool, stands: bool) -> None:
    encoding["color"] = _colour("series", points.series)
    if stacked:
        encoding["order"] = {"field": "series", "sort": points.series}
        encoding["y" if stands else "x"]["stack"] = "zero"
    else:
        encoding["xOffset" if stands else "yOffset"] = {"field": "series", "sort": points.series}


def _bar_labels(points: Points, *, stands: bool, language: Language) -> list[Json]:
    """The value at the end of each bar, where it fits."""
    longest = max((len(number(_shortened(value), language)) for value in points.values.values()), default=0)
    if stands and longest * CHARACTER > WIDTH / max(len(points.places), 1):
        return []
    text = {"field": "label", "type": "nominal"}
    if stands:
        mark: Json = {"type": "text", "dy": {"expr": "datum.value < 0 ? 9 : -7"}}
    else:
        mark = {"type": "text", "dx": {"expr": "datum.value < 0 ? -5 : 5"}}
        mark["align"] = {"expr": "datum.value < 0 ? 'right' : 'left'"}
    return [{"mark": mark | {"fontSize": 11, "color": "#333"}, "encoding": {"text": text}}]


def draw_lines(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """Lines or areas along time, or along ordered places."""
    several = points.series != [""]
    is_area = choice.type is ChartType.AREA
    value: Json = {"field": "value", "type": "quantitative", "title": _value_title(choice, language)}
    value["axis"] = _number_axis(points, language)
    value["scale"] = {"zero": is_area or _starts_at_zero(points, choice), "nice": True}
    if is_area:
        value["stack"] = "zero" if several else None
    encoding: Json = {"x": _along(points, choice, language), "y": value}
    encoding["tooltip"] = _tooltip(choice, language, series=several)
    if several:
        encoding["color"] = _colour("series", points.series)
    mark: Json = {"type": "area" if is_area else "line", "color": PALETTE[0]}
    mark |= {"line": not several, "fillOpacity": 0.75 if several else 0.35} if is_area else {"strokeWidth": 2.5}
    if not is_area and len(points.places) <= MAX_MARKED_POINTS:
        mark["point"] = {"size": 45, "filled": True} | ({} if several else {"color": PALETTE[0]})
    body: Json = {"mark": mark, "encoding": encoding, "width": WIDTH, "height": HEIGHT}
    return Drawing(records_of(points, choice, language), body, points.notes)


def _starts_at_zero(points: Points, choice: ChartChoice) -> bool:
    """Sums and counts start at zero; other lines too, unless that would press their course into the upper fifth."""
    low, high = min(points.values.values()), max(points.values.values())
    added_up = any(measure.counted or ADDED_WORDS & set(name_words(measure.name)) for measure in choice.encoding.y)
    return added_up or low <= 0 or (high - low) / high >= 0.2


def _along(points: Points, choice: ChartChoice, language: Language) -> Json:
    title = _axis_title(choice, language)
    if not points.on_time_axis:
        axis = _name_axis(points, stands=True)
        return {"field": "place", "type": "ordinal", "sort": points.places, "title": title, "axis": axis}
    return {
        "field": "place",
        "type": "temporal",
        "title": title,
        "axis": _time_axis(points, grain_of(choice), language),
    }


def _time_axis(points: Points, grain: Grain, language: Language) -> Json:
    """Every moment named when they are few, else about eight of them."""
    moments = [place for place in points.places if isinstance(place, datetime)]
    long = (moments[-1] - moments[0]).days > 200
    by_grain = {Grain.YEAR: "%Y", Grain.QUARTER: "%b %Y", Grain.MONTH: "%b %Y"}
    day_format = _DAY_FORMAT.to(language)
    pattern = by_grain.get(grain, "%b %Y" if long else day_format)
    if grain is Grain.MOMENT and (moments[-1] - moments[0]).days < 2:
        pattern = "%H:%M"
    axis: Json = {"format": pattern, "labelOverlap": True, "grid": False}
    if len(moments) <= 12 and pattern != "%H:%M":
        axis["values"] = [{"year": m.year, "month": m.month, "date": m.day} for m in moments]
    else:
        axis["tickCount"] = 8
    return axis


def draw_slices(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """A pie or ring, or a small pie for each group; shares are of the whole that is shown."""
    grouped = choice.type is ChartType.PIES_BY_GROUP
    radius = 90 if grouped else 150
    records = _slice_records(points, choice, language, named=not grouped)
    theta = {"field": "share", "type": "quantitative", "stack": True, "scale": {"domain": [0, 1]}}
    order = {"field": "rank", "type": "quantitative"}
    legend = list(dict.fromkeys(record["slice"] for record in records))
    arc: Json = {"type": "arc", "outerRadius": radius, "stroke": "white", "strokeWidth": 1.5}
    if choice.type is ChartType.DONUT:
        arc["innerRadius"] = radius * 0.55
    colour = _slice_colour(legend, language) | {
        "legend": {"title": _axis_title(choice, language), "symbolType": "circle"}
    }
    layers: list[Json] = [
        {"mark": arc, "encoding": {"color": colour}},
        {
            "mark": {"type": "text", "radius": radius + 22, "fontSize": 11},
            "encoding": {"text": {"field": "percent", "type": "nominal"}},
        },
    ]
    tooltip = [_tip("place", _axis_title(choice, language)), _tip("label", _value_title(choice, language))]
    shared = {"theta": theta, "order": order, "tooltip": [*tooltip, _tip("percent", "%")]}
    size = {"width": 2 * radius + 80, "height": 2 * radius + 60}
    body: Json = {"encoding": shared, "layer": layers, **size, "view": {"stroke": None}}
    if grouped:
        header = {"title": None, "labelFontSize": 13, "labelFontWeight": "bold"}
        facet = {"field": "series", "type": "nominal", "sort": points.series, "header": header}
        body = {"facet": facet, "columns": 3, "spec": {k: v for k, v in body.items() if k != "view"}}
    return Drawing(records, body, points.notes)


def _slice_records(points: Points, choice: ChartChoice, language: Language, *, named: bool) -> list[Json]:
    """One record a slice with its share of its pie; the legend of a single pie carries the values."""
    wholes = {name: math.fsum(v for (_, s), v in points.values.items() if s == name) for name in points.series}
    kept = {(str(place), name) for place in points.places for name in points.series}
    if any((str(place), name) not in kept for place, name in points.values):
        wholes = {n: math.fsum(points.values.get((p, n), 0.0) for p in points.places) for n in points.series}
    records = records_of(points, choice, language)
    for record in records:
        share = record["value"] / (wholes[record.get("series", "")] or 1.0)
        record["share"] = share
        record["percent"] = f"{number(round(share * 100, 1), language)}%" if share >= SMALLEST_LABELLED_SHARE else ""
        record["rank"] = points.places.index(record["place"])
        record["slice"] = f"{record['place']} ({record['label']})" if named else record["place"]
    return records


def draw_heat_map(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """Cells whose colour is the value, from light to dark."""
    x: Json = {"field": "place", "type": "nominal", "sort": points.places, "title": _axis_title(choice, language)}
    x["axis"] = _name_axis(points, stands=True)
    series = choice.encoding.series
    y: Json = {"field": "series", "type": "nominal", "sort": points.series}
    y["title"] = column_label(series.name, language) if series else None
    scale = {"scheme": "blues"}
    legend = {"title": _value_title(choice, language), **_number_axis(points, language)}
    colour = {"field": "value", "type": "quantitative", "scale": scale, "legend": legend}
    layers: list[Json] = [{"mark": "rect", "encoding": {"color": colour}}]
    if len(points.values) <= MAX_LABELLED_CELLS:
        middle = (min(points.values.values()) + max(points.values.values())) / 2
        ink = {"condition": {"test": f"datum.value > {middle}", "value": "white"}, "value": "#222"}
        text = {"text": {"field": "label", "type": "nominal"}, "color": ink}
        layers.append({"mark": {"type": "text", "fontSize": 10}, "encoding": text})
    tooltip = _tooltip(choice, language, series=True)
    size = {"width": WIDTH, "height": max(120, 26 * len(points.series))}
    body = {"encoding": {"x": x, "y": y, "tooltip": tooltip}, "layer": layers, **size}
    return Drawing(records_of(points, choice, language), body, points.notes)


def draw_histogram(choice: ChartChoice, language: Language) -> Drawing:
    """How many rows lie in each step of the measure."""
    records: list[Json] = [
        {"from": low, "to": high, "rows": rows, "label": f"{number(low, language)} – {number(high, language)}"}
        for low, high, rows in prepare_bins(choice)
    ]
    title = _value_title(choice, language)
    x = {"field": "from", "type": "quantitative", "bin": "binned", "title": title, "axis": {"format": ",.6~f"}}
    y = {"field": "rows", "type": "quantitative", "title": _ROWS.to(language), "axis": {"format": ",d"}}
    tooltip = [_tip("label", title), _tip("rows", _ROWS.to(language))]
    encoding = {"x": x, "x2": {"field": "to"}, "y": y, "tooltip": tooltip}
    mark = {"type": "bar", "color": PALETTE[0]}
    return Drawing(records, {"mark": mark, "encoding": encoding, "width": WIDTH, "height": HEIGHT}, [])


def draw_scatter(choice: ChartChoice, language: Language) -> Drawing:
    """One dot a row."""
    dots, notes = prepare_dots(choice, language)
    records: list[Json] = [{"across": x, "up": y} | ({"series": name} if name else {}) for x, y, name in dots]
    across = column_label(choice.encoding.x.name, language) if choice.encoding.x else ""
    axis = {"format": ",.6~f"}
    encoding: Json = {
        "x": {"field": "across", "type": "quantitative", "title": across, "scale": {"zero": False}, "axis": axis},
        "y": {"field": "up", "type": "quantitative", "title": _value_title(choice, language), "axis": axis},
    }
    encoding["y"]["scale"] = {"zero": False}
    names = list(dict.fromkeys(name for *_, name in dots if name))
    if names:
        encoding["color"] = _colour("series", names)
    mark = {"type": "circle", "size": 45, "opacity": 0.65, "color": PALETTE[0]}
    return Drawing(records, {"mark": mark, "encoding": encoding, "width": WIDTH, "height": HEIGHT}, notes)


def draw_box_plot(choice: ChartChoice, language: Language) -> Drawing:
    """Quartiles of the measure, for each group; dots lie beyond 1.5 times the quartiles' distance."""
    pairs, notes = prepare_spread(choice, language)
    records: list[Json] = [{"place": name, "value": value} for name, value in pairs]
    title, axis = _value_title(choice, language), {"format": ",.6~f"}
    y = {"field": "value", "type": "quantitative", "title": title, "axis": axis, "scale": {"zero": False}}
    x = {"field": "place", "type": "nominal", "title": _axis_title(choice, language), "axis": {"labelAngle": 0}}
    encoding = {"x": x, "y": y} if choice.encoding.x else {"y": y}
    mark = {"type": "boxplot", "extent": 1.5, "size": 36, "color": PALETTE[0]}
    return Drawing(records, {"mark": mark, "encoding": encoding, "width": WIDTH, "height": HEIGHT}, notes)


def _colour(field: str, names: list[str]) -> Json:
    title = None if field == "series" else field
    scale = {"domain": names, "range": list(PALETTE[: max(len(names), 1)])}
    return {"field": field, "type": "nominal", "scale": scale, "sort": names, "legend": {"title": title}}


def _slice_colour(legend: list[str], language: Language) -> Json:
    """A colour a slice; what was brought together is grey."""
    colour = _colour("slice", legend)
    others = OTHERS.to(language)
    shades = zip(legend, PALETTE, strict=False)
    colour["scale"]["range"] = [OTHERS_COLOUR if name.split(" (")[0] == others else shade for name, shade in shades]
    return colour


def _name_axis(points: Points, *, stands: bool) -> Json:
    """Names in full; under standing marks they are tilted only when they would touch."""
    axis: Json = {"labelLimit": 260, "grid": False}
    if stands:
        longest = max((len(str(place)) for place in points.places), default=0)
        fits = longest * CHARACTER <= WIDTH / max(len(points.places), 1)
        axis |= {"labelAngle": 0 if fits else -40, "labelLimit": 160}
        axis["labelOverlap"] = len(points.places) > MAX_BARS
    return axis


def _number_axis(points: Points, language: Language) -> Json:
    """Large numbers in millions and the like by their word in the reader's language, others in full."""
    size = max((abs(value) for value in points.values.values()), default=0.0)
    for scale, word in _SCALES:
        if size >= scale:
            shown = f"format(datum.value / {scale:.0f}, ',.2~f') + ' {word.to(language)}'"
            return {"labelExpr": f"datum.value == 0 ? '0' : {shown}", "tickCount": 6}
    return {"format": ",.6~f", "tickCount": 6}


def _axis_title(choice: ChartChoice, language: Language) -> str:
    axis, month = choice.encoding.x, choice.encoding.month
    return column_label((month or axis).name, language) if axis else ""


def _value_title(choice: ChartChoice, language: Language) -> str | None:
    """The measure's name; None when several measures share the axis and the legend names them."""
    return column_label(choice.encoding.y[0].name, language) if len(choice.encoding.y) == 1 else None


def _tip(field: str, title: str | None) -> Json:
    return {"field": field, "type": "nominal", "title": title or field}


def _tooltip(choice: ChartChoice, language: Language, *, series: bool) -> list[Json]:
    place = "name" if choice.type in {ChartType.LINE, ChartType.MULTI_LINE, ChartType.AREA} else "place"
    if place == "name" and (choice.encoding.x is None or choice.encoding.x.grain is None):
        place = "place"
    split = choice.encoding.series
    tips = [_tip(place, _axis_title(choice, language))]
    tips += [_tip("series", column_label(split.name, language) if split else " ")] if series else []
    return [*tips, _tip("label", _value_title(choice, language) or " ")]
