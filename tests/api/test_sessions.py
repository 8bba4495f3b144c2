"""Conversations over HTTP: their life, what is said in them, and who may see it."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.services.engine.engine import Engine
from app.services.jobs.maintenance import tend_sessions
from app.services.sessions.session_messages import title_from
from tests.askable import ready_agent
from tests.people import People, Person

pytestmark = pytest.mark.anyio

SESSIONS = "/api/v1/sessions"
TOTAL = "qual a soma de valor?"
BY_REGION = "soma de valor por regiao"


async def begin(person: Person, agent_id: str, **fields: object) -> str:
    created = await person.client.post(f"{SESSIONS}/", json={"agent_id": agent_id, **fields})
    assert created.status_code == 201, created.text
    session_id: str = created.json()["id"]
    return session_id


async def say(person: Person, session_id: str, words: str, **fields: object) -> httpx.Response:
    return await person.client.post(f"{SESSIONS}/{session_id}/messages", json={"text": words, **fields})


async def messages(person: Person, session_id: str) -> list[dict[str, object]]:
    listed = (await person.client.get(f"{SESSIONS}/{session_id}/messages")).json()
    found: list[dict[str, object]] = listed["items"][::-1]
    return found


async def test_question_in_a_session_is_answered_and_kept_with_its_query(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    answered = await say(ana, session_id, BY_REGION)
    assert answered.status_code == 200, answered.text
    exchange = answered.json()
    assert (exchange["question_number"], exchange["answer_number"], exchange["notices"]) == (1, 2, [])
    assert exchange["query"]["result"]["total"] == 3
    asked, answer = await messages(ana, session_id)
    assert (asked["number"], asked["speaker"], asked["text"]) == (1, "user", BY_REGION)
    assert (answer["number"], answer["speaker"], answer["text"]) == (2, "assistant", exchange["query"]["answer"])
    assert asked["query_id"] == answer["query_id"] == exchange["query"]["id"]
    query = answer["query"]
    assert isinstance(query, dict)
    assert query == {name: exchange["query"][name] for name in query}
    assert (query["sql"], query["chart"]["type"]) == (exchange["query"]["sql"], "bar")


async def test_question_without_an_answer_is_a_problem_and_its_reason_stays_in_the_session(
    app: FastAPI, people: People
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    refused = await say(ana, session_id, "qual a temperatura média em Saturno?")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_answerable")
    _, answer = await messages(ana, session_id)
    assert answer["text"] == refused.json()["detail"]
    assert answer["query_id"] == refused.json()["query_id"]


async def test_title_comes_from_the_first_question_unless_one_is_given(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    untitled, titled = await begin(ana, agent_id), await begin(ana, agent_id, title="Vendas de 2024")
    for session_id in (untitled, titled):
        await say(ana, session_id, TOTAL)
        await say(ana, session_id, BY_REGION)
    assert (await ana.client.get(f"{SESSIONS}/{untitled}")).json()["title"] == TOTAL
    assert (await ana.client.get(f"{SESSIONS}/{titled}")).json()["title"] == "Vendas de 2024"


@pytest.mark.parametrize("question", ["a " * 200, "b" * 200])
def test_title_of_a_long_question_is_cut_at_a_word(question: str) -> None:
    title = title_from(question)
    assert title.endswith("…")
    assert len(title) <= 80
    assert question.startswith(title[:-1])


async def test_session_is_changed_by_what_is_sent_and_nothing_else(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana), tags=["vendas", "vendas"])
    before = (await ana.client.get(f"{SESSIONS}/{session_id}")).json()
    assert (before["tags"], before["pinned"], before["on_busy"], before["state"]) == (
        ["vendas"],
        False,
        "queue",
        "active",
    )
    changed = await ana.client.patch(f"{SESSIONS}/{session_id}", json={"title": "Novo", "pinned": True})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {name: before[name] for name in changed.json()} | {"title": "Novo", "pinned": True}
    assert (await ana.client.patch(f"{SESSIONS}/{session_id}", json={"colour": "red"})).status_code == 422


async def test_list_is_filtered_and_paged_newest_first(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    one, two = await ready_agent(app, ana), await ready_agent(app, ana)
    first = await begin(ana, one, tags=["a", "b"])
    second = await begin(ana, two, pinned=True)
    third = await begin(ana, one, tags=["b"])
    await ana.client.patch(f"{SESSIONS}/{third}", json={"state": "ended"})

    async def ids(**wanted: str | bool) -> list[str]:
        listed = (await ana.client.get(f"{SESSIONS}/", params=wanted)).json()
        return [item["id"] for item in listed["items"]]

    assert await ids() == [third, second, first]
    assert await ids(agent_id=one) == [third, first]
    assert await ids(state="ended") == [third]
    assert await ids(pinned=True) == [second]
    assert await ids(tag="b") == [third, first]
    page = (await ana.client.get(f"{SESSIONS}/", params={"limit": 2})).json()
    rest = (await ana.client.get(f"{SESSIONS}/", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [item["id"] for item in rest["items"]] == [first]


async def test_messages_are_paged_by_their_numbers(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    for _ in range(3):
        await say(ana, session_id, TOTAL)
    path = f"{SESSIONS}/{session_id}/messages"
    seen, cursor = [], None
    while True:
        page = (await ana.client.get(path, params={"limit": 4} | ({"cursor": cursor} if cursor else {}))).json()
        seen.append([item["number"] for item in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [[6, 5, 4, 3], [2, 1]]


async def test_cursor_of_another_list_is_harmless(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await begin(ana, agent_id)
    cursor = (await ana.client.get(f"{SESSIONS}/", params={"limit": 1})).json()["next_cursor"]
    listed = await ana.client.get(f"{SESSIONS}/{session_id}/messages", params={"cursor": cursor})
    assert (listed.status_code, listed.json()["items"]) == (200, [])


async def test_ended_session_takes_no_question_until_it_is_resumed(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    ended = await ana.client.patch(f"{SESSIONS}/{session_id}", json={"state": "ended"})
    assert ended.json()["ended_at"] is not None
    refused = await say(ana, session_id, TOTAL)
    assert (refused.status_code, refused.json()["code"]) == (409, "session_ended")
    resumed = (await ana.client.put(f"{SESSIONS}/{session_id}/resume")).json()
    assert (resumed["state"], resumed["ended_at"]) == ("active", None)
    assert (await say(ana, session_id, TOTAL)).status_code == 200


async def test_idle_session_is_paused_and_goes_on_with_the_next_question(
    app: FastAPI, people: People, settings: Settings
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    idle, waiting = await begin(ana, agent_id), await begin(ana, agent_id)
    await say(ana, waiting, TOTAL, background=True)
    engine: Engine = app.state.engine
    settings.session_idle_s = 0.0
    await tend_sessions(engine.platform)
    states = [(await ana.client.get(f"{SESSIONS}/{each}")).json()["state"] for each in (idle, waiting)]
    assert states == ["paused", "active"]
    assert (await say(ana, idle, TOTAL)).status_code == 200
    assert (await ana.client.get(f"{SESSIONS}/{idle}")).json()["state"] == "active"


async def test_old_sessions_are_removed_where_the_installation_wants_that_unless_pinned(
    app: FastAPI, people: People, settings: Settings, database: Database
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    old, pinned = await begin(ana, agent_id), await begin(ana, agent_id, pinned=True)
    async with database.transaction() as session:
        await session.execute(text("UPDATE sessions SET last_activity_at = now() - interval '31 days'"))
    fresh = await begin(ana, agent_id)
    engine: Engine = app.state.engine
    await tend_sessions(engine.platform)
    kept = [item["id"] for item in (await ana.client.get(f"{SESSIONS}/")).json()["items"]]
    settings.session_retention_days = 30
    await tend_sessions(engine.platform)
    left = [item["id"] for item in (await ana.client.get(f"{SESSIONS}/")).json()["items"]]
    assert (kept, left) == ([fresh, pinned, old], [fresh, pinned])


async def test_everybody_says_how_long_their_own_sessions_are_kept_within_what_the_installation_allows(
    app: FastAPI, people: People, settings: Settings, database: Database
) -> None:
    ana, bob = await people.normal(), await people.normal()
    old = {person.id: await begin(person, await ready_agent(app, person)) for person in (ana, bob)}
    profile = await ana.client.put("/api/v1/users/me", json={"session_retention_days": 7})
    assert profile.json()["session_retention_days"] == 7
    engine: Engine = app.state.engine

    async def left_after(days: int) -> set[str]:
        async with database.transaction() as session:
            await session.execute(text(f"UPDATE sessions SET last_activity_at = now() - interval '{days} days'"))
        await tend_sessions(engine.platform)
        pages = [(await person.client.get(f"{SESSIONS}/")).json()["items"] for person in (ana, bob)]
        return {item["id"] for page in pages for item in page}

    assert await left_after(6) == set(old.values())
    assert await left_after(8) == {old[bob.id]}
    settings.session_retention_days = 30
    await bob.client.put("/api/v1/users/me", json={"session_retention_days": 90})
    assert await left_after(29) == {old[bob.id]}
    assert await left_after(31) == set()
    unset = await ana.client.put("/api/v1/users/me", json={"session_retention_days": 0})
    assert unset.json()["session_retention_days"] == 0


async def test_question_back_waits_for_an_answer(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    query_id = (await say(ana, session_id, "qual a temperatura em Saturno?")).json()["query_id"]
    request = '{"question": "Qual valor?", "options": ["bruto", "líquido"], "is_open": true}'
    async with database.transaction() as session:
        statement = "UPDATE queries SET state = 'needs_input', error = NULL, input_request = CAST(:request AS jsonb)"
        await session.execute(text(statement), {"request": request})
    pending = (await ana.client.put(f"{SESSIONS}/{session_id}/resume")).json()["pending_input"]
    assert (pending["query_id"], pending["detail"], pending["options"]) == (
        query_id, "Qual valor?", ["bruto", "líquido"],
    )  # fmt: skip


async def test_second_question_is_refused_where_the_session_wants_that(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana), on_busy="refuse")
    first = await say(ana, session_id, TOTAL, background=True)
    assert first.status_code == 202, first.text
    refused = await say(ana, session_id, BY_REGION)
    assert (refused.status_code, refused.json()["code"]) == (409, "session_busy")
    assert refused.json()["query_id"] == first.json()["id"]
    assert len(await messages(ana, session_id)) == 2


async def test_second_question_waits_for_the_first_and_goes_when_that_ends(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    first = (await say(ana, session_id, TOTAL, background=True)).headers["Location"]
    second = await say(ana, session_id, BY_REGION)
    assert (second.status_code, second.json()["state"]) == (202, "queued")
    assert [message["number"] for message in await messages(ana, session_id)] == [1, 2, 3, 4]
    await ana.client.post(f"{first}/cancel")
    detail = (await ana.client.get(f"{SESSIONS}/{session_id}")).json()
    assert detail["open_query_id"] == second.json()["id"]
    await app.state.engine.close(grace_s=0)
    assert len(app.state.engine.platform.publisher.published) == 2


async def test_waiting_question_of_a_session_can_be_cancelled(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await say(ana, session_id, TOTAL, background=True)
    second = (await say(ana, session_id, BY_REGION)).headers["Location"]
    cancelled = await ana.client.post(f"{second}/cancel")
    assert cancelled.json()["state"] == "cancelled"


async def test_removed_session_is_gone_with_its_messages_and_its_questions_stay(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    query = (await say(ana, session_id, TOTAL)).json()["query"]
    waiting = [(await say(ana, session_id, BY_REGION, background=True)).headers["Location"] for _ in range(2)]
    assert (await ana.client.delete(f"{SESSIONS}/{session_id}")).status_code == 204
    assert (await ana.client.get(f"{SESSIONS}/{session_id}")).status_code == 404
    assert (await ana.client.get(f"{SESSIONS}/{session_id}/messages")).status_code == 404
    assert (await ana.client.get(f"/api/v1/queries/{query['id']}")).json()["session_id"] is None
    states = [(await ana.client.get(f"{path}/status")).json()["state"] for path in waiting]
    assert states == ["cancelled", "cancelled"]


async def test_everything_of_another_users_session_is_404(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, TOTAL)
    path = f"{SESSIONS}/{session_id}"
    for method, suffix, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("PUT", "/resume", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"text": TOTAL}),
        ("GET", "/export", None),
        ("DELETE", "", None),
    ):
        answer = await bob.client.request(method, path + suffix, json=body)
        assert answer.status_code == 404, (method, suffix)
    assert (await bob.client.get(f"{SESSIONS}/")).json()["items"] == []
    assert (await bob.client.post(f"{SESSIONS}/", json={"agent_id": agent_id})).status_code == 404
    assert (await ana.client.get(f"{SESSIONS}/{uuid4()}")).status_code == 404


async def test_export_holds_every_message_in_order_in_both_forms(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana), title="Vendas")
    query = (await say(ana, session_id, BY_REGION)).json()["query"]
    await say(ana, session_id, "# soma de valor")
    exported = await ana.client.get(f"{SESSIONS}/{session_id}/export")
    assert exported.headers["content-disposition"] == f'attachment; filename="session-{session_id}.json"'
    assert [message["number"] for message in exported.json()["messages"]] == [1, 2, 3, 4]
    assert exported.json()["messages"] == await messages(ana, session_id)
    document = await ana.client.get(f"{SESSIONS}/{session_id}/export", headers={"Accept": "text/markdown"})
    assert document.headers["content-type"] == "text/markdown; charset=utf-8"
    lines = document.text.splitlines()
    assert lines[0] == "# Vendas"
    assert "## 1. Question" in lines
    assert BY_REGION in lines
    assert query["sql"] in document.text
    assert f"/api/v1/queries/{query['id']}/result" in document.text
    assert "\\# soma de valor" in lines


async def test_streamed_message_tells_the_run_to_its_end(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    path = f"{SESSIONS}/{session_id}/messages"
    streamed = await ana.client.post(path, json={"text": TOTAL}, headers={"Accept": "text/event-stream"})
    names = [line.removeprefix("event: ") for line in streamed.text.splitlines() if line.startswith("event: ")]
    assert (names[0], names[-2:]) == ("query.started", ["usage", "query.succeeded"])


async def test_message_with_an_idempotency_key_is_said_once(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    path, headers = f"{SESSIONS}/{session_id}/messages", {"Idempotency-Key": "once"}
    first = await ana.client.post(path, json={"text": TOTAL}, headers=headers)
    again = await ana.client.post(path, json={"text": TOTAL}, headers=headers)
    assert again.content == first.content
    assert len(await messages(ana, session_id)) == 2


async def test_session_with_an_agent_that_is_gone_can_be_read_and_not_asked(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, TOTAL)
    await ana.client.delete(f"/api/v1/agents/{agent_id}")
    refused = await say(ana, session_id, TOTAL)
    assert (refused.status_code, refused.json()["code"]) == (409, "session_agent_gone")
    resumed = (await ana.client.put(f"{SESSIONS}/{session_id}/resume")).json()
    assert [change["kind"] for change in resumed["changes"]] == ["agent_gone"]
    assert len(await messages(ana, session_id)) == 2
