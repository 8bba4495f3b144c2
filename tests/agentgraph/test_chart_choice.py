"""A model is asked which chart to draw on a tie only, and its word counts within the tie only."""

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.outcome import OutcomeKind
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

MODEL = "GPT-4o-mini"
KINDS = "How many days had each weather?"
TABLE = {
    KINDS: "SELECT weather, count(*) AS days FROM seattle_weather GROUP BY weather",
    "Highest temperature by day": "SELECT date, temp_max FROM seattle_weather LIMIT 50",
}


def chart_calls(providers: FakeProviders) -> list[str]:
    """The prompts that asked for a chart."""
    prompts = [str(request["messages"][-1]["content"]) for request in providers.requests]
    return [prompt for prompt in prompts if "kind of chart" in prompt]


@pytest.mark.parametrize(
    ("word", "kind"), [("pie", "pie"), ("bar", "bar"), ("scatter", "bar"), ("<script>", "bar"), ("", "bar")]
)
async def test_model_breaks_a_tie_within_the_kinds_that_suit(
    weather: Engine, access: ModelAccess, providers: FakeProviders, word: str, kind: str
) -> None:
    providers.script = Script.of(table=TABLE)
    providers.script.chart = word
    outcome = await weather.ask(KINDS, access=access, model=MODEL, advanced_mode=True)
    assert outcome.chart is not None
    assert outcome.chart.type == kind
    assert len(chart_calls(providers)) == 1
    assert "chart" in {call.node for call in weather.ledger.calls.values()}


@pytest.mark.parametrize(
    ("question", "advanced"), [(KINDS, False), ("Highest temperature by day", True)], ids=["plain", "no-tie"]
)
async def test_model_is_not_asked_by_plain_agents_or_without_a_tie(
    weather: Engine, access: ModelAccess, providers: FakeProviders, question: str, advanced: bool
) -> None:
    providers.script = Script.of(table=TABLE)
    outcome = await weather.ask(question, access=access, model=MODEL, advanced_mode=advanced)
    assert outcome.chart is not None
    assert chart_calls(providers) == []


async def test_failing_model_leaves_the_choice_to_the_rules(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    run = Reply(tools=(("run_sql", {"sql": TABLE[KINDS]}),))
    failed = Reply(status=400)
    providers.script = Script.of(run, Reply(text="Here they are."), failed, failed)
    outcome = await weather.ask(KINDS, access=access, model=MODEL, advanced_mode=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.chart is not None
    assert outcome.chart.type == "bar"
