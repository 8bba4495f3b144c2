"""The marks of bars, lines, slices and heat maps, as the inner part of a Vega-Lite specification."""

import math
from datetime import datetime

from app.agentgraph.charts.choice import ChartChoice
from app.agentgraph.charts.kinds import ChartType
from app.agentgraph.charts.parts import (
    CHARACTER,
    HEIGHT,
    PALETTE,
    WIDTH,
    Drawing,
    Json,
    along,
    axis_title,
    colour,
    name_axis,
    number_axis,
    series_title,
    tip,
    tooltips,
    value_title,
)
from app.agentgraph.charts.points import Points
from app.agentgraph.charts.prepare import OTHERS, moment_name
from app.agentgraph.charts.roles import Role
from app.agentgraph.formats import number
from app.core.i18n import Language

OTHERS_COLOUR = "#B8BDC4"
WIDEST_BAR = 100
"""Room for one standing bar, in pixels, when there are few."""
ROOM_FOR_LABEL = 0.12
"""Share of the axis that is left free for the value beside a lying bar below zero."""
STEP = 30
"""Height of one lying bar, in pixels."""
SMALLEST_LABELLED_SHARE = 0.03
MAX_MARKED_POINTS = 40
MAX_LABELLED_CELLS = 150


def records_of(points: Points, language: Language) -> list[Json]:
    """One record a point: place, series, value, and the value as the reader writes it."""
    found: list[Json] = []
    for place in points.places:
        for series in points.series:
            value = points.values.get((place, series))
            if value is None:
                continue
            record: Json = {"place": place.isoformat() if isinstance(place, datetime) else place, "value": value}
            record["label"] = number(_shortened(value), language)
            if isinstance(place, datetime):
                record["name"] = moment_name(place, points.grain, language)
            found.append(record | ({"series": series} if series else {}))
    return found


def _shortened(value: float) -> float:
    """Beside a mark, decimals of large values only take room."""
    return round(value) if abs(value) >= 10_000 else value


