"""Runs from the question to the outcome without a model, and what every run keeps to."""

import asyncio
import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.agentgraph.context import ModelAccess, Question
from app.agentgraph.outcome import OUTCOME_JSON, AnsweredBy, OutcomeKind
from app.agentgraph.runner import answer
from app.connectors.catalog import Catalog
from app.connectors.sql_gate import Policy, TableRule
from app.connectors.sqlite_pool import SqlitePool
from app.core.i18n import Language
from tests.agentgraph.engine import Cache, Engine, open_engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

SNOW = "How many days had snow?"
SNOW_SQL = "SELECT count(*) AS days FROM seattle_weather WHERE weather = 'snow'"


async def test_planner_answers_in_english_without_a_model(weather: Engine) -> None:
    outcome = await weather.ask(SNOW)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.answered_by is AnsweredBy.PLANNER
    assert outcome.result is not None
    assert outcome.result.rows == ((23,),)
    assert "23" in outcome.answer
    assert outcome.language is Language.EN


async def test_a_policy_decides_which_rows_are_counted_and_is_told_to_nobody(weather: Engine) -> None:
    columns = tuple(column.name for column in weather.context.catalog.tables[0].columns)
    policy = Policy("sqlite", (TableRule("seattle_weather", columns, filter="date < :until"),))
    context = replace(weather.context, policy=policy.bind({"until": date(2013, 1, 1)}))
    outcome = await answer(Question(SNOW), context)
    assert outcome.result is not None
    assert outcome.result.rows == ((21,),)
    assert "2013" not in f"{outcome.sql} {outcome.attempts} {weather.named('sql')}"


async def test_planner_answers_in_portuguese_with_a_chart(states: Engine) -> None:
    outcome = await states.ask("Quantos estados há em cada região?")
    assert outcome.result is not None
    assert set(outcome.result.rows) == {("Centro-Oeste", 4), ("Nordeste", 9), ("Norte", 7), ("Sudeste", 4), ("Sul", 3)}
    assert outcome.language is Language.PT
    assert outcome.chart is not None
    assert outcome.reading is not None
    assert outcome.tables == ("estados",)
    assert [(attempt.author, attempt.status) for attempt in outcome.attempts] == [("planner", "succeeded")]


async def test_planner_declines_what_it_does_not_understand(states: Engine) -> None:
    outcome = await states.ask("Qual é a cor preferida dos marcianos?")
    assert outcome.kind is OutcomeKind.NOT_ANSWERABLE
    assert outcome.failure is not None
    assert outcome.failure.code == "not_answerable"
    assert outcome.result is None


async def test_greeting_is_answered_before_anything_is_spent(weather: Engine, access: ModelAccess) -> None:
    outcome = await weather.ask("Bom dia!", access=access, model="GPT-4o-mini")
    assert outcome.answered_by is AnsweredBy.GREETING
    assert outcome.language is Language.PT
    assert [event.data["text"] for event in weather.named("answer.delta")] == [outcome.answer]
    assert not weather.ledger.calls


@pytest.mark.parametrize(
    ("question", "kind", "code"),
    [
        ("Apague os registros com neve", OutcomeKind.REFUSED, "refused_by_policy"),
        ("Delete all rows of the table", OutcomeKind.REFUSED, "refused_by_policy"),
    ],
)
async def test_wishes_to_write_end_before_a_model_is_paid(
    weather: Engine, access: ModelAccess, question: str, kind: OutcomeKind, code: str
) -> None:
    outcome = await weather.ask(question, access=access, model="GPT-4o-mini")
    assert outcome.kind is kind
    assert outcome.failure is not None
    assert outcome.failure.code == code
    assert not weather.ledger.calls


async def test_empty_question_is_a_failure_in_the_askers_language(weather: Engine) -> None:
    outcome = await answer(Question("  ", language=Language.PT), weather.context)
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.failure is not None
    assert outcome.failure.detail == "A pergunta está vazia."


async def test_source_without_tables_is_a_failure(weather: Engine) -> None:
    outcome = await answer(Question(SNOW), replace(weather.context, catalog=Catalog(dialect="sqlite")))
    assert outcome.failure is not None
    assert outcome.failure.code == "source_missing"


async def test_missing_key_names_the_setting(weather: Engine) -> None:
    outcome = await weather.ask(SNOW, model="Claude-3.5-Sonnet")
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.failure is not None
    assert outcome.failure.code == "model_not_configured"
    assert "ANTHROPIC_API_KEY" in outcome.failure.detail


async def test_unknown_model_is_a_failure(weather: Engine) -> None:
    outcome = await weather.ask(SNOW, model="nobody:knows")
    assert outcome.failure is not None
    assert outcome.failure.code == "unknown_model"


