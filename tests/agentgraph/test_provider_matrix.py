"""What the user gets from each provider, whatever it does: one table, through the real SDKs, over real HTTP."""

from dataclasses import replace

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.llm.breaker import OPEN_S, OPENS_AFTER, Breaker
from app.agentgraph.outcome import CallOutcome, Outcome, OutcomeKind
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

SNOW = "How many days had snow?"
SNOW_SQL = "SELECT count(*) AS days FROM seattle_weather WHERE weather = 'snow'"
TABLE = {SNOW: SNOW_SQL}
MODELS = {
    "openai": "GPT-4o-mini",
    "anthropic": "Claude-3.5-Sonnet",
    "huggingface": "LLaMA 70B",
    "google": "Gemini-2.5-Flash",
    "compatible": "openai:llama-of-ones-own",
}
"""A model of each provider; `compatible` is a server of one's own, without a key."""
ANSWER = "answered"
CASES: dict[str, tuple[tuple[Reply, ...], str, int]] = {
    "tools": ((), ANSWER, 2),
    "429 with Retry-After": ((Reply(status=429, retry_after="0"),), ANSWER, 3),
    "500 once": ((Reply(status=500),), ANSWER, 3),
    "500 for good": ((Reply(status=500),) * 3, "the provider had an error", 3),
    "stream cut for good": ((Reply(text="half of this", cut=True),) * 3, "the connection to the provider failed", 3),
    "rubbish once": ((Reply(rubbish=True),), ANSWER, 3),
    "rubbish for good": ((Reply(rubbish=True),) * 3, "its answer could not be read", 3),
    "empty": ((Reply(text=""),), "its answer was empty", 1),
    "wrong key": ((Reply(status=401),), "the provider refused the key", 1),
    "context too long": ((Reply(too_long=True),), "the question with its context is longer than the model reads", 1),
}
"""What the provider does, what the user is told (the answer, or words of the failure), and how many calls it takes."""


def access_for(provider: str, access: ModelAccess) -> ModelAccess:
    """A server of one's own has no key."""
    return replace(access, openai_api_key=None) if provider == "compatible" else access


def told(outcome: Outcome) -> str:
    """What the user gets."""
    if outcome.kind is OutcomeKind.ANSWERED:
        return ANSWER
    assert outcome.failure is not None
    assert outcome.failure.code == "model_failed"
    return outcome.failure.detail


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("provider", MODELS)
async def test_user_gets_an_answer_or_a_clear_reason(
    weather: Engine, access: ModelAccess, providers: FakeProviders, provider: str, case: str
) -> None:
    replies, wanted, calls = CASES[case]
    providers.script = Script.of(*replies, table=TABLE)
    outcome = await weather.ask(SNOW, access=access_for(provider, access), model=MODELS[provider])
    assert wanted in told(outcome)
    assert "secret-of-the-provider" not in str(outcome)
    assert providers.calls.total() == calls


@pytest.mark.parametrize("provider", MODELS)
async def test_structured_output_comes_in_each_providers_way(
    weather: Engine, access: ModelAccess, providers: FakeProviders, provider: str
) -> None:
    providers.script = Script.of(table=TABLE)
    model = MODELS[provider]
    outcome = await weather.ask(SNOW, access=access_for(provider, access), model=model, processing_enabled=True)
    assert told(outcome) == ANSWER
    assert [call.node for call in outcome.calls] == ["processing_agent"]


@pytest.mark.parametrize("provider", MODELS)
async def test_provider_that_hangs_is_told_as_slow(
    weather: Engine, access: ModelAccess, providers: FakeProviders, provider: str
) -> None:
    providers.script = Script.of(Reply(status=401))
    own = access_for(provider, access)
    await weather.ask("What is the warmest day?", access=own, model=MODELS[provider])
    providers.script = Script.of(Reply(hang=True), Reply(hang=True))
    outcome = await weather.ask(SNOW, access=replace(own, timeout_s=1.0), model=MODELS[provider])
    assert "it took too long" in told(outcome)


async def test_fallback_answers_in_the_place_of_a_model_that_failed(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(status=401), table=TABLE)
    spare = replace(access, fallback="Claude-3.5-Sonnet")
    outcome = await weather.ask(SNOW, access=spare, model="GPT-4o-mini")
    assert told(outcome) == ANSWER
    assert [(call.model.partition(":")[0], call.outcome) for call in outcome.calls] == [
        ("openai", CallOutcome.FAILED),
        ("anthropic", CallOutcome.ANSWERED),
        ("anthropic", CallOutcome.ANSWERED),
    ]


async def test_provider_that_keeps_failing_is_left_alone(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(*[Reply(status=500)] * OPENS_AFTER, table=TABLE)
    eager = replace(access, retries=0)
    questions = [f"How many days had rain, time {turn}?" for turn in range(OPENS_AFTER)]
    for question in questions:
        await weather.ask(question, access=eager, model="GPT-4o-mini")
    refused = await weather.ask(SNOW, access=eager, model="GPT-4o-mini")
    assert "is not asked again for" in told(refused)
    assert providers.calls["openai"] == OPENS_AFTER
    assert told(await weather.ask(SNOW, access=eager, model="Claude-3.5-Sonnet")) == ANSWER


def test_breaker_lets_one_call_try_after_a_while_and_closes_when_it_is_answered() -> None:
    breaker = Breaker()
    for _ in range(OPENS_AFTER):
        assert breaker.waits_s(100.0) == 0
        breaker.failed(100.0)
    assert breaker.waits_s(101.0) == OPEN_S - 1
    assert breaker.waits_s(100.0 + OPEN_S) == 0
    assert breaker.waits_s(100.0 + OPEN_S) == OPEN_S
    breaker.answered()
    assert breaker.waits_s(100.0 + OPEN_S) == 0
