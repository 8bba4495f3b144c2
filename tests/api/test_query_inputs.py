"""Questions that ask back: options, replies by the route and by the conversation, one bill, and an end in any case."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.services.queries.query_inputs import end_unanswered, option_in, reply_in
from tests.api.test_query_events import heard
from tests.api.test_sessions import SESSIONS, begin, messages, say
from tests.askable import ready_agent
from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person

pytestmark = pytest.mark.anyio

QUERIES = "/api/v1/queries"
MODEL = "openai:gpt-4o-mini"
QUESTION = "qual foi a melhor região?"
BACK = {"question": "Melhor em quê?", "options": ["Soma de valor", "Quantidade vendida"]}
BY_AMOUNT = "SELECT regiao, SUM(valor) AS total FROM vendas GROUP BY regiao ORDER BY total DESC LIMIT 1"
ASKS_BACK = Reply(tools=(("ask_user", BACK),))
RUNS = Reply(tools=(("run_sql", {"sql": BY_AMOUNT, "assumptions": ["Todo o período foi somado."]}),))


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """A model that asks back once, then runs a query and answers from its rows."""
    async with serve(Script.of(ASKS_BACK, RUNS)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


async def asked(app: FastAPI, person: Person) -> dict[str, Any]:
    """A question that has asked back."""
    body = {"agent_id": await ready_agent(app, person, model=MODEL), "question": QUESTION}
    response = await person.client.post(f"{QUERIES}/execute", json=body)
    assert response.status_code == 200, response.text
    query: dict[str, Any] = response.json()
    return query


async def reply(person: Person, query_id: str, **body: object) -> httpx.Response:
    return await person.client.post(f"{QUERIES}/{query_id}/input", json=body)


async def test_question_asks_back_with_options(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    assert (query["state"], query["outcome"], query["answer"]) == ("needs_input", "needs_input", None)
    assert query["input_request"] == {**BACK, "is_open": True}
    assert (query["error"], query["result"], query["finished_at"]) == (None, None, None)
    assert (await ana.client.get(f"{QUERIES}/{query['id']}/status")).json()["state"] == "needs_input"
    rows = await ana.client.get(f"{QUERIES}/{query['id']}/result")
    assert (rows.status_code, rows.json()["code"]) == (409, "not_ready")


async def test_option_lets_the_same_question_go_on_under_one_bill(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    before = await asked(app, ana)
    response = await reply(ana, before["id"], option=1)
    assert response.status_code == 200, response.text
    after = response.json()
    assert (after["id"], after["state"], after["answered_by"]) == (before["id"], "succeeded", "model")
    assert after["result"]["rows"] == [["Sul", 250]]
    assert after["details"]["assumptions"] == ["Todo o período foi somado."]
    assert after["input_request"] is None
    assert after["inputs"] == [{**BACK, "is_open": True, "reply": "Soma de valor"}]
    told = providers.requests[1]["messages"][-1]["content"]
    assert "You asked: Melhor em quê?" in told
    assert "The user said: Soma de valor" in told
    assert after["tokens_in"] > before["tokens_in"] > 0
    assert providers.calls["openai"] == 3


async def test_own_words_are_a_reply_too(app: FastAPI, people: People, providers: FakeProviders) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    assert (await reply(ana, query["id"], text="em valor médio por venda")).json()["state"] == "succeeded"
    assert "The user said: em valor médio por venda" in providers.requests[1]["messages"][-1]["content"]


@pytest.mark.parametrize("body", [{}, {"option": 3}, {"option": 0}, {"option": 1, "text": "valor"}, {"text": " "}])
async def test_malformed_reply_is_refused_and_the_question_waits_on(
    app: FastAPI, people: People, body: dict[str, object]
) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    refused = await reply(ana, query["id"], **body)
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert (await reply(ana, query["id"], option=2)).status_code == 200


async def test_question_that_asks_nothing_takes_no_reply(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    await reply(ana, query["id"], option=1)
    again = await reply(ana, query["id"], option=1)
    assert (again.status_code, again.json()["code"], again.json()["state"]) == (409, "input_not_wanted", "succeeded")


async def test_next_message_of_the_conversation_is_the_reply(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL))
    first = (await say(ana, session_id, QUESTION)).json()
    assert first["query"]["state"] == "needs_input"
    pending = (await ana.client.get(f"{SESSIONS}/{session_id}")).json()["pending_input"]
    assert (pending["detail"], pending["options"]) == (BACK["question"], BACK["options"])
    second = (await say(ana, session_id, "a primeira")).json()
    assert second["query"]["id"] == first["query"]["id"]
    assert (second["question_number"], second["query"]["message_number"]) == (3, 3)
    assert second["query"]["result"]["rows"] == [["Sul", 250]]
    assert second["query"]["inputs"][0]["reply"] == "Soma de valor"
    said = [(message["speaker"], message["text"]) for message in await messages(ana, session_id)]
    assert said[:3] == [
        ("user", QUESTION),
        ("assistant", "Melhor em quê?\n1. Soma de valor\n2. Quantidade vendida"),
        ("user", "a primeira"),
    ]
    assert said[3] == ("assistant", second["query"]["answer"])
    assert (await ana.client.get(f"{SESSIONS}/{session_id}")).json()["pending_input"] is None


async def test_another_question_passes_over_what_was_asked_back(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL))
    first = (await say(ana, session_id, QUESTION)).json()["query"]
    second = (await say(ana, session_id, "e qual a soma de valor por região no total?")).json()["query"]
    assert second["id"] != first["id"]
    assert (await ana.client.get(f"{QUERIES}/{first['id']}/status")).json()["state"] == "cancelled"


async def test_question_that_asks_back_can_be_cancelled(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    cancelled = await ana.client.post(f"{QUERIES}/{query['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    assert (await reply(ana, query["id"], option=1)).json()["code"] == "input_not_wanted"


async def test_nobody_replies_and_the_question_fails_in_the_end(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    await end_unanswered(app.state.engine.platform)
    assert (await ana.client.get(f"{QUERIES}/{query['id']}/status")).json()["state"] == "needs_input"
    async with database.transaction() as session:
        await session.execute(text("UPDATE queries SET started_at = now() - interval '2 days'"))
    await end_unanswered(app.state.engine.platform)
    ended = (await ana.client.get(f"{QUERIES}/{query['id']}")).json()
    assert (ended["state"], ended["error"]["code"], ended["input_request"]) == ("failed", "ambiguous", None)
    assert "Melhor em quê?" in ended["error"]["detail"]


async def test_stream_ends_with_the_question_back_and_goes_on_after_the_reply(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    events = f"{QUERIES}/{query['id']}/events"
    async with ana.client.stream("GET", events) as response:
        first = await heard(response)
    assert [event.name for event in first][-2:] == ["usage", "query.needs_input"]
    assert first[-1].data["input_request"] == query["input_request"]
    await reply(ana, query["id"], option=1)
    async with ana.client.stream("GET", events) as response:
        whole = await heard(response)
    assert whole[: len(first)] == first
    assert [event.name for event in whole][-2:] == ["usage", "query.succeeded"]
    assert sorted({event.id for event in whole}) == [event.id for event in whole]


async def test_reply_by_a_worker_waits_in_the_queue(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(app, ana)
    accepted = await reply(ana, query["id"], option=1, background=True)
    assert (accepted.status_code, accepted.json()["state"]) == (202, "queued")
    assert accepted.headers["Location"] == f"{QUERIES}/{query['id']}"


async def test_model_that_asks_too_often_has_to_assume(app: FastAPI, people: People, providers: FakeProviders) -> None:
    providers.script = Script.of(ASKS_BACK, ASKS_BACK, ASKS_BACK, ASKS_BACK, RUNS)
    ana = await people.normal()
    query = await asked(app, ana)
    states = [(await reply(ana, query["id"], option=1)).json()["state"] for _ in range(3)]
    assert states == ["needs_input", "needs_input", "succeeded"]


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("2", "Valor líquido"),
        ("a segunda", "Valor líquido"),
        ("the first one", "Valor bruto"),
        ("LIQUIDO", "Valor líquido"),
        ("valor bruto", "Valor bruto"),
        ("valor", None),
        ("3", None),
        ("algo diferente", None),
    ],
)
def test_option_is_chosen_by_number_or_words(words: str, chosen: str | None) -> None:
    assert option_in(["Valor bruto", "Valor líquido"], words) == chosen


def test_only_short_words_without_a_question_mark_reply_to_an_open_request() -> None:
    request = {"options": [], "is_open": True}
    assert reply_in(request, "com impostos") == "com impostos"
    assert reply_in(request, "e por mês?") is None
    assert reply_in(request, " ".join(["palavra"] * 16)) is None
    assert reply_in({**request, "is_open": False}, "com impostos") is None