async def test_every_node_tells_its_stage_and_its_time(weather: Engine) -> None:
    outcome = await weather.ask(SNOW)
    told = [(event.data["name"], event.data["status"]) for event in weather.named("stage")]
    expected = ["validate", "follow_up", "recall", "planner", "chart", "finish"]
    assert told == [(name, status) for name in expected for status in ("started", "finished")]
    assert list(outcome.timings) == expected


async def test_events_come_in_the_order_in_which_things_happen(states: Engine) -> None:
    await states.ask("Quantos estados há em cada região?")
    names = [event.name for event in states.events if event.name != "stage"]
    assert names == ["sql", "rows", "answer.delta", "chart"]


async def test_no_chart_is_drawn_for_an_agent_without_charts(states: Engine) -> None:
    outcome = await states.ask("Quantos estados há em cada região?", charts_enabled=False)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.chart is None
    assert not states.named("chart")


async def test_rows_beyond_the_limit_are_cut_and_said_so(states: Engine) -> None:
    context = replace(states.context, limits=replace(states.context.limits, max_rows=2))
    outcome = await answer(Question("Quantos estados há em cada região?"), context)
    assert outcome.result is not None
    assert outcome.result.truncated
    assert any("cortado" in reason for reason in outcome.confidence_reasons)


async def test_planner_first_saves_the_model(weather: Engine, access: ModelAccess) -> None:
    outcome = await weather.ask(SNOW, access=access, model="GPT-4o-mini", planner_first=True)
    assert outcome.answered_by is AnsweredBy.PLANNER
    assert not weather.ledger.calls


async def test_model_takes_over_what_the_planner_declines(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    question = "Gimme the frosty flaky ones, tallied"
    providers.script = Script.of(table={question: SNOW_SQL})
    outcome = await weather.ask(question, access=access, model="GPT-4o-mini", planner_first=True)
    assert outcome.answered_by is AnsweredBy.MODEL
    assert outcome.result is not None
    assert outcome.result.rows == ((23,),)


async def test_cached_answer_costs_nothing_and_tells_its_age(
    tmp_path: Path, pool: SqlitePool, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(table={SNOW: SNOW_SQL})
    async with open_engine(tmp_path, "seattle-weather", pool=pool, cache=Cache()) as engine:
        first = await engine.ask(SNOW, access=access, model="GPT-4o-mini")
        calls = len(engine.ledger.calls)
        second = await engine.ask("  how many days had SNOW ", access=access, model="GPT-4o-mini")
    assert second.answered_by is AnsweredBy.CACHE
    assert second.cache_age_s == 7.0
    assert second.answer == first.answer
    assert second.result == first.result
    assert calls == len(engine.ledger.calls) == 2
    assert "sql_agent" not in second.timings


async def test_failures_are_not_cached(tmp_path: Path, pool: SqlitePool) -> None:
    cache = Cache()
    async with open_engine(tmp_path, "estados", pool=pool, cache=cache) as engine:
        await engine.ask("Qual é a cor preferida dos marcianos?")
    assert cache.kept == {}


async def test_run_ends_at_its_own_deadline(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(Reply(hang=True))
    context = replace(weather.with_(access, model="GPT-4o-mini"), timeout_s=1.5)
    outcome = await answer(Question(SNOW), context)
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.failure is not None
    assert outcome.failure.code == "timed_out"


async def test_cancelling_stops_the_run(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(Reply(hang=True))
    task = asyncio.create_task(weather.ask(SNOW, access=access, model="GPT-4o-mini"))
    await asyncio.wait_for(providers.arrived.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not weather.ledger.calls


async def test_questions_at_once_get_their_own_answers(
    states: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    names = {"AC": "Acre", "BA": "Bahia", "CE": "Ceará", "GO": "Goiás", "MG": "Minas Gerais", "SP": "São Paulo"}
    asked = {f"Qual é o nome da UF {uf}, vez {turn}?": uf for uf in names for turn in range(5)}
    table = {question: f"SELECT nome FROM estados WHERE uf = '{uf}'" for question, uf in asked.items()}
    providers.script = Script.of(table=table, latency_s=0.1)
    models = itertools.cycle(["GPT-4o-mini", "Claude-3.5-Sonnet", "LLaMA 70B"])
    runs = [states.ask(question, access=access, model=next(models)) for question in asked]
    outcomes = await asyncio.gather(*runs)
    assert [outcome.answer for outcome in outcomes] == [f"{names[uf]}." for uf in asked.values()]
    assert len(states.ledger.calls) == 2 * len(asked)


async def test_outcome_survives_json(states: Engine) -> None:
    outcome = await states.ask("Quantos estados há em cada região?")
    assert OUTCOME_JSON.validate_json(OUTCOME_JSON.dump_json(outcome)).answer == outcome.answer
