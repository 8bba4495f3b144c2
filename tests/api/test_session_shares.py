"""Conversations that are shared: who reads them, what stays with their owner, what a revoke takes away."""

from typing import Final

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.db import Database, acting
from tests.askable import ready_agent, ready_file
from tests.people import People, Person
from tests.sharing import API, agent_over, ask, member, revoke, share, shared

pytestmark = pytest.mark.anyio

QUESTION: Final = "qual a soma de valor por regiao?"
CANARY: Final = "Norte"
DOORS: Final = ("", "/messages", "/export")


async def _told(owner: Person, agent_id: str) -> str:
    """Id of a conversation of `owner` in which one question is answered."""
    made = await owner.client.post(f"{API}/sessions/", json={"agent_id": agent_id})
    session_id: str = made.json()["id"]
    said = await owner.client.post(f"{API}/sessions/{session_id}/messages", json={"text": QUESTION})
    assert (said.status_code, CANARY in said.text) == (200, True), said.text
    return session_id


async def test_a_reader_sees_what_was_said_and_what_was_answered(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    session_id = await _told(owner, await ready_agent(app, owner))
    address = f"{API}/sessions/{session_id}"
    for door in DOORS:
        assert (await reader.client.get(f"{address}{door}")).status_code == 404
    await shared(owner, "sessions", session_id, user_id=reader.id)
    shared_by = {"id": str(owner.id), "name": "Normal"}
    (listed,) = (await reader.client.get(f"{API}/sessions/")).json()["items"]
    assert (listed["id"], listed["shared_by"]) == (session_id, shared_by)
    detail = (await reader.client.get(address)).json()
    assert (detail["shared_by"], detail["last_answer"]["question"], detail["changes"]) == (shared_by, QUESTION, [])
    own, theirs = [(await person.client.get(f"{address}/messages")).json() for person in (owner, reader)]
    assert own == theirs
    assert CANARY in str(theirs["items"][0]["query"]["chart"])
    exported = await reader.client.get(f"{address}/export", headers={"Accept": "text/markdown"})
    assert (exported.status_code, QUESTION in exported.text) == (200, True)
    assert (await owner.client.get(address)).json()["shared_by"] is None


async def test_a_reader_changes_nothing_and_asks_nothing(app: FastAPI, people: People) -> None:
    owner, reader, third = await people.normal(), await people.normal(), await people.normal()
    session_id = await _told(owner, await ready_agent(app, owner))
    share_id = await shared(owner, "sessions", session_id, user_id=reader.id)
    client, address = reader.client, f"{API}/sessions/{session_id}"
    refused = [
        await client.post(f"{address}/messages", json={"text": QUESTION}),
        await client.patch(address, json={"title": "mine"}),
        await client.put(f"{address}/resume"),
        await client.delete(address),
        await client.get(f"{API}/context/{session_id}"),
        await client.post(f"{API}/context/index", json={"session_id": session_id}),
        await client.get(f"{API}/context/similar", params={"session_id": session_id}),
        await client.get(f"{address}/shares"),
        await client.post(f"{address}/shares", json={"user_id": str(third.id)}),
        await client.delete(f"{address}/shares/{share_id}"),
    ]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(403, "not_yours")] * 10
    query_id = (await owner.client.get(f"{address}/messages")).json()["items"][0]["query_id"]
    for door in ("", "/result", "/events", "/chart"):
        assert (await client.get(f"{API}/queries/{query_id}{door}")).status_code == 404
    assert (await client.post(f"{API}/queries/{query_id}/feedback", json={"verdict": "up"})).status_code == 404
    assert (await client.get(f"{API}/queries/history")).json()["items"] == []
    assert (await client.get(f"{API}/history/search", params={"q": "soma de valor"})).json()["items"] == []


async def test_a_revoke_counts_at_once_and_is_in_the_audit_log(app: FastAPI, people: People) -> None:
    owner, reader, admin = await people.normal(), await people.normal(), await people.admin()
    session_id = await _told(owner, await ready_agent(app, owner))
    share_id = await shared(owner, "sessions", session_id, user_id=reader.id)
    assert (await reader.client.get(f"{API}/sessions/{session_id}/export")).status_code == 200
    await revoke(owner, "sessions", session_id, share_id)
    for door in DOORS:
        assert (await reader.client.get(f"{API}/sessions/{session_id}{door}")).status_code == 404
    assert (await reader.client.get(f"{API}/sessions/")).json()["items"] == []
    logged = await admin.client.get(f"{API}/admin/audit-logs", params={"object_id": session_id})
    noted = [(event["action"], event["actor_id"]) for event in logged.json()["items"]]
    assert noted[:3] == [
        ("share.revoked", str(owner.id)),
        ("session.exported", str(reader.id)),
        ("share.given", str(owner.id)),
    ]


