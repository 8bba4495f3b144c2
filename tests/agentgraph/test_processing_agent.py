"""The processing agent: one call for an easy question, and nothing passed on that is not valid."""

import pytest

from app.agentgraph.context import ModelAccess
from app.agentgraph.outcome import Confidence, OutcomeKind
from tests.agentgraph.engine import Engine
from tests.fakes import FakeProviders, Reply, Script

pytestmark = pytest.mark.anyio

MODEL = "GPT-4o-mini"
SNOW = "How many days had snow?"
SNOW_SQL = "SELECT count(*) AS days FROM seattle_weather WHERE weather = 'snow'"


def proposal(sql: str) -> Reply:
    """A reply with this query."""
    return Reply(json={"sql": sql, "reading": "days with snow", "assumptions": ["Snow means snow."], "notes": ""})


async def test_valid_proposal_answers_in_one_call(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(SNOW_SQL))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.result is not None
    assert outcome.result.rows == ((23,),)
    assert "23" in outcome.answer
    assert outcome.reading == "days with snow"
    assert outcome.assumptions == ("Snow means snow.",)
    assert len(weather.ledger.calls) == 1


@pytest.mark.parametrize(
    ("sql", "status"),
    [("SELECT clima FROM seattle_weather", "sql_invalid"), ("DELETE FROM seattle_weather", "refused_by_policy")],
)
async def test_invalid_proposal_is_not_passed_on(
    weather: Engine, access: ModelAccess, providers: FakeProviders, sql: str, status: str
) -> None:
    providers.script = Script.of(proposal(sql), Reply(tools=(("run_sql", {"sql": SNOW_SQL}),)), Reply(text="23 days."))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    tried = [(attempt.author, attempt.status) for attempt in outcome.attempts]
    assert tried == [("processing_agent", status), ("sql_agent", "succeeded")]
    assert "<proposal>" not in str(providers.requests[1]["messages"])


async def test_valid_proposal_is_only_suggested_when_the_agent_wants_it_so(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(
        proposal(SNOW_SQL), Reply(tools=(("run_sql", {"sql": SNOW_SQL}),)), Reply(text="23 days.")
    )
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, execute_suggestion=False)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert "<proposal>" in str(providers.requests[1]["messages"])
    assert [attempt.author for attempt in outcome.attempts] == ["sql_agent"]
    assert outcome.assumptions == ("Snow means snow.",)


async def test_empty_proposal_leaves_the_question_to_the_sql_agent(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(""), Reply(tools=(("decline", {"reason": "no prices"}),)))
    outcome = await weather.ask("What does snow cost?", access=access, model=MODEL, processing_enabled=True)
    assert outcome.kind is OutcomeKind.NOT_ANSWERABLE


async def test_processing_agent_has_its_own_model(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(proposal(SNOW_SQL))
    await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, processing_model="LLaMA 8B")
    assert dict(providers.calls) == {"huggingface": 1}


async def test_broken_helper_model_does_not_stop_the_run(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(status=400), table={SNOW: SNOW_SQL})
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True, processing_model="LLaMA 8B")
    assert outcome.kind is OutcomeKind.ANSWERED


async def test_unreadable_proposal_is_asked_for_once_more(
    weather: Engine, access: ModelAccess, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(text="Sure! Let me think."), proposal(SNOW_SQL))
    outcome = await weather.ask(SNOW, access=access, model=MODEL, processing_enabled=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert len(weather.ledger.calls) == 2


async def test_no_row_is_an_answer_in_doubt(weather: Engine, access: ModelAccess, providers: FakeProviders) -> None:
    providers.script = Script.of(proposal("SELECT date FROM seattle_weather WHERE weather = 'hail'"))
    outcome = await weather.ask("Which days had hail?", access=access, model=MODEL, processing_enabled=True)
    assert outcome.kind is OutcomeKind.ANSWERED
    assert outcome.confidence is Confidence.MEDIUM
    assert outcome.confidence_reasons == (
        "The statement compares with values that the data do not hold: hail.",
        "No row matches.",
        "Something was taken for granted; see the assumptions.",
    )
