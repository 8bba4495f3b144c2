"""Schedules over HTTP, and their runs as any number of schedulers begin them."""

import asyncio
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from app.core.db import Database
from app.services.automation.schedule_runs import run_due
from app.services.automation.schedules import next_run
from tests.askable import ready_agent
from tests.people import People, Person

pytestmark = pytest.mark.anyio

SCHEDULES = "/api/v1/schedules"
TOTAL = "qual a soma de valor?"


def body(agent_id: str, **more: object) -> dict[str, object]:
    return {
        "name": "Every morning",
        "agent_id": agent_id,
        "questions": [TOTAL],
        "cron": "30 8 * * 1-5",
        "time_zone": "America/Sao_Paulo",
        **more,
    }


async def create(person: Person, agent_id: str, **more: object) -> str:
    made = await person.client.post(SCHEDULES, json=body(agent_id, **more))
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def make_due(database: Database) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE schedules SET next_run_at = now() - interval '3 days'")


async def runs(person: Person, schedule_id: str) -> list[dict[str, object]]:
    found = await person.client.get("/api/v1/batches", params={"schedule_id": schedule_id})
    items: list[dict[str, object]] = found.json()["items"]
    return items


def test_next_run_is_read_in_its_time_zone_through_summer_time() -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert next_run("30 8 * * 1-5", "America/Sao_Paulo", at("2026-11-27T12:00")) == at("2026-11-30T11:30")
    assert next_run("30 8 * * *", "Europe/Lisbon", at("2026-03-28T09:00")) == at("2026-03-29T07:30")
    assert next_run("30 8 * * *", "Europe/Lisbon", at("2026-03-27T09:00")) == at("2026-03-28T08:30")
    # 01:30 does not exist on that day in Lisbon: clocks go from 01:00 to 02:00.
    assert next_run("30 1 * * *", "Europe/Lisbon", at("2026-03-28T02:00")) == at("2026-03-29T01:00")


async def test_due_run_is_begun_once_by_many_schedulers(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    schedule_id = await create(ana, await ready_agent(app, ana))
    assert await run_due(app.state.platform) == 0
    await make_due(database)
    begun = await asyncio.gather(*(run_due(app.state.platform) for _ in range(4)))
    assert sum(begun) == 1, "and what was missed in three days is one run"
    [run] = await runs(ana, schedule_id)
    assert (run["name"], run["question_count"], run["schedule_id"]) == ("Every morning", 1, schedule_id)
    schedule = (await ana.client.get(f"{SCHEDULES}/{schedule_id}")).json()
    assert schedule["last_problem"] is None
    assert datetime.fromisoformat(schedule["next_run_at"]) > datetime.now(UTC)


async def test_run_in_the_name_of_who_may_no_longer_ask_is_refused(
    app: FastAPI, people: People, database: Database
) -> None:
    admin, ana = await people.admin(), await people.normal()
    schedule_id = await create(ana, await ready_agent(app, ana))
    denied = {"granted": [], "denied": ["queries:execute"]}
    assert (await admin.client.put(f"/api/v1/users/{ana.id}/permissions", json=denied)).status_code == 200
    await make_due(database)
    await run_due(app.state.platform)
    schedule = (await ana.client.get(f"{SCHEDULES}/{schedule_id}")).json()
    assert schedule["last_problem"]["code"] == "permission_denied"
    assert await runs(ana, schedule_id) == []
    assert await run_due(app.state.platform) == 0, "it is not tried again before its next time"


async def test_schedule_whose_agent_was_deleted_tells_so(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    schedule_id = await create(ana, agent_id)
    assert (await ana.client.delete(f"/api/v1/agents/{agent_id}")).status_code == 204
    await make_due(database)
    await run_due(app.state.platform)
    assert (await ana.client.get(f"{SCHEDULES}/{schedule_id}")).json()["last_problem"]["code"] == "not_found"


async def test_paused_schedule_does_not_run_and_is_run_by_hand(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    schedule_id = await create(ana, agent_id)
    paused = await ana.client.put(f"{SCHEDULES}/{schedule_id}", json=body(agent_id, enabled=False))
    assert paused.json()["next_run_at"] is None
    assert await run_due(app.state.platform) == 0
    by_hand = await ana.client.post(f"{SCHEDULES}/{schedule_id}/run")
    assert by_hand.status_code == 202
    assert [run["id"] for run in await runs(ana, schedule_id)] == [by_hand.json()["id"]]
    assert (await ana.client.delete(f"{SCHEDULES}/{schedule_id}")).status_code == 204
    assert (await ana.client.get(by_hand.headers["Location"])).json()["schedule_id"] is None


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"cron": "every day"}, "/cron"),
        ({"cron": "0 0 0 * * *"}, "/cron"),
        ({"cron": "61 * * * *"}, "/cron"),
        ({"cron": "0 0 30 2 *"}, "/cron"),
        ({"time_zone": "America/Gotham"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"questions": []}, "/questions"),
        ({"questions": ["x" * 5000]}, "/questions/0"),
    ],
)
async def test_schedule_that_makes_no_sense_is_refused(
    app: FastAPI, people: People, wrong: dict[str, object], pointer: str
) -> None:
    ana = await people.normal()
    refused = await ana.client.post(SCHEDULES, json=body(await ready_agent(app, ana), **wrong))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_webhook_of_somebody_else_cannot_be_named(app: FastAPI, people: People) -> None:
    ana, eve = await people.normal(), await people.normal()
    webhook = (await ana.client.post("/api/v1/webhooks", json={"url": "https://127.0.0.1/x"})).json()
    refused = await eve.client.post(SCHEDULES, json=body(await ready_agent(app, eve), webhook_id=webhook["id"]))
    assert refused.status_code == 404