async def test_a_share_with_a_role_reaches_whoever_has_it_now(app: FastAPI, people: People) -> None:
    master = await people.master()
    role = {"name": "readers", "permissions": ["sessions:read"]}
    role_id = (await master.client.post(f"{API}/roles/", json=role)).json()["id"]
    owner, reader, bystander = (
        await member(people, master),
        await member(people, master, role_id=role_id),
        await member(people, master),
    )
    outsider = await people.normal()
    session_id = await _told(owner, await ready_agent(app, owner))
    assert (await share(owner, "sessions", session_id, user_id=outsider.id)).status_code == 422
    await shared(master, "sessions", session_id, role_id=role_id)
    readers = (reader, bystander, outsider)
    address = f"{API}/sessions/{session_id}/messages"
    assert [(await person.client.get(address)).status_code for person in readers] == [200, 404, 404]
    await master.client.put(f"{API}/users/{reader.id}/role", json={"role_id": None})
    assert [(await person.client.get(address)).status_code for person in readers] == [404, 404, 404]


async def test_answers_over_the_source_of_a_third_person_are_shown_to_whoever_has_that_source_whole(
    app: FastAPI, people: People
) -> None:
    third, owner, reader = await people.normal(), await people.normal(), await people.normal()
    file_id = await ready_file(app, third)
    await shared(third, "files", file_id, user_id=owner.id)
    session_id = await _told(owner, await agent_over(owner, file_id))
    await shared(owner, "sessions", session_id, user_id=reader.id)
    for door in DOORS:
        withheld = await reader.client.get(f"{API}/sessions/{session_id}{door}")
        assert (withheld.status_code, CANARY in withheld.text, "SUM" in withheld.text) == (200, False, False)
    share_id = await shared(third, "files", file_id, user_id=reader.id)
    assert CANARY in (await reader.client.get(f"{API}/sessions/{session_id}/messages")).text
    hidden = {"tables": [{"table": "vendas", "hidden": ["produto"]}]}
    assert (await third.client.put(f"{API}/files/{file_id}/rules", json=hidden)).status_code == 200
    assert CANARY not in (await reader.client.get(f"{API}/sessions/{session_id}/messages")).text
    await revoke(third, "files", file_id, share_id)
    assert CANARY not in (await reader.client.get(f"{API}/sessions/{session_id}/messages")).text


async def test_the_database_alone_shows_a_reader_the_shared_conversation_and_lets_it_change_none_of_it(
    app: FastAPI, people: People, database: Database
) -> None:
    owner, reader = await people.normal(), await people.normal()
    agent_id = await ready_agent(app, owner)
    session_id = await _told(owner, agent_id)
    assert (await ask(owner, agent_id, QUESTION)).status_code == 200
    share_id = await shared(owner, "sessions", session_id, user_id=reader.id)
    counted = ("sessions", "messages", "queries", "query_results", "exchanges", "agents", "files")
    assert [await _seen(database, reader, table) for table in counted] == [1, 2, 1, 0, 0, 0, 0]
    for table, change in (("sessions", "title = 'mine'"), ("messages", "text = 'mine'"), ("queries", "answer = 'x'")):
        assert await _changed(database, reader, f"UPDATE {table} SET {change}") == 0
        assert await _changed(database, reader, f"DELETE FROM {table}") == 0
    await revoke(owner, "sessions", session_id, share_id)
    assert [await _seen(database, reader, table) for table in counted] == [0] * len(counted)


async def test_a_deleted_conversation_is_gone_for_its_readers(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    session_id = await _told(owner, await ready_agent(app, owner))
    await shared(owner, "sessions", session_id, user_id=reader.id)
    assert (await owner.client.delete(f"{API}/sessions/{session_id}")).status_code == 204
    assert (await reader.client.get(f"{API}/sessions/{session_id}/messages")).status_code == 404


async def _seen(database: Database, person: Person, table: str) -> int:
    with acting(person.id):
        async with database.transaction() as session:
            return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def _changed(database: Database, person: Person, statement: str) -> int:
    with acting(person.id):
        async with database.transaction() as session:
            return len((await session.execute(text(f"{statement} RETURNING 1"))).all())
