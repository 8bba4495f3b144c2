"""The forecast of a series: computed in a child process, with its interval and a check on what is known."""

from datetime import datetime

from app.agentgraph.charts.prepare import moment_name
from app.agentgraph.charts.roles import Grain
from app.agentgraph.forecasting.series import STEPS, Series
from app.agentgraph.formats import column_label, number
from app.agentgraph.outcome import Confidence, Forecast, ForecastPoint
from app.connectors.forecast_pool import ForecastPool
from app.core.errors import DatabaseUnreachable, NotAnswerable, TimedOut
from app.core.i18n import Language, Text

LEVEL = 0.95
"""Share of outcomes that the interval is made to hold."""
SEASONS = {Grain.QUARTER: 4, Grain.MONTH: 12, Grain.DAY: 7}
"""Periods of a season; years have none, and of weeks too few seasons are ever known."""
TIMEOUT_S = 60.0
"""Covers the seconds that a child takes to load its libraries for its first forecast."""
MAX_ANSWER_BYTES = 1024**2
MAX_TOLD = 6
"""Periods that the sentence spells out; the others are in the chart and in the details."""
METHODS = {
    "constant": Text(en="constant: every known value is the same", pt="constante: todos os valores são iguais"),
    "simple": Text(en="simple exponential smoothing", pt="suavização exponencial simples"),
    "damped_trend": Text(
        en="exponential smoothing with a damped trend (Holt)",
        pt="suavização exponencial com tendência amortecida (Holt)",
    ),
    "seasonal": Text(
        en="exponential smoothing with an additive season (Holt-Winters)",
        pt="suavização exponencial com sazonalidade aditiva (Holt-Winters)",
    ),
    "damped_trend_seasonal": Text(
        en="exponential smoothing with a damped trend and an additive season (Holt-Winters)",
        pt="suavização exponencial com tendência amortecida e sazonalidade aditiva (Holt-Winters)",
    ),
}
_FAILED = Text(en="the forecast could not be computed", pt="a previsão não pôde ser calculada")
_POINT = Text(en="{period}: {value} ({low} to {high})", pt="{period}: {value} ({low} a {high})")
_MORE = Text(en=", and {count} more", pt=" e mais {count}")
_ANSWER = Text(
    en="Forecast of {what}, with the {level} % interval: {points}. Method: {method}, on {count} {steps} from {first} "
    "to {last}.",
    pt="Previsão de {what}, com o intervalo de {level} %: {points}. Método: {method}, sobre {count} {steps} de {first} "
    "a {last}.",
)
_ASSUMES = Text(
    en="A forecast assumes that the past goes on as it did: {method}, {count} periods ahead.",
    pt="Uma previsão supõe que o passado continue como foi: {method}, {count} períodos à frente.",
)
_CHECKED = Text(
    en="Tried on the last {held} known periods, it missed by {error} on average; repeating the past misses by {naive}.",
    pt="Testada nos últimos {held} períodos conhecidos, errou {error} em média; repetir o passado erra {naive}.",
)
_COUNTED_ON = Text(
    en="Periods ahead are counted from the last in the data, {last}.",
    pt="Os períodos à frente são contados a partir do último nos dados, {last}.",
)
_LEFT_OUT = Text(
    en="The last period was incomplete and is left out.", pt="O último período estava incompleto e ficou de fora."
)
_FILLED = Text(
    en="Periods without a value of their own were filled in: {count}.",
    pt="Períodos sem valor próprio foram preenchidos: {count}.",
)


async def forecast(series: Series, steps: int, pool: ForecastPool, *, language: Language) -> Forecast:
    """The next `steps` periods of `series`. What never was below zero is not forecast below it.

    Raises NotAnswerable when no method fits or takes too long, Unavailable when too many wait.
    """
    season = SEASONS.get(series.grain, 0)
    request = {"values": list(series.values), "season": season, "steps": steps, "level": LEVEL}
    try:
        found = await pool.run(request, timeout_s=TIMEOUT_S, max_bytes=MAX_ANSWER_BYTES)
    except (TimedOut, DatabaseUnreachable) as error:
        raise NotAnswerable(reason=_FAILED.to(language), rule="forecast") from error
    if "mean" not in found:
        raise NotAnswerable(reason=_FAILED.to(language), rule="forecast")
    floor = 0.0 if min(series.values) >= 0 else float("-inf")
    triples = zip(found["mean"], found["low"], found["high"], strict=True)
    moments = [series.after(step) for step in range(1, steps + 1)]
    points = tuple(
        ForecastPoint(moment.date().isoformat(), *(max(value, floor) for value in triple))
        for moment, triple in zip(moments, triples, strict=True)
    )
    return Forecast(
        of=series.name,
        method=found["method"],
        step=series.grain.value,
        level=LEVEL,
        points=points,
        history=len(series.values),
        first=series.moments[0].date().isoformat(),
        last=series.moments[-1].date().isoformat(),
        checked=found["held"],
        error=found.get("error"),
        naive_error=found.get("naive_error"),
    )


def tell(made: Forecast, language: Language) -> str:
    """The sentence that answers: value and interval of each period, method and history."""
    told = [_point(point, made, language) for point in made.points]
    points = ", ".join(told[:MAX_TOLD])
    if len(told) > MAX_TOLD:
        points += _MORE.to(language, count=len(told) - MAX_TOLD)
    return _ANSWER.to(
        language,
        what=column_label(made.of, language),
        level=number(made.level * 100, language),
        points=points,
        method=METHODS[made.method].to(language),
        count=made.history,
        steps=STEPS[Grain(made.step)].to(language),
        first=period_name(made.first, made, language),
        last=period_name(made.last, made, language),
    )


def reasons(made: Forecast, series: Series, language: Language) -> tuple[str, ...]:
    """What a reader needs to judge it: the method with its assumption, the check, and what was done to the history."""
    told = [_ASSUMES.to(language, method=METHODS[made.method].to(language), count=len(made.points))]
    if made.error is not None and made.naive_error is not None:
        error, naive = (_rounded(value, language) for value in (made.error, made.naive_error))
        told.append(_CHECKED.to(language, held=made.checked, error=error, naive=naive))
    if series.is_cut:
        told.append(_LEFT_OUT.to(language))
    if series.filled:
        told.append(_FILLED.to(language, count=series.filled))
    return tuple(told)


def assumption(made: Forecast, language: Language) -> str:
    """From where the horizon is counted, which need not be today."""
    return _COUNTED_ON.to(language, last=period_name(made.last, made, language))


def confidence(made: Forecast) -> Confidence:
    """Never high; low where no check was possible or repeating the past is better."""
    if made.error is None or made.naive_error is None:
        return Confidence.LOW
    return Confidence.MEDIUM if made.error <= made.naive_error else Confidence.LOW


def period_name(day: str, made: Forecast, language: Language) -> str:
    """The period that begins on `day` (ISO 8601), as people write it."""
    return moment_name(datetime.fromisoformat(day), Grain(made.step), language)


def _point(point: ForecastPoint, made: Forecast, language: Language) -> str:
    value, low, high = (_rounded(each, language) for each in (point.value, point.low, point.high))
    return _POINT.to(language, period=period_name(point.period, made, language), value=value, low=low, high=high)


def _rounded(value: float, language: Language) -> str:
    """To three or four digits: more would promise what no forecast can keep."""
    return number(round(value) if abs(value) >= 1000 else round(value, 2), language)
