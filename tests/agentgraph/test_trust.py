"""How far answers can be trusted: what lowers the confidence, what is told of the statement, and what it cost."""

from dataclasses import replace
from datetime import date

import pytest

from app.agentgraph.context import ModelAccess, Question
from app.agentgraph.outcome import CallOutcome, Confidence
from app.agentgraph.runner import answer
from app.agentgraph.trust import read_statement
from app.connectors.sql_gate import Policy, TableRule, check
from tests.agentgraph.engine import Cache, Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

MODEL = "GPT-4o-mini"
SNOW = "How many days had snow?"
SNOW_SQL = "SELECT count(*) AS days FROM seattle_weather WHERE weather = 'snow'"


def runs(*statements: str, text: str = "Done.") -> Script:
    """A model that runs these statements, then answers."""
    return Script.of(*[Reply(tools=(("run_sql", {"sql": sql}),)) for sql in statements], Reply(text=text))


async def test_sound_answer_says_why_it_can_be_trusted(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = runs(SNOW_SQL, text="23 days.")
    outcome = await weather.ask(SNOW, access=access, model=MODEL)
    assert outcome.confidence is Confidence.HIGH
    assert outcome.confidence_reasons == ("The first statement ran, and every value that it compares with is stored.",)
    assert (outcome.tables, outcome.columns) == (("seattle_weather",), ("seattle_weather.weather",))
    assert outcome.limited_tables == ()


async def test_value_that_is_not_stored_is_a_doubt(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = runs("SELECT count(*) AS n FROM seattle_weather WHERE weather IN ('Snow', 'rain')")
    outcome = await weather.ask(SNOW, access=access, model=MODEL)
    assert outcome.confidence is Confidence.MEDIUM
    assert outcome.confidence_reasons == ("The statement compares with values that the data do not hold: Snow.",)


async def test_statements_that_failed_before_are_a_doubt(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = runs("SELECT count(*) FROM seattle_weather WHERE wether = 'snow'", SNOW_SQL, text="23.")
    outcome = await weather.ask(SNOW, access=access, model=MODEL)
    assert outcome.confidence is Confidence.MEDIUM
    assert outcome.confidence_reasons == ("Statements that did not run came before this one: 1.",)


async def test_assumptions_are_named_among_the_reasons(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    run = Reply(tools=(("run_sql", {"sql": SNOW_SQL, "assumptions": ["Snow means the weather of the day."]}),))
    providers.script = Script.of(run, Reply(text="23."))
    outcome = await weather.ask(SNOW, access=access, model=MODEL)
    assert outcome.assumptions == ("Snow means the weather of the day.",)
    assert outcome.confidence_reasons == ("Something was taken for granted; see the assumptions.",)


async def test_a_rule_on_rows_is_told_without_what_it_says(weather: Engine) -> None:
    columns = tuple(column.name for column in weather.context.catalog.tables[0].columns)
    policy = Policy("sqlite", (TableRule("seattle_weather", columns, filter="date < :until"),))
    seen = replace(weather.context.catalog.tables[0], is_limited=True)
    catalog = replace(weather.context.catalog, tables=(seen,))
    context = replace(weather.context, catalog=catalog, policy=policy.bind({"until": date(2013, 1, 1)}))
    outcome = await answer(Question(SNOW), context)
    assert outcome.limited_tables == ("seattle_weather",)
    assert outcome.columns == ("seattle_weather.weather",)


async def test_every_call_is_told_with_its_cost(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(Reply(status=500), table={SNOW: SNOW_SQL})
    outcome = await weather.ask(SNOW, access=access, model=MODEL)
    ends = [call.outcome for call in outcome.calls]
    assert ends == [CallOutcome.FAILED, CallOutcome.ANSWERED, CallOutcome.ANSWERED]
    assert {(call.node, call.model) for call in outcome.calls} == {("sql_agent", "openai:gpt-4o-mini")}
    assert all(call.price_usd is not None and call.tokens_in > 0 for call in outcome.calls[1:])


async def test_cached_answer_keeps_its_reasons_and_costs_no_call(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = runs(SNOW_SQL, text="23 days.")
    context = replace(weather.with_(access, model=MODEL), cache=Cache())
    first = await answer(Question(SNOW), context)
    again = await answer(Question(SNOW), context)
    assert (again.confidence, again.confidence_reasons) == (first.confidence, first.confidence_reasons)
    assert again.columns == first.columns
    assert (len(first.calls), len(again.calls)) == (2, 0)
    assert again.cache_age_s == 7.0


@pytest.mark.parametrize(
    ("sql", "columns", "literals"),
    [
        ("SELECT e.nome FROM estados AS e WHERE e.regiao = 'Sul'", ["estados.nome", "estados.regiao"], ["Sul"]),
        ("SELECT count(*) AS n FROM estados", [], []),
        ("SELECT uf FROM (SELECT * FROM estados) AS x WHERE 'Norte' = regiao", ["estados.uf"], ["Norte"]),
        ("WITH x AS (SELECT regiao AS r FROM estados) SELECT r FROM x", ["estados.regiao"], []),
    ],
)
async def test_statement_is_read_through_aliases_and_subqueries(
    states: Engine, sql: str, columns: list[str], literals: list[str]
) -> None:
    read = read_statement(check(sql, dialect="sqlite", tables=["estados"]), states.context.catalog)
    assert list(read.columns[: len(columns)]) == columns
    assert [text for _, _, text in read.literals] == literals
