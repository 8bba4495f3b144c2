"""The chart of a forecast: the history as a line, what is to come dashed, its interval as a band."""

from collections.abc import Sequence
from datetime import datetime

from app.agentgraph.charts.kinds import ChartType
from app.agentgraph.charts.parts import HEIGHT, PALETTE, WIDTH, Json, number_axis, tip
from app.agentgraph.charts.prepare import moment_name
from app.agentgraph.charts.roles import Grain
from app.agentgraph.charts.vega import SCHEMA, chart_config
from app.agentgraph.formats import column_label, number
from app.agentgraph.outcome import DrawnChart, Forecast
from app.core.i18n import Language, Text

MIN_SHOWN = 60
SHOWN_A_STEP = 6
"""Periods of history in the picture, at the least and for each one forecast: what is to come must stay visible."""
_TITLE = Text(en="{what}: history and forecast", pt="{what}: história e previsão")
_BAND = Text(en="band: {level} % interval", pt="faixa: intervalo de {level} %")
_REASON = Text(en="shows the history and where it may go", pt="mostra a história e para onde ela pode ir")
_KINDS = (Text(en="history", pt="história"), Text(en="forecast", pt="previsão"))
_WORDS = Text(
    en="Line chart: {title}. {count} known values, the last {last} ({last_at}); forecast {value} ({at}), between {low} "
    "and {high}.",
    pt="Gráfico de linha: {title}. {count} valores conhecidos, o último {last} ({last_at}); previsão {value} ({at}), "
    "entre {low} e {high}.",
)


def draw_forecast(history: Sequence[tuple[datetime, float]], made: Forecast, *, language: Language) -> DrawnChart:
    """The specification over the end of `history` and all that was forecast. Does not render."""
    shown = history[-max(MIN_SHOWN, SHOWN_A_STEP * len(made.points)) :]
    known, coming = (kind.to(language) for kind in _KINDS)
    records = [_record(moment, value, known, made, language) for moment, value in shown]
    last_moment, last_value = shown[-1]
    joint = _record(last_moment, last_value, coming, made, language) | {"low": last_value, "high": last_value}
    records.append(joint)
    for point in made.points:
        record = _record(datetime.fromisoformat(point.period), point.value, coming, made, language)
        records.append(record | {"low": point.low, "high": point.high})
    what = column_label(made.of, language)
    title = _TITLE.to(language, what=what[:1].upper() + what[1:])
    band = _BAND.to(language, level=number(made.level * 100, language))
    spec = {
        "$schema": SCHEMA,
        "description": _in_words(title, last_value, shown, made, language),
        "title": {"text": [title], "subtitle": [band]},
        "data": {"values": records},
        "layer": _layers((known, coming), what, records, language),
        "width": WIDTH,
        "height": HEIGHT,
        "config": chart_config(language),
    }
    return DrawnChart(type=ChartType.LINE.value, title=title, spec=spec, reason=_REASON.to(language))


def _record(moment: datetime, value: float, kind: str, made: Forecast, language: Language) -> Json:
    name = moment_name(moment, Grain(made.step), language)
    return {
        "place": moment.isoformat(),
        "value": value,
        "label": _short(value, language),
        "name": name,
        "series": kind,
    }


def _layers(kinds: tuple[str, str], what: str, records: list[Json], language: Language) -> list[Json]:
    size = max(abs(float(record.get("high") or record["value"])) for record in records)
    x: Json = {"field": "place", "type": "temporal", "title": None, "axis": {"labelOverlap": True, "grid": False}}
    y: Json = {"field": "value", "type": "quantitative", "title": what, "axis": number_axis(size, language)}
    y["scale"] = {"zero": False, "nice": True}
    dashes: Json = {"field": "series", "type": "nominal", "sort": list(kinds), "legend": None}
    dashes["scale"] = {"domain": list(kinds), "range": [[1, 0], [6, 4]]}
    colours: Json = {"field": "series", "type": "nominal", "sort": list(kinds), "legend": {"title": None}}
    colours["scale"] = {"domain": list(kinds), "range": [PALETTE[0], PALETTE[5]]}
    band = {
        "transform": [{"filter": f"datum.series == {kinds[1]!r}"}],
        "mark": {"type": "area", "color": PALETTE[5], "opacity": 0.2},
        "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {
            "x": x,
            "y": y,
            "color": colours,
            "strokeDash": dashes,
            "tooltip": [tip("name", " "), tip("label", what)],
        },
    }
    return [band, line]


def _in_words(
    title: str, last: float, shown: Sequence[tuple[datetime, float]], made: Forecast, language: Language
) -> str:
    """For those who do not see the chart."""
    end, grain = made.points[-1], Grain(made.step)
    return _WORDS.to(
        language,
        title=title,
        count=len(shown),
        last=_short(last, language),
        last_at=moment_name(shown[-1][0], grain, language),
        value=_short(end.value, language),
        at=moment_name(datetime.fromisoformat(end.period), grain, language),
        low=_short(end.low, language),
        high=_short(end.high, language),
    )


def _short(value: float, language: Language) -> str:
    return number(round(value) if abs(value) >= 1000 else round(value, 2), language)
