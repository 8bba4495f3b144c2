"""Questions about the future: what they ask, their history, the forecast with its interval, and why there is none."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from app.agentgraph.charts.roles import Grain
from app.agentgraph.context import ModelAccess
from app.agentgraph.forecasting.horizon import Horizon, history_question, read_horizon
from app.agentgraph.forecasting.series import (
    CUT,
    IRREGULAR,
    NO_NUMBERS,
    NO_TIME,
    SEVERAL,
    SHORT,
    Series,
    read_series,
    steps_ahead,
)
from app.agentgraph.outcome import OUTCOME_JSON, AnsweredBy, Confidence, Outcome, OutcomeKind
from app.connectors.base import Cell, Column, ResultSet
from app.connectors.catalog import DataType
from app.connectors.forecast_pool import ForecastPool
from app.core.i18n import Language, Text
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

MODEL = "GPT-4o-mini"
HISTORY_SQL = (
    "SELECT STRFTIME('%Y-%m', date) AS month, AVG(temp_max) AS avg_temp_max FROM seattle_weather GROUP BY 1 ORDER BY 1"
)


@pytest.fixture(scope="module")
async def forecasts() -> AsyncIterator[ForecastPool]:
    """The child that fits the module's series."""
    pool = ForecastPool()
    yield pool
    await pool.close()


@pytest.fixture
async def future(weather: Engine, forecasts: ForecastPool) -> AsyncIterator[Engine]:
    """Four years of Seattle's weather, a day a row, with the module's child."""
    own = weather.context.forecasts
    weather.context = replace(weather.context, forecasts=forecasts)
    yield weather
    await own.close()


@pytest.mark.parametrize(
    ("question", "horizon"),
    [
        ("What will the temperature be next month?", Horizon(Grain.MONTH)),
        ("Forecast revenue for the next 3 months", Horizon(Grain.MONTH, 3)),
        ("Preveja as vendas dos próximos seis trimestres", Horizon(Grain.QUARTER, 6)),
        ("Preveja as vendas das 2 próximas semanas", Horizon(Grain.WEEK, 2)),
        ("Preveja as vendas do ano que vem", Horizon(Grain.YEAR)),
        ("Quanto será vendido amanhã?", Horizon(Grain.DAY, 1)),
        ("How many deaths will there be in 2030?", Horizon(year=2030)),
        ("Qual será o IPCA em dezembro de 2030?", Horizon(year=2030, month=12)),
        ("Forecast monthly sales for 2027", Horizon(year=2027, grain=Grain.MONTH)),
        ("Faça uma previsão das vendas por ano", Horizon(grain=Grain.YEAR)),
        ("Faça uma previsão do IPCA", Horizon()),
    ],
)
def test_horizon_is_read_from_the_words(question: str, horizon: Horizon) -> None:
    assert read_horizon(question) == horizon


@pytest.mark.parametrize(
    ("question", "step", "history"),
    [
        ("What will the temperature be next month?", Grain.MONTH, "What temperature by month"),
        ("Forecast revenue for the next 3 months", Grain.MONTH, "revenue by month"),
        ("What will be the price of AAPL next month?", Grain.MONTH, "What price of AAPL by month"),
        ("How many deaths will there be in 2030?", Grain.YEAR, "How many deaths by year"),
        ("Qual será o total de óbitos nos próximos 2 anos?", Grain.YEAR, "Qual o total de óbitos por ano"),
        ("Faça uma previsão do IPCA para os próximos 3 meses", Grain.MONTH, "IPCA por mês"),
        ("Preveja a receita mensal do Sul para 2027", Grain.MONTH, "a receita do Sul por mês"),
    ],
)
def test_the_question_without_its_future_asks_for_the_history(question: str, step: Grain, history: str) -> None:
    language = Language.PT if "por " in history else Language.EN
    assert history_question(question, step, language) == history


def rows(
    *found: tuple[Cell, ...], names: tuple[str, ...] = ("month", "sum_sales"), truncated: bool = False
) -> ResultSet:
    """A result of texts and numbers."""
    columns = tuple(Column(name, DataType.TEXT) for name in names)
    return ResultSet(columns=columns, rows=found, truncated=truncated, elapsed_s=0.0)


