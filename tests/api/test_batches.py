"""Batches over HTTP, as their owners see them before any worker has them."""

import json

import pytest
from fastapi import FastAPI

from app.core.config import Settings
from app.core.db import Database
from app.services.jobs.batch_ends import sweep_batches
from app.services.queries.query_taking import take, work_off
from tests.askable import ready_agent
from tests.conftest import RecordingPublisher
from tests.people import People, Person
from tests.waiting import until

pytestmark = pytest.mark.anyio

BATCHES = "/api/v1/batches"
TOTAL = "qual a soma de valor?"
QUESTIONS = [TOTAL, "qual a soma de valor por regiao?", "quem venceu a copa?"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"batch_questions": 5, "questions_waiting": 7})


async def submit(person: Person, agent_id: str, questions: list[str]) -> str:
    made = await person.client.post(BATCHES, json={"agent_id": agent_id, "questions": questions})
    assert made.status_code == 202, made.text
    assert made.headers["Location"] == f"{BATCHES}/{made.json()['id']}"
    return str(made.json()["id"])


async def run(app: FastAPI, publisher: RecordingPublisher) -> None:
    """Does what a worker would once it was told, which happens right after the request was answered."""
    await until(lambda: publisher.published)
    await work_off(app.state.engine)


async def test_batch_is_answered_in_the_order_of_its_questions(
    app: FastAPI, people: People, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    batch_id = await submit(ana, await ready_agent(app, ana), QUESTIONS)
    before = (await ana.client.get(f"{BATCHES}/{batch_id}")).json()
    assert (before["state"], before["progress"]["queued"]) == ("queued", 3)
    await run(app, publisher)
    batch = (await ana.client.get(f"{BATCHES}/{batch_id}")).json()
    assert batch["state"] == "finished"
    assert batch["progress"] == {"queued": 0, "running": 0, "succeeded": 2, "failed": 1, "cancelled": 0}
    items = (await ana.client.get(f"{BATCHES}/{batch_id}/results")).json()["items"]
    assert [(item["number"], item["question"]) for item in items] == list(enumerate(QUESTIONS, start=1))
    assert items[0]["rows"] == [[425.75]]
    assert len(items[1]["rows"]) == 3
    assert items[2]["error"]["code"] == "not_answerable"


async def test_answers_come_in_pages_and_as_lines(app: FastAPI, people: People, publisher: RecordingPublisher) -> None:
    ana = await people.normal()
    batch_id = await submit(ana, await ready_agent(app, ana), QUESTIONS)
    await run(app, publisher)
    path = f"{BATCHES}/{batch_id}/results"
    first = (await ana.client.get(path, params={"limit": 2})).json()
    second = (await ana.client.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["number"] for item in first["items"] + second["items"]] == [1, 2, 3]
    assert second["next_cursor"] is None
    lines = await ana.client.get(path, params={"rows": 1}, headers={"Accept": "application/x-ndjson"})
    told = [json.loads(line) for line in lines.text.splitlines()]
    assert [(line["number"], len(line["rows"])) for line in told] == [(1, 1), (2, 1), (3, 0)]


async def test_one_cancel_ends_all_that_wait(app: FastAPI, people: People, publisher: RecordingPublisher) -> None:
    ana = await people.normal()
    batch_id = await submit(ana, await ready_agent(app, ana), QUESTIONS)
    turns = app.state.engine.turns
    assert await take(app.state.engine)
    await until(lambda: turns.running == 0)
    cancelled = await ana.client.post(f"{BATCHES}/{batch_id}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    assert cancelled.json()["progress"] | {"failed": 0} == {
        "queued": 0,
        "running": 0,
        "succeeded": 1,
        "failed": 0,
        "cancelled": 2,
    }
    await run(app, publisher)
    again = await ana.client.post(f"{BATCHES}/{batch_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "already_finished")


async def test_batch_whose_last_worker_died_is_finished_by_the_sweeper(
    app: FastAPI, people: People, publisher: RecordingPublisher, database: Database
) -> None:
    ana = await people.normal()
    batch_id = await submit(ana, await ready_agent(app, ana), [TOTAL])
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE queries SET state = 'failed', finished_at = now()")
    assert (await ana.client.get(f"{BATCHES}/{batch_id}")).json()["state"] == "running"
    await sweep_batches(app.state.platform)
    assert (await ana.client.get(f"{BATCHES}/{batch_id}")).json()["state"] == "finished"


async def test_batch_beyond_the_limits_is_refused_whole(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    long = await ana.client.post(BATCHES, json={"agent_id": agent_id, "questions": [TOTAL] * 6})
    assert (long.status_code, long.json()["errors"][0]["pointer"]) == (422, "/questions")
    await submit(ana, agent_id, [TOTAL] * 5)
    full = await ana.client.post(BATCHES, json={"agent_id": agent_id, "questions": [TOTAL] * 3})
    assert (full.status_code, full.json()["code"]) == (429, "too_many_questions")
    assert int(full.headers["Retry-After"]) > 0
    history = (await ana.client.get("/api/v1/queries/history")).json()["items"]
    assert len(history) == 5


async def test_repeated_request_makes_one_batch(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "questions": [TOTAL]}
    key = {"Idempotency-Key": "monday"}
    twice = [await ana.client.post(BATCHES, json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [202, 202]
    assert twice[0].json() == twice[1].json()
    assert len((await ana.client.get(BATCHES)).json()["items"]) == 1
