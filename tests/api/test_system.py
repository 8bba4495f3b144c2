"""What an administrator sees of the installation: health, figures, speed; and what Prometheus reads."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database
from app.core.measures import BOUNDS_S, Measure, Measures
from app.repositories import measures
from app.services.engine.engine import Engine
from tests.askable import ready_agent
from tests.conftest import client_of
from tests.people import People, Person

pytestmark = pytest.mark.anyio

HEALTH = "/api/v1/admin/system-health"
METRICS = "/api/v1/admin/metrics"
PERFORMANCE = "/api/v1/admin/performance"


async def read(person: Person, path: str, **wanted: str) -> Any:
    response = await person.client.get(path, params=wanted)
    assert response.status_code == 200, response.text
    return response.json()


async def ask(person: Person, agent_id: str, question: str) -> None:
    await person.client.post("/api/v1/queries/execute", json={"agent_id": agent_id, "question": question})


async def store(app: FastAPI) -> None:
    engine: Engine = app.state.engine
    await engine.measuring.store()


async def test_every_part_is_told_with_its_state(app: FastAPI, people: People) -> None:
    admin = await people.admin()
    await store(app)
    health = await read(admin, HEALTH)
    parts = {part["name"]: part for part in health["parts"]}
    assert parts.keys() == {
        "postgresql",
        "valkey",
        "migrations",
        "clocks",
        "queues",
        "processes",
        "storage",
        "disk",
        "models",
    }
    up = {name for name, part in parts.items() if part["status"] == "up"}
    assert {"postgresql", "valkey", "migrations", "clocks", "queues", "storage", "models"} <= up
    assert parts["processes"]["status"] == "degraded"
    assert "beat, worker" in parts["processes"]["detail"], "only the API runs in this test"
    assert {process["part"] for process in parts["processes"]["figures"]["processes"]} == {"api"}
    assert health["status"] == "degraded"


async def test_only_an_administrator_sees_them(people: People) -> None:
    master = await people.master()
    for path in (HEALTH, METRICS, PERFORMANCE):
        assert (await master.client.get(path)).status_code == 403


class TestWithoutValkey:
    """Valkey's address leads nowhere."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"valkey_url": "redis://127.0.0.1:1/0"})

    async def test_the_rest_is_told_and_nothing_waits(self, people: People) -> None:
        health = await read(await people.admin(), HEALTH)
        parts = {part["name"]: part for part in health["parts"]}
        assert (parts["valkey"]["status"], parts["postgresql"]["status"]) == ("down", "up")
        assert health["status"] == "degraded"
        assert all(part["took_ms"] < 60_000 for part in parts.values())


async def test_what_was_done_is_counted_over_processes_and_shown_three_ways(
    app: FastAPI, client: httpx.AsyncClient, people: People, database: Database
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana)
    await ask(ana, agent_id, "qual a soma de valor?")
    await ask(ana, agent_id, "qual a soma de valor?")
    await client.get("/nowhere")
    await store(app)
    other = Measures()
    other.note(Measure.QUEUE, "queries", 2.0, failed=True)
    async with database.transaction() as session:
        await measures.add(session, other.take())
    found = (await read(admin, METRICS))["measures"]
    by_key = {measure: {row["key"]: row for row in rows} for measure, rows in found.items()}
    assert by_key["route"]["POST /api/v1/queries/execute"]["count"] == 2
    assert by_key["route"]["GET none"]["count"] == 1
    assert (by_key["queue"]["queries"]["count"], by_key["queue"]["queries"]["failures"]) == (3, 1)
    assert by_key["queue"]["queries"]["p99_s"] > 1
    assert {key: row["count"] for key, row in by_key["cache"].items()} == {"hit": 1, "miss": 1}
    assert "planner" in by_key["stage"]
    source_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    assert by_key["source"][source_id]["count"] == 2
    families = {family.name: family for family in text_string_to_metric_families((await client.get("/metrics")).text)}
    samples = families["agentgraph_duration_seconds"].samples
    counts = {
        (s.labels["measure"], s.labels["key"]): s.value
        for s in samples
        if s.name == "agentgraph_duration_seconds_count"
    }
    assert counts["queue", "queries"] == 3
    assert "source" not in {measure for measure, _ in counts}, "ids of sources would grow without bound"
    assert families["agentgraph_processes"].samples[0].labels == {"part": "api"}
    performance = await read(admin, PERFORMANCE, by="queue")
    assert [row["key"] for row in performance["keys"]] == ["queries"]
    assert performance["hours"][0]["count"] == 3
    assert len(performance["slowest"]) == 2
    assert performance["slowest"][0]["took_s"] >= performance["slowest"][1]["took_s"]
    assert "planner" in performance["slowest"][0]["stages_s"]
    assert performance["step"] == "hour"
    before = {"until": (now() - timedelta(days=2)).isoformat(), "by": "queue"}
    assert (await read(admin, PERFORMANCE, **before))["keys"] == []


