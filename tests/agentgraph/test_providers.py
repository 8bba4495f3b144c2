"""Every provider through its real SDK: answers, bills, failures, and calls that are not paid twice."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.agentgraph.context import ModelAccess, OwnPrice
from app.agentgraph.outcome import OUTCOME_JSON, AnsweredBy, ModelCall, OutcomeKind
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

SNOW = "How many days had snow?"
SNOW_SQL = "SELECT count(*) AS days FROM seattle_weather WHERE weather = 'snow'"
TABLE = {SNOW: SNOW_SQL}
MODELS = [
    "GPT-4o-mini",
    "GPT-o3-mini",
    "Claude-3.5-Sonnet",
    "LLaMA 70B",
    "LLaMA 8B",
    "DeepSeek-R1",
    "Gemini-2.5-Flash",
    "openai:any",
]
ONE_EACH = ["GPT-4o-mini", "Claude-3.5-Sonnet", "LLaMA 70B", "Gemini-2.5-Flash"]


def calls_of(engine: Engine) -> list[ModelCall]:
    """Recorded calls, in order."""
    return list(engine.ledger.calls.values())


@pytest.mark.parametrize("model", MODELS)
async def test_model_answers_through_the_sql_agent(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str
) -> None:
    providers.script = Script.of(table=TABLE)
    outcome = await weather.ask(SNOW, access=access, model=model)
    assert outcome.answered_by is AnsweredBy.MODEL
    assert outcome.result is not None
    assert outcome.result.rows == ((23,),)
    assert len(calls_of(weather)) == 2
    assert {entry["model"] for entry in providers.log[-2:]} == {call.model for call in calls_of(weather)}


@pytest.mark.parametrize("model", MODELS)
async def test_model_answers_through_the_processing_agent(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str
) -> None:
    providers.script = Script.of(table=TABLE)
    outcome = await weather.ask(SNOW, access=access, model=model, processing_enabled=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert len(calls_of(weather)) == 1


@pytest.mark.parametrize(
    ("model", "provider"), [("GPT-4o", "openai"), ("Claude-3.5-Sonnet", "anthropic"), ("LLaMA 70B", "huggingface")]
)
async def test_call_is_recorded_with_tokens_and_price(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str, provider: str
) -> None:
    providers.script = Script.of(table=TABLE)
    await weather.ask(SNOW, access=access, model=model)
    for call in calls_of(weather):
        assert call.provider == provider
        assert call.node == "sql_agent"
        assert call.tokens_in > 0
        assert call.tokens_out > 0
        assert call.price_usd is not None
        assert call.price_usd > 0
        assert call.latency_s > 0


async def test_cached_tokens_are_counted_apart_and_cost_less(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    run = (("run_sql", {"sql": SNOW_SQL}),)
    providers.script = Script.of(Reply(tools=run), Reply(text="23 days."))
    await weather.ask(SNOW, access=access, model="GPT-4o")
    full = calls_of(weather)[0]
    weather.ledger.calls.clear()
    providers.script = Script.of(Reply(tools=run, cached=200), Reply(text="23 days."))
    await weather.ask(SNOW, access=access, model="GPT-4o")
    cached = calls_of(weather)[0]
    assert cached.tokens_cached == 200
    assert cached.tokens_in == full.tokens_in
    assert full.price_usd is not None
    assert cached.price_usd is not None
    assert cached.price_usd < full.price_usd


async def test_anthropic_keeps_tools_and_schema_between_the_turns_of_a_question(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    run = (("run_sql", {"sql": SNOW_SQL}),)
    providers.script = Script.of(Reply(tools=run, stored=200), Reply(text="23 days.", cached=200))
    await weather.ask(SNOW, access=access, model="Claude-3.5-Sonnet")
    stored, cached = calls_of(weather)
    assert [body["system"][0]["cache_control"] for body in providers.requests] == [{"type": "ephemeral"}] * 2
    assert providers.requests[0]["system"] == providers.requests[1]["system"]
    assert cached.tokens_cached == 200
    weather.ledger.calls.clear()
    providers.script = Script.of(Reply(tools=run), Reply(text="23 days."))
    await weather.ask(SNOW, access=access, model="Claude-3.5-Sonnet")
    plain, _ = calls_of(weather)
    assert stored.price_usd is not None
    assert plain.price_usd is not None
    assert plain.tokens_in + 200 == stored.tokens_in
    assert stored.price_usd - plain.price_usd == Decimal("0.00075"), "3.75 dollars a million tokens that are kept"


async def test_single_call_asks_for_nothing_to_be_kept(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(table=TABLE)
    await weather.ask(SNOW, access=access, model="Claude-3.5-Sonnet", processing_enabled=True)
    assert "cache_control" not in str(providers.requests)


async def test_unknown_price_is_none_and_own_price_counts(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(table=TABLE)
    await weather.ask(SNOW, access=access, model="openai:mine")
    assert all(call.price_usd is None for call in calls_of(weather))
    weather.ledger.calls.clear()

    async def prices() -> dict[str, OwnPrice]:
        return {"openai:mine": OwnPrice(Decimal(1), Decimal(2), None, "settings")}

    own = replace(access, prices=prices)
    await weather.ask(SNOW, access=own, model="openai:mine")
    call = calls_of(weather)[0]
    assert call.price_usd == (Decimal(call.tokens_in) + 2 * Decimal(call.tokens_out)) / 1_000_000


@pytest.mark.parametrize("model", ONE_EACH)
@pytest.mark.parametrize(
    "fault",
    [
        Reply(status=429, retry_after="0"),
        Reply(status=500),
        Reply(status=503, retry_after="0.01"),
        Reply(status=529),
        Reply(text="half of this", cut=True),
        Reply(rubbish=True),
    ],
)
async def test_passing_fault_is_survived(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str, fault: Reply
) -> None:
    providers.script = Script.of(fault, table=TABLE)
    outcome = await weather.ask(SNOW, access=access, model=model)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert providers.calls.total() == 3
    assert len(calls_of(weather)) == 2


@pytest.mark.parametrize("model", ONE_EACH)
@pytest.mark.parametrize("fault", [Reply(rubbish=True), Reply(text="half of this", cut=True), Reply(status=500)])
async def test_lasting_fault_is_a_clear_failure_without_the_providers_words(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str, fault: Reply
) -> None:
    providers.script = Script.of(*[fault] * 3)
    outcome = await weather.ask(SNOW, access=access, model=model)
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.failure is not None
    assert outcome.failure.code == "model_failed"
    told = OUTCOME_JSON.dump_json(outcome).decode()
    assert "secret-of-the-provider" not in told
    assert "key-of-tests" not in told
    assert providers.calls.total() == 3


@pytest.mark.parametrize("model", ONE_EACH)
@pytest.mark.parametrize("status", [400, 401, 404])
async def test_refused_request_is_not_repeated(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str, status: int
) -> None:
    providers.script = Script.of(Reply(status=status))
    outcome = await weather.ask(SNOW, access=access, model=model)
    assert outcome.failure is not None
    assert outcome.failure.code == "model_failed"
    assert providers.calls.total() == 1


@pytest.mark.parametrize("model", ONE_EACH)
async def test_hanging_call_is_given_up_and_tried_once_more(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str
) -> None:
    await weather.ask(SNOW, access=access, model=model)
    providers.calls.clear()
    providers.script = Script.of(Reply(hang=True), Reply(hang=True), Reply(hang=True))
    outcome = await weather.ask("Which days had snow?", access=replace(access, timeout_s=0.5), model=model)
    assert outcome.failure is not None
    assert outcome.failure.code == "model_failed"
    assert providers.calls.total() == 2


@pytest.mark.parametrize("model", ONE_EACH)
async def test_provider_is_told_the_ledgers_id_of_every_try(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str
) -> None:
    providers.script = Script.of(Reply(status=503), table=TABLE)
    await weather.ask(SNOW, access=access, model=model)
    told = [entry["request"] for entry in providers.log]
    assert told == [str(call_id) for call_id in weather.ledger.ids]
    assert len(set(told)) == providers.calls.total() == 3


@pytest.mark.parametrize("model", ONE_EACH)
@pytest.mark.parametrize(
    ("fault", "end"),
    [(Reply(status=503), "failed"), (Reply(rubbish=True), "failed"), (Reply(text="x", cut=True), "lost")],
)
async def test_what_the_provider_refused_is_told_apart_from_what_was_lost_on_the_way(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str, fault: Reply, end: str
) -> None:
    providers.script = Script.of(fault, table=TABLE)
    await weather.ask(SNOW, access=access, model=model)
    assert [call.outcome for call in weather.ledger.unanswered] == [end]


@pytest.mark.parametrize("model", ONE_EACH)
async def test_call_that_reached_nobody_costs_nothing(weather: Engine, access: ModelAccess, model: str) -> None:
    nowhere = "http://127.0.0.1:1"
    away = replace(
        access,
        openai_base_url=nowhere,
        anthropic_base_url=nowhere,
        huggingface_endpoint_url=nowhere,
        google_base_url=nowhere,
    )
    await weather.ask(SNOW, access=away, model=model)
    tried = [(call.outcome, call.price_usd) for call in weather.ledger.unanswered]
    assert set(tried) == {("lost", Decimal(0))}


async def test_wait_beyond_the_deadline_is_not_waited(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(status=429, retry_after="3600"))
    outcome = await weather.ask(SNOW, access=access, model="GPT-4o-mini")
    assert outcome.failure is not None
    assert outcome.failure.code == "model_failed"
    assert "rate limited" in outcome.failure.detail
    assert providers.calls.total() == 1


@pytest.mark.parametrize("model", MODELS)
async def test_repeated_run_pays_nothing(
    weather: Engine, access: ModelAccess, providers: FakeProviders, model: str
) -> None:
    providers.script = Script.of(table=TABLE)
    first = await weather.ask(SNOW, access=access, model=model, refine_question=True, advanced_mode=True)
    paid = providers.calls.total()
    second = await weather.ask(SNOW, access=access, model=model, refine_question=True, advanced_mode=True)
    assert paid == len(calls_of(weather)) == 4
    assert providers.calls.total() == paid
    assert second.answer == first.answer
    assert second.sql == first.sql


async def test_run_broken_between_two_calls_pays_only_the_second(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(tools=(("run_sql", {"sql": SNOW_SQL}),)), Reply(status=400))
    await weather.ask(SNOW, access=access, model="Claude-3.5-Sonnet")
    assert len(calls_of(weather)) == 1
    providers.calls.clear()
    providers.script = Script.of(Reply(text="23 days."))
    outcome = await weather.ask(SNOW, access=access, model="Claude-3.5-Sonnet")
    assert outcome.answer == "23 days."
    assert providers.calls.total() == 1


async def test_empty_answer_is_a_failure(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(Reply(text=""))
    outcome = await weather.ask(SNOW, access=access, model="GPT-4o-mini")
    assert outcome.failure is not None
    assert outcome.failure.code == "model_failed"


async def test_own_server_needs_no_key(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(table=TABLE)
    keyless = ModelAccess(openai_base_url=access.openai_base_url)
    outcome = await weather.ask(SNOW, access=keyless, model="openai:local-llama")
    assert outcome.kind is OutcomeKind.ANSWERED


async def test_model_without_temperature_gets_none(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(table=TABLE)
    await weather.ask(SNOW, access=access, model="GPT-o3-mini")
    assert all("temperature" not in body for body in providers.requests)
