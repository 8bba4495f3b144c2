"""The audit log over HTTP: what is noted, who may read it, and what is never in it."""

import csv
import io
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.db import Database
from app.models import AuditEvent, User
from tests.askable import ready_agent
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

LOGS = "/api/v1/admin/audit-logs"
LOGIN = "/api/v1/auth/login"


async def actions(database: Database) -> list[str]:
    async with database.read() as session:
        rows = await session.scalars(select(AuditEvent.action).order_by(AuditEvent.id))
        return list(rows)


async def read(reader: Person, **wanted: str) -> list[dict[str, Any]]:
    answer = await reader.client.get(LOGS, params=wanted)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_sign_ins_and_failures_are_noted_with_address_and_request(
    client: httpx.AsyncClient, people: People
) -> None:
    admin, ana = await people.admin(), await people.normal()
    right, wrong = {"email": ana.email, "password": PASSWORD}, {"email": ana.email, "password": "not it at all"}
    await client.post(LOGIN, json=wrong, headers={"X-Request-ID": "wrong-one"})
    await client.post(LOGIN, json=right, headers={"X-Request-ID": "right-one"})
    await client.post(LOGIN, json=wrong | {"email": "nobody@example.com"})
    unknown, success, failure = (await read(admin, object_type="user"))[:3]
    assert (failure["action"], failure["outcome"]) == ("auth.sign_in_failed", "refused")
    assert (failure["actor_id"], failure["object_id"], failure["request_id"]) == (None, str(ana.id), "wrong-one")
    assert (success["action"], success["actor_id"], success["request_id"]) == (
        "auth.signed_in",
        str(ana.id),
        "right-one",
    )
    assert success["address"] == "127.0.0.1"
    assert (unknown["action"], unknown["object_id"]) == ("auth.sign_in_failed", None)


async def test_everything_a_person_does_is_noted_in_order(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    agent = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()
    change = {"name": "Segredo", "source_ids": agent["source_ids"], "max_rows": 7}
    await ana.client.put(f"/api/v1/agents/{agent_id}", json=change)
    query = await ana.client.post(
        "/api/v1/queries/execute", json={"agent_id": agent_id, "question": "qual a soma de valor?"}
    )
    await ana.client.get(f"/api/v1/queries/{query.json()['id']}/result", headers={"Accept": "text/csv"})
    await ana.client.post(f"/api/v1/agents/{agent_id}/clone", json={})
    await ana.client.delete(f"/api/v1/agents/{agent_id}")
    await ana.client.post("/api/v1/files/upload", files={"file": ("a.csv", b"a,b\n1,2\n")})
    await ana.client.put("/api/v1/users/me", json={"name": "Ana Maria"})
    await ana.client.post("/api/v1/auth/logout")
    assert await actions(database) == [
        "agent.created",
        "agent.updated",
        "query.submitted",
        "query.result_exported",
        "agent.cloned",
        "agent.deleted",
        "file.uploaded",
        "profile.changed",
        "auth.signed_out",
    ]


async def test_change_shows_before_and_after_and_no_text_of_a_person(app: FastAPI, people: People) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana, instructions="meu CPF é 123")
    agent = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()
    change = {"name": "Outro nome", "source_ids": agent["source_ids"], "max_rows": 7, "instructions": "meu CPF é 123"}
    assert (await ana.client.put(f"/api/v1/agents/{agent_id}", json=change)).status_code == 200
    event = (await read(admin, action="agent.updated", object_id=agent_id))[0]
    assert (event["before"]["max_rows"], event["after"]["max_rows"]) == (1000, 7)
    assert event["before"]["name"] != event["after"]["name"]
    assert event["before"]["instructions"] == event["after"]["instructions"]
    assert "CPF" not in str(event)
    assert "Outro" not in str(event)


async def test_what_is_refused_leaves_an_event_and_what_fails_leaves_none(people: People, database: Database) -> None:
    ana = await people.normal()
    assert (await ana.client.get(LOGS)).status_code == 403
    taken = {"email": ana.email, "name": "Ana", "password": "uma frase bem longa"}
    assert (await ana.client.post("/api/v1/auth/register", json=taken)).status_code == 409
    assert await actions(database) == ["permission.refused"]


async def test_master_sees_its_own_users_and_admin_sees_all(people: People, database: Database) -> None:
    admin, master, other = await people.admin(), await people.master(), await people.master()
    mine, foreign = await people.normal(), await people.normal()
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == mine.id).values(manager_id=master.id))
    for person in (mine, foreign):
        await person.client.put("/api/v1/users/me", json={"name": "New"})
    wanted = {"action": "profile.changed"}
    assert {event["actor_id"] for event in await read(master, **wanted)} == {str(mine.id)}
    assert await read(other, **wanted) == []
    assert {event["actor_id"] for event in await read(admin, **wanted)} == {str(mine.id), str(foreign.id)}
    assert await read(master, actor_id=str(foreign.id)) == []


async def test_reading_and_exporting_the_log_are_events_themselves(people: People) -> None:
    admin = await people.admin()
    await read(admin, action="agent.created")
    exported = await admin.client.get(LOGS, headers={"Accept": "text/csv"})
    assert exported.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [row["action"] for row in rows] == ["audit.exported", "audit.read"]
    assert rows[1]["after"] == '{"action":"agent.created"}'


async def test_log_is_paged_newest_first(people: People) -> None:
    admin, ana = await people.admin(), await people.normal()
    for name in "abc":
        await ana.client.put("/api/v1/users/me", json={"name": name})
    wanted = {"actor_id": str(ana.id), "limit": "2"}
    first = (await admin.client.get(LOGS, params=wanted)).json()
    second = (await admin.client.get(LOGS, params=wanted | {"cursor": first["next_cursor"]})).json()
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert (len(ids), second["next_cursor"]) == (3, None)
    assert ids == sorted(ids, reverse=True)
