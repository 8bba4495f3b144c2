"""Candidates: asked for where signals disagree, compared by their rows, bounded in number, and all recorded."""

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.outcome import Confidence, OutcomeKind
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

MODEL = "GPT-4o-mini"
SNOW = "How many days had snow?"
COUNT = "SELECT count(*) AS days FROM seattle_weather WHERE weather = '{}'"
RIGHT, UNSTORED, RAIN = COUNT.format("snow"), COUNT.format("blizzard"), COUNT.format("rain")
OTHERWISE = "SELECT SUM(weather = 'snow') AS snowy FROM seattle_weather"


def proposal(sql: str) -> Reply:
    """A query as the processing agent gives it."""
    return Reply(json={"sql": sql, "reading": "days with snow", "assumptions": [], "notes": ""})


async def test_rows_on_which_most_agree_replace_those_in_doubt(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(UNSTORED), proposal(RIGHT), proposal(OTHERWISE))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, candidates=3)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.result is not None
    assert outcome.result.rows == ((23,),)
    assert "23" in outcome.answer
    assert outcome.confidence_reasons[0] == "Of 3 queries that were compared, 2 gave these rows."
    authors = [(attempt.author, attempt.rows) for attempt in outcome.attempts]
    assert authors == [("processing_agent", 1), ("candidates", 1), ("candidates", 1)]
    assert outcome.sql == outcome.attempts[1].sql
    assert len(outcome.calls) == 3
    assert [event.data["text"] for event in weather.named("answer.delta")] == [outcome.answer]
    assert "blizzard" in str(providers.requests[1]["messages"][-1]["content"])


async def test_agreement_ends_the_search_early(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(
        Reply(tools=(("run_sql", {"sql": "SELECT nothing FROM nowhere"}),)),
        Reply(tools=(("run_sql", {"sql": RIGHT}),)),
        Reply(text="It snowed on 23 days."),
        proposal(OTHERWISE),
    )
    outcome = await weather.ask(SNOW, access=access, model=MODEL, candidates=3)
    assert outcome.answer == "It snowed on 23 days."
    assert outcome.confidence is Confidence.MEDIUM
    assert outcome.confidence_reasons[0] == "Of 2 queries that were compared, 2 gave these rows."
    assert len(outcome.calls) == 4


async def test_an_answer_without_doubt_costs_nothing_more(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(RIGHT))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, candidates=5)
    assert outcome.confidence is Confidence.HIGH
    assert len(outcome.calls) == 1
    assert [event.data["text"] for event in weather.named("answer.delta")] == [outcome.answer]


async def test_by_default_nothing_is_compared(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(proposal(UNSTORED))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True)
    assert outcome.confidence is Confidence.MEDIUM
    assert len(outcome.calls) == 1


async def test_candidates_that_all_differ_leave_the_first_and_little_confidence(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(UNSTORED), proposal(RIGHT), proposal(RAIN))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, candidates=3)
    assert outcome.sql == outcome.attempts[0].sql
    assert outcome.confidence is Confidence.LOW
    assert outcome.confidence_reasons[0] == "The 3 queries that were compared all gave different rows."


async def test_what_does_not_run_is_an_attempt_and_no_vote(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(
        proposal(UNSTORED), proposal("DELETE FROM seattle_weather"), proposal(""), proposal(RIGHT), proposal(OTHERWISE)
    )
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, candidates=5)
    assert outcome.result is not None
    assert outcome.result.rows == ((23,),)
    assert [attempt.status for attempt in outcome.attempts] == [
        "succeeded",
        "refused_by_policy",
        "succeeded",
        "succeeded",
    ]


async def test_a_model_that_fails_ends_the_comparison_and_not_the_answer(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(UNSTORED), Reply(status=400))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, candidates=3)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.sql == outcome.attempts[0].sql
