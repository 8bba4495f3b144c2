"""What a model is told of a conversation: enough to go on, within the budget, and the same after a restart."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from app.core.config import Settings
from app.main import create_app
from tests.api.test_sessions import SESSIONS, begin, say
from tests.askable import ready_agent
from tests.conftest import RecordingPublisher, client_of
from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
BY_REGION = "soma de valor por regiao"
BY_REGION_SQL = "SELECT regiao, SUM(valor) AS total FROM vendas GROUP BY regiao ORDER BY total DESC"
BY_MONTH = "e por mês?"
BY_MONTH_SQL = "SELECT strftime('%Y-%m', data) AS mes, SUM(valor) AS total FROM vendas GROUP BY mes ORDER BY mes"
TABLE = {BY_REGION: BY_REGION_SQL, BY_MONTH: BY_MONTH_SQL}


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of both questions."""
    async with serve(Script.of(table=TABLE)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers, and a small budget for conversations."""
    return with_models(settings, providers, context_budget_tokens=400, context_full_turns=2)


def last_prompt(providers: FakeProviders) -> list[dict[str, Any]]:
    """Messages of the first call of the last question."""
    opening = [request["messages"] for request in providers.requests if len(request["messages"]) == 2]
    found: list[dict[str, Any]] = opening[-1]
    return found


async def test_model_is_told_the_question_before_with_its_sql(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL))
    first = (await say(ana, session_id, BY_REGION)).json()["query"]
    assert "<conversation>" not in str(last_prompt(providers))
    answered = (await say(ana, session_id, BY_MONTH)).json()["query"]
    words = last_prompt(providers)[1]["content"]
    told = words[words.index("<conversation>") : words.index("</conversation>\n\n<question>")]
    assert f"[1] Question: {BY_REGION}" in told
    assert " ".join(first["sql"].split()) in told
    assert first["answer"] in told
    assert words.endswith(f"<question>\n{BY_MONTH}\n</question>")
    assert (answered["answered_by"], answered["language"]) == ("model", "pt-BR")
    assert answered["result"]["rows"] == [["2024-01", 100.5], ["2024-02", 250], ["2024-03", 75.25]]


async def test_another_chart_costs_no_call_of_the_model(app: FastAPI, people: People, providers: FakeProviders) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL))
    first = (await say(ana, session_id, BY_REGION)).json()["query"]
    calls = len(providers.requests)
    drawn = (await say(ana, session_id, "em pizza")).json()["query"]
    assert (drawn["chart"]["type"], drawn["sql"], drawn["tokens_in"]) == ("pie", first["sql"], 0)
    assert len(providers.requests) == calls


async def test_follow_up_of_a_models_answer_is_left_to_the_model(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL, planner_first=True))
    odd = "me diga algo esquisito sobre Saturno"
    providers.script = Script.of(table={**TABLE, odd: BY_REGION_SQL})
    assert (await say(ana, session_id, odd)).json()["query"]["answered_by"] == "model"
    followed = (await say(ana, session_id, BY_MONTH)).json()["query"]
    assert (followed["answered_by"], followed["details"]["steps"]) == ("model", [])


async def test_refinement_sees_the_conversation(app: FastAPI, people: People, providers: FakeProviders) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL, refine_question=True))
    await say(ana, session_id, BY_REGION)
    clearer = "Qual a soma de valor por mês?"
    refinement = Reply(json={"question": clearer, "changes": ["mês"], "reason": "continua"})
    providers.script = Script.of(refinement, table={**TABLE, clearer: BY_MONTH_SQL})
    query = (await say(ana, session_id, BY_MONTH)).json()["query"]
    assert query["details"]["refined_question"]["refined"] == clearer
    assert any("<conversation>" in str(request["messages"]) for request in providers.requests[-3:])


async def test_restart_of_everything_leaves_the_next_prompt_as_it_was(
    settings: Settings, publisher: RecordingPublisher, providers: FakeProviders
) -> None:
    before = create_app(settings, publisher=publisher, prewarm=False)
    async with before.router.lifespan_context(before):
        ana = await People(before).normal()
        agent_id = await ready_agent(before, ana, model=MODEL)
        one, two = await begin(ana, agent_id), await begin(ana, agent_id)
        for session_id in (one, two):
            await say(ana, session_id, BY_REGION)
            await say(ana, session_id, "em pizza")
        detail = (await ana.client.get(f"{SESSIONS}/{two}")).json()
        await say(ana, one, BY_MONTH)
        prompt = last_prompt(providers)
    valkey = Redis.from_url(settings.valkey_url or "")
    await valkey.flushall()
    await valkey.aclose()
    providers.requests.clear()
    after = create_app(settings, publisher=publisher, prewarm=False)
    async with after.router.lifespan_context(after), client_of(after) as client:
        client.headers.update(ana.headers)
        assert (await client.get(f"{SESSIONS}/{two}")).json() == detail
        resumed = (await client.put(f"{SESSIONS}/{two}/resume")).json()
        answered = await client.post(f"{SESSIONS}/{two}/messages", json={"text": BY_MONTH})
    assert resumed["changes"] == []
    assert answered.json()["query"]["result"]["rows"][0] == ["2024-01", 100.5]
    assert last_prompt(providers) == prompt


async def test_context_shows_what_would_be_sent_and_why(app: FastAPI, people: People, settings: Settings) -> None:
    settings.context_budget_tokens = 200
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    asked = [
        "soma de valor por produto",
        "quantidade total",
        *[f"soma de valor com quantidade maior que {n}" for n in range(9)],
    ]
    for question in asked:
        await say(ana, session_id, question)
    path = f"/api/v1/context/{session_id}"
    seen = (await ana.client.get(path, params={"question": "e por mês do produto?"})).json()
    assert seen["tokens"] <= seen["budget_tokens"] == 200
    assert seen["tokens"] == sum(part["tokens"] for part in seen["parts"] if part["sent"])
    by_reason: dict[str, list[int]] = {}
    for part in seen["parts"]:
        by_reason.setdefault(part["reason"], []).append(part["number"])
    assert by_reason["last"] == [2 * len(asked) - 1]
    assert by_reason["shares_words"] == [1]
    assert by_reason["over_budget"]
    assert [part["number"] for part in seen["parts"]] == list(range(1, 2 * len(asked), 2))
    assert seen["continues"]["question"] == asked[-1]
    alone = (await ana.client.get(path, params={"question": "quantas vendas existem?"})).json()
    assert alone["continues"] is None


async def test_context_of_another_users_session_is_404(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    session_id = await begin(ana, await ready_agent(app, ana))
    assert (await bob.client.get(f"/api/v1/context/{session_id}")).status_code == 404
    fresh = (await ana.client.get(f"/api/v1/context/{session_id}")).json()
    assert (fresh["parts"], fresh["tokens"], fresh["continues"]) == ([], 0, None)


async def test_context_is_told_in_the_readers_language(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await say(ana, session_id, BY_REGION)
    headers = {"Accept-Language": "pt-BR"}
    parts = (await ana.client.get(f"/api/v1/context/{session_id}", headers=headers)).json()["parts"]
    assert [part["detail"] for part in parts] == ["a última resposta com SQL: aquilo com que uma continuação é lida"]
