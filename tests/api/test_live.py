"""What goes on at this moment, and stopping it, within the circle of whoever looks."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.core.db import Database
from app.models import AuditAction, AuditEvent, FileVersion, Query, QueryState
from app.services.engine.engine import Engine
from app.services.jobs.events import EventWriter
from tests.askable import ready_agent, ready_file
from tests.people import People, Person
from tests.sharing import member

pytestmark = pytest.mark.anyio

LIVE = "/api/v1/admin/live"
QUERIES = "/api/v1/queries"
SECRET_QUESTION = "quanto ganha a diretora canario?"


async def waiting(app: FastAPI, person: Person) -> str:
    """Id of a question of `person` that no worker takes."""
    body = {"agent_id": await ready_agent(app, person), "question": SECRET_QUESTION}
    accepted = await person.client.post(f"{QUERIES}/execute-async", json=body)
    assert accepted.status_code == 202, accepted.text
    return accepted.headers["Location"].rpartition("/")[2]


async def seen(person: Person) -> dict[str, Any]:
    response = await person.client.get(LIVE)
    assert response.status_code == 200, response.text
    assert "canario" not in response.text, "what is asked is nobody else's"
    return {question["id"]: question for question in response.json()["questions"]}


async def test_each_sees_its_circle_and_stops_within_it(app: FastAPI, people: People, database: Database) -> None:
    admin, master = await people.admin(), await people.master()
    own, foreign = await member(people, master), await people.normal()
    of_own, of_foreign = await waiting(app, own), await waiting(app, foreign)

    assert (await seen(admin)).keys() == {of_own, of_foreign}
    found = await seen(master)
    assert found.keys() == {of_own}
    assert (found[of_own]["owner_id"], found[of_own]["group_id"]) == (str(own.id), str(master.id))
    assert (found[of_own]["state"], found[of_own]["stage"]) == ("queued", None)
    assert (await own.client.get(LIVE)).status_code == 403

    denied = await master.client.post(f"{LIVE}/cancel", json={"query_id": of_foreign})
    assert denied.status_code == 404
    assert (await master.client.post(f"{LIVE}/cancel", json={"query_id": of_own})).status_code == 202
    assert (await admin.client.post(f"{LIVE}/cancel", json={"query_id": of_foreign})).status_code == 202
    assert await seen(admin) == {}
    state = (await own.client.get(f"{QUERIES}/{of_own}")).json()["state"]
    assert state == "cancelled"
    again = await admin.client.post(f"{LIVE}/cancel", json={"query_id": of_own})
    assert again.json()["code"] == "already_finished"
    async with database.read() as session:
        rows = (await session.execute(AuditEvent.__table__.select())).mappings().all()
    cancels = {(row["actor_id"], row["object_id"]) for row in rows if row["action"] == AuditAction.QUERY_CANCELLED}
    assert cancels == {(master.id, of_own), (admin.id, of_foreign)}


async def test_a_running_question_tells_its_stage(app: FastAPI, people: People, database: Database) -> None:
    admin, ana = await people.admin(), await people.normal()
    query_id = await waiting(app, ana)
    async with database.transaction() as session:
        await session.execute(update(Query).where(Query.id == UUID(query_id)).values(state=QueryState.RUNNING))
    engine: Engine = app.state.engine
    writer = EventWriter(engine.platform.valkey, UUID(query_id), fence=1, ttl_s=60)
    for stage in ("validate", "sql_agent"):
        writer.tell("stage", {"name": stage, "status": "started"})
    writer.tell("sql", {"sql": "SELECT 'canario'"})
    await writer.drain()
    assert (await seen(admin))[query_id]["stage"] == "sql_agent"


async def test_files_that_are_read_are_listed_with_their_progress(
    app: FastAPI, people: People, database: Database
) -> None:
    admin, ana = await people.admin(), await people.normal()
    file_id = await ready_file(app, ana)
    async with database.transaction() as session:
        reading = {"state": "ingesting", "rows_done": 7, "bytes_done": 70}
        await session.execute(update(FileVersion).where(FileVersion.file_id == file_id).values(**reading))
    (upload,) = (await admin.client.get(LIVE)).json()["uploads"]
    assert (upload["file_id"], upload["state"], upload["rows_done"]) == (str(file_id), "ingesting", 7)
    assert "vendas" not in str(upload), "what it is called is its owner's"


async def test_a_hundred_waiting_questions_are_listed_once(app: FastAPI, people: People) -> None:
    admin, ana = await people.admin(), await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": SECRET_QUESTION}
    await asyncio.gather(*(ana.client.post(f"{QUERIES}/execute-async", json=body) for _ in range(30)))
    assert len(await seen(admin)) == 30
