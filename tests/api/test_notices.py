"""Maintenance in which the installation only reads, and announcements."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.clock import now
from app.core.config import Settings
from app.main import create_app
from app.services.automation.schedule_runs import run_due
from app.services.platform import Platform
from tests.askable import ready_agent
from tests.conftest import RecordingPublisher, client_of
from tests.people import PASSWORD, People

pytestmark = pytest.mark.anyio

READ_ONLY = "/api/v1/admin/notices/read-only"
ANNOUNCEMENT = "/api/v1/admin/notices/announcement"
NOTICES = "/api/v1/notices"
WORDS = {"text_en": "Maintenance on Sunday", "text_pt": "Manutenção no domingo"}


async def refused(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 503, response.text
    problem: dict[str, Any] = response.json()
    return problem


async def test_writes_are_refused_and_reads_go_on(
    app: FastAPI, settings: Settings, people: People, publisher: RecordingPublisher
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana)
    question = {"agent_id": agent_id, "question": "qual a soma de valor?"}
    asked = await ana.client.post("/api/v1/queries/execute-async", json=question)
    assert (await admin.client.put(READ_ONLY, json={"retry_after_s": 90})).status_code == 200

    # Another process, which knows nothing yet.
    replica = create_app(settings, publisher=publisher, prewarm=False)
    async with replica.router.lifespan_context(replica), client_of(replica) as other:
        response = await other.post("/api/v1/queries/execute", json=question, headers=ana.headers)
        problem = await refused(response)
        assert (problem["code"], response.headers["Retry-After"]) == ("read_only", "90")
        for method, path in (("POST", "/api/v1/auth/register"), ("DELETE", f"/api/v1/agents/{agent_id}")):
            assert (await refused(await other.request(method, path, json={}, headers=ana.headers)))[
                "code"
            ] == "read_only"

        assert (await other.get(f"/api/v1/agents/{agent_id}", headers=ana.headers)).status_code == 200
        assert (await other.get("/readyz")).status_code == 200
        sign_in = {"email": admin.email, "password": PASSWORD}
        assert (await other.post("/api/v1/auth/login", json=sign_in)).status_code == 200
        path = f"{asked.headers['Location']}/cancel"
        assert (await other.post(path, headers=ana.headers)).status_code == 202
        notice = (await other.get(NOTICES)).json()["read_only"]
        assert notice["retry_after_s"] == 90
        assert (await other.delete(READ_ONLY, headers=ana.headers)).status_code == 403
        assert (await other.delete(READ_ONLY, headers=admin.headers)).status_code == 204
    replica = create_app(settings, publisher=publisher, prewarm=False)
    async with replica.router.lifespan_context(replica), client_of(replica) as other:
        assert (await other.post("/api/v1/queries/execute", json=question, headers=ana.headers)).status_code == 200
    actions = [e["action"] for e in (await admin.client.get("/api/v1/admin/audit-logs")).json()["items"]]
    assert {"notice.set", "notice.removed"} <= set(actions)


async def test_it_begins_and_ends_when_it_was_said(app: FastAPI, people: People) -> None:
    admin = await people.admin()
    later = {"starts_at": (now() + timedelta(hours=1)).isoformat()}
    over = {
        "starts_at": (now() - timedelta(hours=2)).isoformat(),
        "ends_at": (now() - timedelta(hours=1)).isoformat(),
    }
    for window in (later, over):
        assert (await admin.client.put(READ_ONLY, json=window)).status_code == 200
        assert (await admin.client.get(NOTICES)).json()["read_only"] is None
    backwards = {"starts_at": over["ends_at"], "ends_at": over["starts_at"]}
    assert (await admin.client.put(READ_ONLY, json=backwards)).status_code == 422


async def test_schedules_wait_while_it_only_reads(app: FastAPI, people: People) -> None:
    admin, ana = await people.admin(), await people.normal()
    schedule = {
        "name": "Daily",
        "agent_id": await ready_agent(app, ana),
        "questions": ["qual a soma de valor?"],
        "cron": "* * * * *",
    }
    made = await ana.client.post("/api/v1/schedules", json=schedule)
    assert made.status_code == 201, made.text
    platform: Platform = app.state.platform
    async with platform.database.transaction() as session:
        await session.execute(text("UPDATE schedules SET next_run_at = now() - interval '1 minute'"))
    assert (await admin.client.put(READ_ONLY, json={"retry_after_s": 1})).status_code == 200
    assert await run_due(platform) == 0
    assert (await admin.client.delete(READ_ONLY)).status_code == 204
    assert await run_due(platform) == 1


async def test_an_announcement_is_told_to_everybody_in_their_language(
    people: People, client: httpx.AsyncClient
) -> None:
    admin, master = await people.admin(), await people.master()
    assert (await master.client.put(ANNOUNCEMENT, json=WORDS)).status_code == 403
    assert (await admin.client.put(ANNOUNCEMENT, json={"text_en": "x", "text_pt": " "})).status_code == 422
    assert (await admin.client.put(ANNOUNCEMENT, json=WORDS)).status_code == 200
    for language, key in (("pt-BR", "text_pt"), ("en", "text_en")):
        told = (await client.get(NOTICES, headers={"Accept-Language": language})).json()["announcement"]
        assert told["text"] == WORDS[key]
    assert (await admin.client.delete(ANNOUNCEMENT)).status_code == 204
    assert (await client.get(NOTICES)).json() == {"read_only": None, "announcement": None}
    assert (await admin.client.delete(ANNOUNCEMENT)).status_code == 404


async def test_settings_are_shown_with_their_origin_and_without_secrets(app: FastAPI, people: People) -> None:
    admin, master = await people.admin(), await people.master()
    assert (await master.client.get("/api/v1/admin/settings")).status_code == 403
    response = await admin.client.get("/api/v1/admin/settings")
    items = {item["variable"]: item for item in response.json()["items"]}
    settings: Settings = app.state.platform.settings
    assert len(items) == len(Settings.model_fields)
    assert items["AGENTGRAPH_JWT_SECRET"]["value"] == "set"
    assert items["AGENTGRAPH_SMTP_URL"]["value"] is None
    assert items["AGENTGRAPH_LEASE_S"]["value"] == settings.lease_s
    assert items["AGENTGRAPH_LOG_FORMAT"]["origin"] in {"default", "environment"}
    password = str(settings.database_url).partition("://")[2].partition("@")[0].partition(":")[2]
    assert password not in response.text
    assert settings.jwt_secret is not None
    assert settings.jwt_secret.get_secret_value() not in response.text