def months(count: int, *, without: tuple[int, ...] = ()) -> tuple[tuple[str, int], ...]:
    """So many months from January 2020 on with a value each, some left out."""
    return tuple((f"{2020 + n // 12}-{n % 12 + 1:02d}", 100 + n) for n in range(count) if n not in without)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (rows(*months(24), truncated=True), CUT),
        (rows(*months(6)), SHORT),
        (rows(("a", 1), ("b", 2)), NO_TIME),
        (rows(*((month, "x") for month, _ in months(12))), NO_NUMBERS),
        (rows(*months(12), *months(12)), SEVERAL),
        (rows(*months(24, without=(3, 4, 9, 15)), names=("month", "avg_sales")), IRREGULAR),
    ],
)
def test_rows_that_are_no_regular_series_say_why(result: ResultSet, reason: Text) -> None:
    assert read_series(result, "") == reason


def test_sums_are_zero_where_there_are_no_rows_and_averages_lie_between_their_neighbours() -> None:
    sums = read_series(rows(*months(24, without=(3, 4))), "")
    averages = read_series(rows(*months(24, without=(3,)), names=("month", "avg_sales")), "")
    assert isinstance(sums, Series)
    assert isinstance(averages, Series)
    assert (sums.values[2:6], sums.filled) == ((102.0, 0.0, 0.0, 105.0), 2)
    assert (averages.values[2:5], averages.filled) == ((102.0, 103.0, 104.0), 1)


def test_a_month_that_is_not_over_is_left_out() -> None:
    whole = read_series(rows(*months(24)), "", until=date(2021, 12, 31))
    part = read_series(rows(*months(24)), "", until=date(2021, 12, 10))
    assert isinstance(whole, Series)
    assert isinstance(part, Series)
    assert (len(whole.values), whole.is_cut) == (24, False)
    assert (len(part.values), part.is_cut) == (23, True)


@pytest.mark.parametrize(
    ("horizon", "steps"),
    [
        (Horizon(), 6),
        (Horizon(Grain.YEAR), 12),
        (Horizon(Grain.QUARTER, 2), 6),
        (Horizon(year=2022, month=3), 3),
        (Horizon(year=2022), 12),
    ],
)
def test_periods_are_counted_from_the_last_that_is_known(horizon: Horizon, steps: int) -> None:
    series = read_series(rows(*months(24)), "")
    assert isinstance(series, Series)
    assert steps_ahead(series, horizon) == steps


@pytest.mark.parametrize("horizon", [Horizon(year=2021), Horizon(Grain.YEAR, 2)])
def test_what_is_known_or_too_far_is_not_forecast(horizon: Horizon) -> None:
    series = read_series(rows(*months(24)), "")
    assert isinstance(series, Series)
    assert isinstance(steps_ahead(series, horizon), Text)


async def test_planner_forecasts_a_regular_series_with_interval_method_and_chart(future: Engine) -> None:
    outcome = await future.ask("What will the temperature be in the next 3 months?")
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.answered_by is AnsweredBy.PLANNER
    made = outcome.forecast
    assert made is not None
    assert (made.step, made.history, made.first, made.last) == ("month", 48, "2012-01-01", "2015-12-01")
    assert [point.period for point in made.points] == ["2016-01-01", "2016-02-01", "2016-03-01"]
    assert all(point.low < point.value < point.high for point in made.points)
    assert "seasonal" in made.method
    assert "Holt-Winters" in outcome.answer
    assert "Jan 2016" in outcome.answer
    assert outcome.confidence is not Confidence.HIGH
    assert any("3 periods ahead" in reason for reason in outcome.confidence_reasons)
    assert outcome.result is not None
    assert len(outcome.result.rows) == 48
    assert outcome.chart is not None
    assert [layer["mark"]["type"] for layer in outcome.chart.spec["layer"]] == ["area", "line"]  # type: ignore[attr-defined]
    assert OUTCOME_JSON.validate_json(OUTCOME_JSON.dump_json(outcome)).forecast == made


