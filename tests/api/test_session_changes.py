"""What happened to an agent and its sources since the last answer of a conversation is told, once, and in words."""

import pytest
from fastapi import FastAPI

from tests.api.test_sessions import SESSIONS, begin, messages, say
from tests.askable import ready_agent, ready_file
from tests.people import People, Person

pytestmark = pytest.mark.anyio

TOTAL = "qual a soma de valor?"
PT = {"Accept-Language": "pt-BR"}


async def edit(person: Person, agent_id: str, **changed: object) -> None:
    agent = (await person.client.get(f"/api/v1/agents/{agent_id}")).json()
    body = {"name": agent["name"], "source_ids": agent["source_ids"], **changed}
    edited = await person.client.put(f"/api/v1/agents/{agent_id}", json=body)
    assert edited.status_code == 200, edited.text


async def test_edited_agent_is_told_with_the_next_answer_and_not_again(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, TOTAL)
    await edit(ana, agent_id, charts_enabled=False)
    exchange = (await say(ana, session_id, TOTAL)).json()
    assert [notice["kind"] for notice in exchange["notices"]] == ["agent_changed"]
    assert (await say(ana, session_id, TOTAL)).json()["notices"] == []
    said = await messages(ana, session_id)
    assert [message["speaker"] for message in said] == [
        "user", "assistant", "notice", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert [message["number"] for message in said] == list(range(1, 8))
    assert exchange["question_number"] == 4


async def test_resuming_tells_what_changed_in_the_readers_language(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, TOTAL)
    other = await ready_file(app, ana, name="outra.csv")
    await edit(ana, agent_id, source_ids=[str(other)])
    path = f"{SESSIONS}/{session_id}"
    seen = (await ana.client.get(path, headers=PT)).json()["changes"]
    resumed = (await ana.client.put(f"{path}/resume", headers=PT)).json()["changes"]
    assert seen == resumed
    assert [change["kind"] for change in resumed] == ["agent_changed", "source_gone", "source_added"]
    assert resumed[1]["detail"].startswith("vendas.csv não pode mais ser lido")
    assert (await ana.client.get(path)).json()["changes"] == []
    notice = (await messages(ana, session_id))[-1]
    assert notice["speaker"] == "notice"
    assert "outra.csv" in str(notice["text"])


async def test_replaced_file_is_told(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, TOTAL)
    file_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    await ready_file(app, ana, file_id=file_id, number=2)
    exchange = (await say(ana, session_id, TOTAL)).json()
    assert [notice["kind"] for notice in exchange["notices"]] == ["source_changed"]
    assert exchange["query"]["answered_by"] == "planner"


async def test_session_state_tells_where_it_stands(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    fresh = (await ana.client.get(f"{SESSIONS}/{session_id}")).json()
    assert (fresh["last_answer"], fresh["agent_version"], fresh["pending_input"]) == (None, None, None)
    query = (await say(ana, session_id, TOTAL)).json()["query"]
    await say(ana, session_id, "qual a temperatura em Saturno?")
    detail = (await ana.client.get(f"{SESSIONS}/{session_id}")).json()
    assert detail["last_answer"] == {
        "query_id": query["id"], "question": TOTAL, "sql": query["sql"], "chart_type": None, "tables": ["vendas"],
    }  # fmt: skip
    assert (detail["agent_version"], detail["message_count"]) == (1, 4)
