"""A Vega-Lite specification of a chosen chart: its data inline, its numbers and dates in the reader's language."""

import textwrap
from collections.abc import Sequence
from typing import Any

from app.agentgraph.charts.choice import ChartChoice
from app.agentgraph.charts.distributions import draw_box_plot, draw_histogram, draw_scatter
from app.agentgraph.charts.kinds import TYPE_NAMES, ChartType
from app.agentgraph.charts.marks import draw_bars, draw_heat_map, draw_lines, draw_slices
from app.agentgraph.charts.parts import Drawing
from app.agentgraph.charts.prepare import CUT, prepare_points
from app.agentgraph.formats import MEASURE_COLUMN, column_label, number
from app.core.i18n import Language, Text

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Inter, Roboto, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"
TITLE_CHARACTERS = 72
"""Characters after which a title goes on in the next line."""
SUBTITLE_CHARACTERS = 96

_BY = Text(en="{what} by {place}", pt="{what} por {place}")
_AGAINST = Text(en="{what} against {place}", pt="{what} em relação a {place}")
_SPREAD = Text(en="distribution of {what}", pt="distribuição de {what}")
_AND = Text(en=" and ", pt=" e ")
_POINTS = Text(en="{count} points", pt="{count} pontos")
_RANGE = Text(en="from {low} ({low_at}) to {high} ({high_at})", pt="de {low} ({low_at}) a {high} ({high_at})")

_PT_MONTHS = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
    *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
)
_EN_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
TIME_LOCALES: dict[Language, dict[str, Any]] = {
    Language.PT: {
        "dateTime": "%A, %e de %B de %Y. %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": ["domingo", "segunda", "terça", "quarta", "quinta", "sexta", "sábado"],
        "shortDays": ["dom", "seg", "ter", "qua", "qui", "sex", "sáb"],
        "months": [*_PT_MONTHS],
        "shortMonths": ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
    },
    Language.EN: {
        "dateTime": "%x, %X",
        "date": "%Y-%m-%d",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        "shortDays": ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        "months": [*_EN_MONTHS],
        "shortMonths": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    },
}
NUMBER_LOCALES: dict[Language, dict[str, Any]] = {
    Language.PT: {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["R$ ", ""]},
    Language.EN: {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]},
}


def build_spec(choice: ChartChoice, *, title: str, subtitle: Sequence[str] = (), language: Language) -> dict[str, Any]:
    """The specification, valid Vega-Lite 6 and readable by version 5; notes on the data follow `subtitle`."""
    drawing = _drawn(choice, language)
    below = [line for text in (*subtitle, *drawing.notes) for line in textwrap.wrap(text, SUBTITLE_CHARACTERS)]
    return {
        "$schema": SCHEMA,
        "description": _description(choice, drawing, [title, *subtitle], language),
        "title": {"text": textwrap.wrap(title, TITLE_CHARACTERS) or [""], "subtitle": below},
        "data": {"values": drawing.records},
        **drawing.body,
        "config": chart_config(language),
    }


def chart_title(choice: ChartChoice, language: Language) -> str:
    """What is shown, in words of the columns."""
    encoding = choice.encoding
    what = _AND.to(language).join(column_label(measure.name, language) for measure in encoding.y)
    places = [column_label(c.name, language) for c in (encoding.month or encoding.x, encoding.series) if c is not None]
    if encoding.x is not None and encoding.x.name == MEASURE_COLUMN:
        sentence = ", ".join(column_label(str(row[0]), language) for row in choice.result.rows)
    elif choice.type is ChartType.HISTOGRAM or (choice.type is ChartType.BOX_PLOT and not places):
        sentence = _SPREAD.to(language, what=what)
    elif choice.type is ChartType.SCATTER:
        sentence = _AGAINST.to(language, what=what, place=places[0])
        sentence = _BY.to(language, what=sentence, place=places[1]) if len(places) > 1 else sentence
    else:
        sentence = _BY.to(language, what=what, place=_AND.to(language).join(places))
    return sentence[:1].upper() + sentence[1:]


def _drawn(choice: ChartChoice, language: Language) -> Drawing:
    if choice.type in {ChartType.HISTOGRAM, ChartType.SCATTER, ChartType.BOX_PLOT}:
        free = {
            ChartType.HISTOGRAM: draw_histogram,
            ChartType.SCATTER: draw_scatter,
            ChartType.BOX_PLOT: draw_box_plot,
        }
        drawing = free[choice.type](choice, language)
        if choice.result.truncated:
            drawing.notes.append(CUT.to(language, rows=number(len(choice.result.rows), language)))
        return drawing
    points = prepare_points(choice, language)
    if choice.type in {ChartType.PIE, ChartType.DONUT, ChartType.PIES_BY_GROUP}:
        return draw_slices(points, choice, language)
    if choice.type in {ChartType.LINE, ChartType.MULTI_LINE, ChartType.AREA}:
        return draw_lines(points, choice, language)
    if choice.type is ChartType.HEAT_MAP:
        return draw_heat_map(points, choice, language)
    return draw_bars(points, choice, language)


def _description(choice: ChartChoice, drawing: Drawing, titles: list[str], language: Language) -> str:
    """Words for those who do not see the chart: its kind, its titles, how many points, the smallest and the largest."""
    kind = TYPE_NAMES[choice.type].to(language)
    what = drawing.summary or _points_in_words(drawing, language)
    sentences = [f"{kind}: {titles[0]}", *titles[1:], what, *drawing.notes]
    return " ".join(_sentence(text) for text in sentences)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(("?", "!", ".")) else ".")


def _points_in_words(drawing: Drawing, language: Language) -> str:
    count = _POINTS.to(language, count=number(len(drawing.records), language))
    labelled = [record for record in drawing.records if "value" in record and "label" in record]
    if not labelled:
        return count
    low, high = min(labelled, key=lambda r: r["value"]), max(labelled, key=lambda r: r["value"])
    places = {"low_at": _whereabouts(low), "high_at": _whereabouts(high)}
    return f"{count}, {_RANGE.to(language, low=low['label'], high=high['label'], **places)}"


def _whereabouts(record: dict[str, Any]) -> str:
    place = str(record.get("name", record["place"]))
    return f"{place}, {record['series']}" if record.get("series") else place


def chart_config(language: Language) -> dict[str, Any]:
    """Fonts, colours and locale that all charts share."""
    muted = "#5b6470"
    axis = {"labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "normal", "titleColor": muted}
    axis |= {"labelColor": "#333", "gridColor": "#e8eaed", "domainColor": "#c4c8ce", "tickColor": "#c4c8ce"}
    return {
        "font": FONT,
        "background": "white",
        "padding": 16,
        "locale": {"number": NUMBER_LOCALES[language], "time": TIME_LOCALES[language]},
        "view": {"stroke": None},
        "axis": axis | {"titlePadding": 10, "labelPadding": 5},
        "legend": {"labelFontSize": 11, "titleFontSize": 12, "titleColor": muted, "labelLimit": 240},
        "title": {"anchor": "start", "fontSize": 16, "subtitleFontSize": 12, "subtitleColor": muted, "offset": 14},
    }
