"""Exchanges are found again by what was meant, by words and by spelling, with filters, and page by page."""

from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.core.config import Settings
from app.main import create_app
from tests.api.test_sessions import begin, say
from tests.askable import ready_agent
from tests.conftest import RecordingPublisher, client_of
from tests.indexed import index_all
from tests.people import People, Person

pytestmark = pytest.mark.anyio

SEARCH, SIMILAR = "/api/v1/history/search", "/api/v1/context/similar"
BY_REGION = "soma de valor por regiao"
BY_MONTH = "soma de valor por mês"
BY_PRODUCT = "quantidade total por produto"


async def search(person: Person, q: str, **wanted: str | int) -> dict[str, Any]:
    found = await person.client.get(SEARCH, params={"q": q, **wanted})
    assert found.status_code == 200, found.text
    page: dict[str, Any] = found.json()
    return page


async def questions(person: Person, q: str, **wanted: str | int) -> list[str]:
    return [item["question"] for item in (await search(person, q, **wanted))["items"]]


async def asked(app: FastAPI, person: Person, *words: str) -> tuple[str, str]:
    """A session with `words` asked in it and indexed; its id and that of its agent."""
    agent_id = await ready_agent(app, person)
    session_id = await begin(person, agent_id)
    for question in words:
        await say(person, session_id, question)
    await index_all(app)
    return session_id, agent_id


async def test_question_is_found_by_meaning_in_the_other_language(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    await asked(app, ana, BY_REGION, BY_MONTH, BY_PRODUCT)
    page = await search(ana, "sum of values by region")
    best = page["items"][0]
    assert (best["question"], page["by_meaning"], page["next_cursor"]) == (BY_REGION, True, None)
    assert best["parts"]["meaning"]["place"] == 1
    assert best["parts"]["words"] is None


async def test_words_are_found_without_accents_and_marked(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    await asked(app, ana, BY_REGION, BY_MONTH)
    best = (await search(ana, "REGIÃO"))["items"][0]
    assert best["question_snippet"] == "soma de valor por <mark>regiao</mark>"
    assert best["parts"]["words"]["place"] == 1
    by_answer = (await search(ana, "Leste"))["items"][0]
    assert by_answer["question"] == BY_REGION
    assert "<mark>Leste</mark>" in by_answer["answer_snippet"]


async def test_misspelt_question_is_found_by_its_letters(
    app: FastAPI, people: People, settings: Settings, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    await asked(app, ana, BY_REGION, BY_PRODUCT)
    words_alone = create_app(settings.model_copy(update={"embedding_model": None}), publisher=publisher, prewarm=False)
    async with words_alone.router.lifespan_context(words_alone), client_of(words_alone) as client:
        found = await client.get(SEARCH, params={"q": "quantidde totl por prodto"}, headers=ana.headers)
    page = found.json()
    assert page["by_meaning"] is False
    best = page["items"][0]
    assert best["question"] == BY_PRODUCT
    assert best["parts"]["spelling"]["place"] == 1


async def test_filters_leave_what_they_say(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    _, agent_id = await asked(app, ana, BY_REGION, "algo esquisito de Saturno?")
    _, other_id = await asked(app, ana, BY_REGION)
    source_id = (await ana.client.get(f"/api/v1/agents/{other_id}")).json()["source_ids"][0]
    assert await questions(ana, "valor", agent_id=other_id) == [BY_REGION]
    assert await questions(ana, "valor", source_id=source_id) == [BY_REGION]
    assert len(await questions(ana, "valor", agent_id=agent_id)) == 2
    assert await questions(ana, "valor", agent_id=agent_id, outcome="not_answerable") == ["algo esquisito de Saturno?"]
    assert await questions(ana, "valor", until="2020-01-01T00:00:00") == []
    assert len(await questions(ana, "valor", since="2020-01-01T00:00:00Z")) == 3
    assert await questions(ana, "valor", agent_id=str(uuid4())) == []
    refused = await ana.client.get(SEARCH, params={"q": "valor", "outcome": "happy"})
    assert refused.status_code == 422


async def test_pages_go_through_one_ranking(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    words = [f"soma de valor com quantidade maior que {number}" for number in range(7)]
    await asked(app, ana, *words)
    whole = [item["query_id"] for item in (await search(ana, "soma de valor"))["items"]]
    paged: list[str] = []
    page = await search(ana, "soma de valor", limit=3)
    while True:
        paged += [item["query_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        page = await search(ana, "soma de valor", limit=3, cursor=page["next_cursor"])
    assert paged == whole
    assert len(set(paged)) == 7


@pytest.mark.parametrize("q", ["'", "a & | ! b", "\x00valor", "<b>valor</b>", "???", "%", "valor:*", "\ue000valor"])
async def test_odd_words_are_only_words(app: FastAPI, people: People, q: str) -> None:
    ana = await people.normal()
    await asked(app, ana, "qual a soma de valor <script>alert(1)</script>?")
    page = await search(ana, q)
    assert all("<script" not in item["question_snippet"] for item in page["items"])


async def test_similar_exchanges_come_from_outside_of_the_conversation(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id, _ = await asked(app, ana, BY_REGION, BY_PRODUCT)
    other_id, _ = await asked(app, ana, "soma de valor por região e produto", BY_MONTH)
    by_text = (await ana.client.get(SIMILAR, params={"text": "sum by region", "limit": 2})).json()
    assert by_text["items"][0]["question"] in {BY_REGION, "soma de valor por região e produto"}
    assert len(by_text["items"]) == 2
    by_message = (await ana.client.get(SIMILAR, params={"session_id": session_id, "number": 1})).json()["items"]
    assert by_message[0]["question"] == "soma de valor por região e produto"
    by_session = (await ana.client.get(SIMILAR, params={"session_id": session_id})).json()["items"]
    assert {item["session_id"] for item in by_session} == {other_id}


async def test_similar_wants_one_thing_that_is_there(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    session_id, _ = await asked(app, ana, BY_REGION)
    wrongs: list[dict[str, str | int]] = [{}, {"text": "a", "session_id": session_id}, {"text": "a", "number": 1}]
    for wrong in wrongs:
        assert (await ana.client.get(SIMILAR, params=wrong)).status_code == 422
    missing: dict[str, str | int] = {"session_id": session_id, "number": 9}
    assert (await ana.client.get(SIMILAR, params=missing)).json()["errors"][0]["pointer"] == "/number"
    assert (await bob.client.get(SIMILAR, params={"session_id": session_id})).status_code == 404
    fresh = await begin(ana, await ready_agent(app, ana))
    assert (await ana.client.get(SIMILAR, params={"session_id": fresh})).json()["items"] == []
