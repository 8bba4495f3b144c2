"""A question like an answered one offers that answer, and its SQL is a hint to the model; to its owner alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.config import Settings
from tests.api.test_session_memory import BY_REGION_SQL, MODEL
from tests.askable import ready_agent, ready_file
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.indexed import index_all
from tests.people import People, Person

pytestmark = pytest.mark.anyio

FIRST = "mostre a soma de valor por regiao"
AGAIN = "mostre a soma de valor por regiao, por favor"
OTHER = "quantidade de produtos"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of all questions."""
    async with serve(Script.of(table=dict.fromkeys((FIRST, AGAIN, OTHER), BY_REGION_SQL))) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


async def ask(person: Person, agent_id: str, question: str) -> dict[str, Any]:
    answered = await person.client.post("/api/v1/queries/execute", json={"agent_id": agent_id, "question": question})
    assert answered.status_code == 200, answered.text
    query: dict[str, Any] = answered.json()
    return query


def prompted(providers: FakeProviders) -> str:
    """Everything that was sent to models since the last look."""
    sent = str(providers.requests)
    providers.requests.clear()
    return sent


async def test_answered_question_is_offered_and_its_sql_is_a_hint(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL)
    first = await ask(ana, agent_id, FIRST)
    assert first["details"]["resembles"] == []
    assert "<earlier>" not in prompted(providers)
    await index_all(app)
    again = await ask(ana, agent_id, AGAIN)
    (offer,) = again["details"]["resembles"]
    assert (offer["query_id"], offer["question"]) == (first["id"], FIRST)
    assert offer["age_s"] >= 0
    assert offer["likeness"] >= 0.6
    sent = prompted(providers)
    assert "<earlier>" in sent
    assert " ".join(first["sql"].split()) in sent.replace("\\n", " ")
    assert (await ask(ana, agent_id, OTHER))["details"]["resembles"] == []
    assert "<earlier>" not in prompted(providers)


async def test_answer_over_another_version_is_not_offered(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL)
    await ask(ana, agent_id, FIRST)
    await index_all(app)
    file_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    await ready_file(app, ana, file_id=file_id, number=2)
    assert (await ask(ana, agent_id, AGAIN))["details"]["resembles"] == []
    assert "<earlier>" not in prompted(providers)


async def test_nothing_of_another_user_is_offered(app: FastAPI, people: People, providers: FakeProviders) -> None:
    ana, bob = await people.normal(), await people.normal()
    own, other = [await ready_agent(app, person, model=MODEL) for person in (ana, bob)]
    await ask(ana, own, FIRST)
    await index_all(app)
    prompted(providers)
    assert (await ask(bob, other, AGAIN))["details"]["resembles"] == []
    assert "<earlier>" not in prompted(providers)