async def test_the_interval_holds_about_as_much_of_what_came_as_it_says(future: Engine) -> None:
    came = (await future.ask("average temp_max by month")).result
    assert came is not None
    values = [value for _, value in came.rows if isinstance(value, float)]
    held = []
    for known in (33, 36, 39, 42):
        request = {"values": values[:known], "season": 12, "steps": 6, "level": 0.95}
        made = await future.context.forecasts.run(request, timeout_s=60.0, max_bytes=1024**2)
        real = values[known : known + 6]
        held += [low <= value <= high for low, value, high in zip(made["low"], real, made["high"], strict=True)]
    assert len(held) == 24
    assert sum(held) >= 21


async def test_next_year_is_forecast_by_month_where_years_are_too_few(future: Engine) -> None:
    outcome = await future.ask("Preveja a temp_max do ano que vem")
    assert outcome.forecast is not None
    assert (outcome.forecast.step, len(outcome.forecast.points)) == ("month", 12)
    assert outcome.language is Language.PT
    assert "Previsão de média de temp max, com o intervalo de 95 %: jan. 2016" in outcome.answer
    assert [attempt.rows for attempt in outcome.attempts] == [4, 48]


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Forecast wind for 2030", "at most half of its own length"),
        ("Predict the temp max for 2014", "the data already reach that time"),
        ("How many days with snow will there be in 2017?", "at least 10 periods"),
        ("What will the Martians win next month?", "I could not match"),
    ],
)
async def test_what_cannot_be_forecast_says_why(future: Engine, question: str, reason: str) -> None:
    outcome = await future.ask(question)
    assert outcome.kind is OutcomeKind.NOT_ANSWERABLE
    assert outcome.failure is not None
    assert reason in outcome.failure.detail
    assert outcome.forecast is None


async def told(providers: FakeProviders) -> str:
    """The user's message of the first request."""
    return str(providers.requests[0]["messages"][1]["content"])


async def test_sql_agent_fetches_the_history_and_the_forecast_is_computed(
    future: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(
        Reply(tools=(("run_sql", {"sql": HISTORY_SQL}),)), Reply(text="It will be 99.9 degrees, I am sure.")
    )
    outcome = await future.ask("What will the temperature be next month?", access=access, model=MODEL)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.answered_by is AnsweredBy.MODEL
    assert_forecast(outcome)
    assert "99.9" not in outcome.answer
    assert "do not forecast" in await told(providers)
    assert [event.data["text"] for event in future.named("answer.delta")] == [outcome.answer]


async def test_processing_agent_fetches_the_history_with_one_call(
    future: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    proposal = {"sql": HISTORY_SQL, "reading": "average by month", "assumptions": [], "notes": ""}
    providers.script = Script.of(Reply(json=proposal))
    outcome = await future.ask(
        "What will the temperature be next month?", access=access, model=MODEL, processing_enabled=True
    )
    assert_forecast(outcome)
    assert len(future.ledger.calls) == 1


async def test_a_model_that_finds_no_series_gets_no_forecast(
    future: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    sql = "SELECT AVG(temp_max) AS temperature FROM seattle_weather"
    providers.script = Script.of(Reply(tools=(("run_sql", {"sql": sql}),)), Reply(text="16.4 degrees."))
    outcome = await future.ask("What will the temperature be next month?", access=access, model=MODEL)
    assert outcome.kind is OutcomeKind.NOT_ANSWERABLE
    assert outcome.failure is not None
    assert outcome.failure.fields["rule"] == "forecast"
    assert "no series over time" in outcome.failure.detail


def assert_forecast(outcome: Outcome) -> None:
    """The forecast of one month from 48."""
    assert outcome.forecast is not None
    assert (outcome.forecast.history, len(outcome.forecast.points)) == (48, 1)
    assert re.search(r"Jan 2016: [\d.]+ \([\d.]+ to [\d.]+\)", outcome.answer)
