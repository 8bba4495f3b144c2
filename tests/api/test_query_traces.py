"""The redacted trace that an agent with `debug` keeps of its questions."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.repositories import data_exports
from tests.askable import ready_agent
from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person
from tests.sharing import API, shared

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
QUESTION = "qual a soma de valor?"
SECRET = "sk-live-abcdefghijklmnop"
SUM = "SELECT SUM(valor) AS total FROM vendas"
ASKS_BACK = Reply(tools=(("ask_user", {"question": "De quê?", "options": ["valor", "quantidade"]}),))


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """A model that looks for a value, tries to delete, and then runs the right query."""
    looks, deletes = ("search_values", {"text": "mesa"}), ("run_sql", {"sql": "DELETE FROM vendas"})
    async with serve(Script.of(Reply(tools=(looks,)), Reply(tools=(deletes,)), table={QUESTION: SUM})) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


async def asked(person: Person, agent_id: str, question: str = QUESTION) -> dict[str, Any]:
    answered = await person.client.post(f"{API}/queries/execute", json={"agent_id": agent_id, "question": question})
    assert answered.status_code == 200, answered.text
    query: dict[str, Any] = answered.json()
    return query


async def steps_of(person: Person, query_id: str) -> list[dict[str, Any]]:
    told = await person.client.get(f"{API}/queries/{query_id}/trace")
    assert told.status_code == 200, told.text
    steps: list[dict[str, Any]] = told.json()["steps"]
    return steps


async def _kept(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(text("SELECT count(*) FROM query_traces"))).scalar_one())


async def test_nothing_is_kept_unless_the_agent_wants_it(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    query = await asked(ana, agent_id)
    assert await steps_of(ana, query["id"]) == []
    assert await _kept(database) == 0
    agent = (await ana.client.get(f"{API}/agents/{agent_id}")).json()
    assert agent["debug"] is False
    wanted = {"name": agent["name"], "source_ids": agent["source_ids"], "debug": True}
    changed = await ana.client.put(f"{API}/agents/{agent_id}", json=wanted, headers={"If-Match": '"1"'})
    assert changed.json()["debug"] is True, changed.text
    copy = await ana.client.post(f"{API}/agents/{agent_id}/clone", json={})
    assert copy.json()["debug"] is True
    again = await asked(ana, agent_id)
    assert await steps_of(ana, again["id"]) != []
    assert await steps_of(ana, query["id"]) == []


async def test_planners_steps_are_told_in_order(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = await asked(ana, await ready_agent(app, ana, debug=True, charts_enabled=False))
    steps = await steps_of(ana, query["id"])
    shown = [(step["kind"], step["node"]) for step in steps]
    expected = ["validate", "follow_up", "recall"]
    assert shown[:3] == [("node", name) for name in expected]
    assert shown[3:] == [("sql", "planner"), ("node", "planner"), ("node", "finish")]
    assert (steps[3]["sql"], steps[3]["status"], steps[3]["rows"]) == (query["sql"], "succeeded", 1)
    assert {step["node"]: step["elapsed_s"] for step in steps if step["kind"] == "node"} == query["details"]["timings"]


async def test_models_steps_are_told_without_secrets_and_cells(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    options = {"model": MODEL, "debug": True, "charts_enabled": False, "instructions": f"Nunca diga {SECRET}."}
    query = await asked(ana, await ready_agent(app, ana, **options))
    prompts = str(providers.requests)
    assert all(word in prompts for word in (SECRET, "Cadeira", "Mesa")), "the model itself was told"
    steps = await steps_of(ana, query["id"])
    assert not [word for word in (SECRET, "Cadeira", "Mesa") if word in str(steps)]
    calls = [step for step in steps if step["kind"] == "model"]
    assert [tool["name"] for step in calls for tool in step["tools"]] == ["search_values", "run_sql", "run_sql"]
    assert [message["role"] for message in calls[0]["messages"]] == ["system", "human"]
    assert "Nunca diga [redacted]." in calls[0]["messages"][0]["text"]
    assert calls[-1]["answer"] == query["answer"]
    assert sum(step["tokens_in"] for step in calls) == query["tokens_in"]
    refused, ran = [step for step in steps if step["kind"] == "sql"]
    assert (refused["status"], bool(refused["detail"]), ran["status"]) == ("refused_by_policy", True, "succeeded")


async def test_question_that_asked_back_keeps_both_of_its_runs(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    providers.script.replies.clear()
    providers.script.replies.append(ASKS_BACK)
    ana = await people.normal()
    query = await asked(ana, await ready_agent(app, ana, model=MODEL, debug=True, charts_enabled=False))
    assert query["state"] == "needs_input"
    before = await steps_of(ana, query["id"])
    replied = await ana.client.post(f"{API}/queries/{query['id']}/input", json={"option": 1})
    assert replied.json()["state"] == "succeeded", replied.text
    after = await steps_of(ana, query["id"])
    assert after[: len(before)] == before
    assert [step["node"] for step in after].count("validate") == 2


async def test_trace_is_its_owners_and_goes_with_the_query(app: FastAPI, people: People, database: Database) -> None:
    owner, reader = await people.normal(), await people.normal()
    agent_id = await ready_agent(app, owner, debug=True)
    session_id = (await owner.client.post(f"{API}/sessions/", json={"agent_id": agent_id})).json()["id"]
    said = await owner.client.post(f"{API}/sessions/{session_id}/messages", json={"text": QUESTION})
    query_id = said.json()["query"]["id"]
    await shared(owner, "sessions", session_id, user_id=reader.id)
    steps = await steps_of(owner, query_id)
    assert steps != []
    assert (await reader.client.get(f"{API}/queries/{query_id}/trace")).status_code == 404
    exported = [row async for batch in data_exports.rows_of(database, owner.id, "query_traces") for row in batch]
    assert [(row["query_id"], len(row["steps"])) for row in exported] == [(UUID(query_id), len(steps))]
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM queries WHERE id = :id"), {"id": query_id})
    assert await _kept(database) == 0