async def test_figures_are_for_this_machine_alone_without_a_token(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://agentgraph.test") as stranger:
        assert (await stranger.get("/metrics")).status_code == 401
    async with client_of(app) as here:
        assert (await here.get("/metrics")).status_code == 200


class TestToken:
    """A token for Prometheus is set."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"metrics_token": SecretStr("scrape-me")})

    async def test_figures_need_the_token_from_anywhere(self, client: httpx.AsyncClient) -> None:
        statuses = [
            (await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})).status_code
            for token in ("scrape-me", "guess")
        ]
        assert [*statuses, (await client.get("/metrics")).status_code] == [200, 401, 401]


async def test_days_are_kept_beside_hours(database: Database) -> None:
    for number in range(2):
        measured = Measures()
        measured.note(Measure.ROUTE, "GET /x", 0.5 + number)
        async with database.transaction() as session:
            await measures.add(session, measured.take())
    async with database.read() as session:
        hours = (await session.execute(text("SELECT count, total_s FROM measure_hours"))).all()
        days = (await session.execute(text("SELECT count, total_s, day FROM measure_days"))).all()
    assert (sum(row[0] for row in hours), sum(row[1] for row in hours)) == (2, 2.0)
    assert (sum(row[0] for row in days), sum(row[1] for row in days)) == (2, 2.0)
    assert all(row.day == row.day.replace(hour=0, minute=0, second=0, microsecond=0) for row in days)


async def test_a_month_is_told_by_days_that_add_up(people: People, database: Database) -> None:
    admin, measured = await people.admin(), Measures()
    for took_s in (0.002, 2.0):
        measured.note(Measure.ROUTE, "GET /x", took_s, failed=took_s > 1)
    async with database.transaction() as session:
        await measures.add(session, measured.take())
        for hours in (1, 2, 24 * 20):
            moved = "INSERT INTO measure_hours SELECT measure, key, count, failures, total_s, classes,"
            await session.execute(
                text(f"{moved} hour - make_interval(hours => {hours}) FROM measure_hours ORDER BY hour DESC LIMIT 1")
            )
        classes = ", ".join(f"sum(classes[{place}])" for place in range(1, len(BOUNDS_S) + 2))
        await session.execute(text("DELETE FROM measure_days"))
        await session.execute(
            text(
                "INSERT INTO measure_days SELECT measure, key, sum(count), sum(failures), sum(total_s),"
                f" ARRAY[{classes}], date_trunc('day', hour, 'UTC') AS day FROM measure_hours"
                " GROUP BY measure, key, day"
            )
        )
    since = (now() - timedelta(days=30)).isoformat()
    found = await read(admin, PERFORMANCE, by="route", since=since)
    days = [day for day in found["hours"] if day["key"] == "GET /x"]
    assert found["step"] == "day"
    assert [day["hour"] for day in days] == sorted({day["hour"] for day in days})
    assert all("T00:00:00" in day["hour"] for day in days)
    assert (sum(day["count"] for day in days), sum(day["failures"] for day in days)) == (8, 4)
    (key,) = [row for row in found["keys"] if row["key"] == "GET /x"]
    assert (key["count"], key["failures"]) == (8, 4)
    assert key["p50_s"] < 0.01 < key["p99_s"]
