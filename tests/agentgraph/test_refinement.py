"""Refinement of questions and answers: wording only, checked, and told."""

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.outcome import OutcomeKind
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

MODEL = "GPT-4o-mini"
SNOW = "How many days had snow?"
SNOW_SQL = "SELECT count(*) AS days FROM seattle_weather WHERE weather = 'snow'"
RUN = Reply(tools=(("run_sql", {"sql": SNOW_SQL}),))
ANSWER = Reply(text="It snowed on 23 days.")


def refined(question: str) -> Reply:
    """A reply that rewords the question."""
    return Reply(json={"question": question, "changes": ["named the column"], "reason": "It was vague."})


async def test_refined_question_is_used_and_told(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    clearer = "How many days have weather equal to snow?"
    providers.script = Script.of(refined(clearer), RUN, ANSWER)
    outcome = await weather.ask("Snow days?", access=access, model=MODEL, refine_question=True)
    assert outcome.refined_question is not None
    assert outcome.refined_question.original == "Snow days?"
    assert outcome.refined_question.refined == clearer
    assert outcome.refined_question.changes == ("named the column",)
    assert clearer in providers.requests[1]["messages"][-1]["content"]


@pytest.mark.parametrize("bad", ["", "x", "How many days in 2013 had snow?", "s" * 2001])
async def test_rewording_that_changes_the_question_is_not_used(
    weather: Engine, access: ModelAccess, providers: FakeProviders, bad: str
) -> None:
    providers.script = Script.of(refined(bad), RUN, ANSWER)
    outcome = await weather.ask(SNOW, access=access, model=MODEL, refine_question=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.refined_question is not None
    assert outcome.refined_question.refined == SNOW
    assert outcome.refined_question.changes == ()


async def test_failed_question_refinement_does_not_stop_the_run(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(status=400), RUN, ANSWER)
    outcome = await weather.ask(SNOW, access=access, model=MODEL, refine_question=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.refined_question is None


async def test_faithful_answer_refinement_is_used(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    fuller = "It snowed on 23 days. That is the number of rows whose weather is snow."
    providers.script = Script.of(RUN, ANSWER, Reply(text=fuller))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, advanced_mode=True)
    assert outcome.answer == fuller
    assert outcome.refined_answer is not None
    assert outcome.refined_answer.applied
    assert outcome.refined_answer.original == "It snowed on 23 days."
    assert [event.data["text"] for event in weather.named("answer.delta")] == [fuller]


@pytest.mark.parametrize(
    "bad", [Reply(text="It snowed on 24 days."), Reply(text="It snowed now and then."), Reply(status=400)]
)
async def test_refinement_that_alters_a_number_or_fails_keeps_the_original(
    weather: Engine, access: ModelAccess, providers: FakeProviders, bad: Reply
) -> None:
    providers.script = Script.of(RUN, ANSWER, bad)
    outcome = await weather.ask(SNOW, access=access, model=MODEL, advanced_mode=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.answer == "It snowed on 23 days."
    assert outcome.refined_answer is not None
    assert not outcome.refined_answer.applied
    assert outcome.refined_answer.reasons