def draw_bars(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """Standing or lying bars, alone, side by side or stacked."""
    stands = _stand(points, choice)
    several = points.series != [""]
    place: Json = {"field": "place", "type": "nominal", "sort": points.places, "title": axis_title(choice, language)}
    place["axis"] = name_axis(points, stands=stands)
    if not stands:
        place["title"] = None
    value: Json = {"field": "value", "type": "quantitative", "title": value_title(choice, language)}
    value["axis"] = number_axis(points.size, language)
    lowest = min(points.values.values())
    if lowest < 0 and not stands and not several:
        value["scale"] = {"domainMin": lowest - ROOM_FOR_LABEL * points.size}
    encoding: Json = {"x": place, "y": value} if stands else {"y": place, "x": value}
    encoding["tooltip"] = tooltips(choice, language, series=several)
    if several:
        title = series_title(choice, language)
        _split_bars(encoding, points, title, stacked=choice.type is ChartType.STACKED_BAR, stands=stands)
    bars: Json = {"mark": {"type": "bar", "color": PALETTE[0], "cornerRadiusEnd": 2}}
    body: Json = {"encoding": encoding, "layer": [bars, *_bar_labels(points, stands=stands, language=language)]}
    if several:
        body = {"encoding": encoding, **bars}
    body |= _bar_size(points, choice, stands=stands)
    return Drawing(_ranked(points, language) if several else records_of(points, language), body, points.notes)


def _ranked(points: Points, language: Language) -> list[Json]:
    """Records with the place of their series, by which the layers of a stack are put in order."""
    records = records_of(points, language)
    for record in records:
        record["rank"] = points.series.index(record["series"])
    return records


def _stand(points: Points, choice: ChartChoice) -> bool:
    """Single bars as chosen; groups along time, and those whose names fit beneath them without being tilted."""
    if choice.type in {ChartType.BAR, ChartType.HORIZONTAL_BAR}:
        return choice.type is ChartType.BAR
    if choice.encoding.x is not None and choice.encoding.x.role is Role.TEMPORAL:
        return True
    longest = max((len(str(place)) for place in points.places), default=0)
    return longest * CHARACTER <= WIDTH / max(len(points.places), 1) or longest <= 4


def _bar_size(points: Points, choice: ChartChoice, *, stands: bool) -> Json:
    """Room that grows with the number of bars, up to the full width when they stand."""
    beside = len(points.series) if choice.type is ChartType.GROUPED_BAR else 1
    if stands:
        return {"width": min(WIDTH, max(240, len(points.places) * WIDEST_BAR * min(beside, 2))), "height": HEIGHT}
    return {"width": WIDTH - 100, "height": len(points.places) * max(STEP, 12 * beside + 8)}


def _split_bars(encoding: Json, points: Points, title: str | None, *, stacked: bool, stands: bool) -> None:
    encoding["color"] = colour("series", points.series, title)
    if stacked:
        encoding["order"] = {"field": "rank", "type": "quantitative"}
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
    value: Json = {"field": "value", "type": "quantitative", "title": value_title(choice, language)}
    value["axis"] = number_axis(points.size, language)
    value["scale"] = {"zero": is_area or _starts_at_zero(points, choice), "nice": True}
    if is_area:
        value["stack"] = "zero" if several else None
    encoding: Json = {"x": along(points, choice, language), "y": value}
    encoding["tooltip"] = tooltips(choice, language, series=several)
    if several:
        encoding["color"] = colour("series", points.series, series_title(choice, language))
    if several and is_area:
        encoding["order"] = {"field": "rank", "type": "quantitative"}
    mark: Json = {"type": "area" if is_area else "line", "color": PALETTE[0]}
    mark |= {"line": not several, "fillOpacity": 0.75 if several else 0.35} if is_area else {"strokeWidth": 2.5}
    if not is_area and len(points.places) <= MAX_MARKED_POINTS:
        mark["point"] = {"size": 45, "filled": True} | ({} if several else {"color": PALETTE[0]})
    body: Json = {"mark": mark, "encoding": encoding, "width": WIDTH, "height": HEIGHT}
    records = _ranked(points, language) if several and is_area else records_of(points, language)
    return Drawing(records, body, points.notes)


def _starts_at_zero(points: Points, choice: ChartChoice) -> bool:
    """Sums and counts start at zero; other lines too, unless that would press their course into the upper third."""
    low, high = min(points.values.values()), max(points.values.values())
    added_up = any(measure.added for measure in choice.encoding.y)
    return added_up or low <= 0 or (high - low) / high >= 1 / 3


def draw_slices(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """A pie or ring, or a small pie for each group; shares are of the whole that is shown."""
    grouped = choice.type is ChartType.PIES_BY_GROUP
    radius = 90 if grouped else 150
    records = _slice_records(points, language, named=not grouped)
    theta = {"field": "share", "type": "quantitative", "stack": True, "scale": {"domain": [0, 1]}}
    order = {"field": "rank", "type": "quantitative"}
    legend = list(dict.fromkeys(record["slice"] for record in records))
    arc: Json = {"type": "arc", "outerRadius": radius, "stroke": "white", "strokeWidth": 1.5}
    if choice.type is ChartType.DONUT:
        arc["innerRadius"] = radius * 0.55
    shades = _slice_colour(legend, language) | {
        "legend": {"title": axis_title(choice, language), "symbolType": "circle", "labelLimit": 360}
    }
    layers: list[Json] = [
        {"mark": arc, "encoding": {"color": shades}},
        {
            "mark": {"type": "text", "radius": radius + 22, "fontSize": 11},
            "encoding": {"text": {"field": "percent", "type": "nominal"}},
        },
    ]
    tooltip = [tip("place", axis_title(choice, language)), tip("label", value_title(choice, language))]
    shared = {"theta": theta, "order": order, "tooltip": [*tooltip, tip("percent", "%")]}
    size = {"width": 2 * radius + 80, "height": 2 * radius + 60}
    body: Json = {"encoding": shared, "layer": layers, **size, "view": {"stroke": None}}
    if grouped:
        header = {"title": None, "labelFontSize": 13, "labelFontWeight": "bold"}
        facet = {"field": "series", "type": "nominal", "sort": points.series, "header": header}
        body = {
            "facet": facet,
            "columns": 2 if len(points.series) in {2, 4} else 3,
            "spec": {k: v for k, v in body.items() if k != "view"},
        }
    return Drawing(records, body, points.notes)


def _slice_records(points: Points, language: Language, *, named: bool) -> list[Json]:
    """One record a slice with its share of its pie; the legend of a single pie carries the values."""
    wholes = {name: math.fsum(v for (_, s), v in points.values.items() if s == name) for name in points.series}
    kept = {(str(place), name) for place in points.places for name in points.series}
    if any((str(place), name) not in kept for place, name in points.values):
        wholes = {n: math.fsum(points.values.get((p, n), 0.0) for p in points.places) for n in points.series}
    records = records_of(points, language)
    for record in records:
        share = record["value"] / (wholes[record.get("series", "")] or 1.0)
        record["share"] = share
        record["percent"] = f"{number(round(share * 100, 1), language)}%" if share >= SMALLEST_LABELLED_SHARE else ""
        record["rank"] = points.places.index(record["place"])
        record["slice"] = f"{record['place']} ({record['label']})" if named else record["place"]
    return records


def draw_heat_map(points: Points, choice: ChartChoice, language: Language) -> Drawing:
    """Cells whose colour is the value, from light to dark."""
    x: Json = {"field": "place", "type": "nominal", "sort": points.places, "title": axis_title(choice, language)}
    x["axis"] = name_axis(points, stands=True)
    y: Json = {"field": "series", "type": "nominal", "sort": points.series}
    y["title"] = series_title(choice, language)
    scale = {"scheme": "blues"}
    legend = {"title": value_title(choice, language), **number_axis(points.size, language)}
    shade = {"field": "value", "type": "quantitative", "scale": scale, "legend": legend}
    layers: list[Json] = [{"mark": "rect", "encoding": {"color": shade}}]
    if len(points.values) <= MAX_LABELLED_CELLS:
        middle = (min(points.values.values()) + max(points.values.values())) / 2
        ink = {"condition": {"test": f"datum.value > {middle}", "value": "white"}, "value": "#222"}
        text = {"text": {"field": "label", "type": "nominal"}, "color": ink}
        layers.append({"mark": {"type": "text", "fontSize": 10}, "encoding": text})
    tooltip = tooltips(choice, language, series=True)
    size = {"width": WIDTH, "height": max(120, 26 * len(points.series))}
    body = {"encoding": {"x": x, "y": y, "tooltip": tooltip}, "layer": layers, **size}
    return Drawing(records_of(points, language), body, points.notes)


def _slice_colour(legend: list[str], language: Language) -> Json:
    """A colour a slice; what was brought together is grey."""
    shades = colour("slice", legend)
    others = OTHERS.to(language)
    pairs = zip(legend, PALETTE, strict=False)
    shades["scale"]["range"] = [OTHERS_COLOUR if name.split(" (")[0] == others else shade for name, shade in pairs]
    return shades
