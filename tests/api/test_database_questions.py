"""Questions to a database whose schema is unread, changes under them, or that is away; limits of a connection."""

import asyncpg
import pytest
from fastapi import FastAPI

from app.core.config import Settings
from app.embedded.services import EmbeddedUrls
from tests.connecting import DATABASES, agent_of, ask, fields_of, read_schemas, ready_database
from tests.people import People

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"schema_refresh_s": 0})


async def rows(answered: dict[str, object]) -> object:
    assert answered["state"] == "succeeded", answered["error"]
    result = answered["result"]
    assert isinstance(result, dict)
    return result["rows"]


async def test_a_question_before_the_schema_is_read_is_told_so(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    connected = await ana.client.post(f"{DATABASES}/connect", json=fields_of(sales_url))
    agent_id = await agent_of(ana, connected.json()["id"])
    body = {"agent_id": agent_id, "question": "soma de valor"}
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")


async def test_drift_is_found_on_use_and_the_schema_is_read_anew(
    app: FastAPI, people: People, sales: asyncpg.Connection, sales_url: str
) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, fields_of(sales_url))
    agent_id = await agent_of(ana, database_id)
    assert await rows(await ask(ana, agent_id, "soma de valor")) == [["425.75"]]
    assert (await ana.client.get(f"{DATABASES}/{database_id}")).json()["is_stale"] is False
    await sales.execute("ALTER TABLE vendas RENAME COLUMN valor TO faturamento; ALTER TABLE vendas ADD peso float8")
    assert await rows(await ask(ana, agent_id, "soma de faturamento")) == [["425.75"]]
    stale = (await ana.client.get(f"{DATABASES}/{database_id}")).json()
    assert (stale["is_stale"], stale["is_reading"], stale["state"]) == (True, True, "ready")
    await read_schemas(app)
    fresh = (await ana.client.get(f"{DATABASES}/{database_id}")).json()
    assert (fresh["is_stale"], fresh["is_reading"]) == (False, False)
    schema = (await ana.client.get(f"{DATABASES}/{database_id}/schema", params={"contains": "vendas"})).json()
    assert {"faturamento", "peso"} <= {column["name"] for column in schema["items"][0]["columns"]}


async def test_a_database_that_is_away_is_told_by_a_code(
    app: FastAPI, people: People, services: EmbeddedUrls, sales_url: str
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, fields_of(sales_url)))
    other = await asyncpg.connect(services.database_url)
    await other.execute(f"ALTER DATABASE {sales_url.rpartition('/')[2]} ALLOW_CONNECTIONS false")
    await other.close()
    body = {"agent_id": agent_id, "question": "soma de valor por regiao"}
    failed = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (failed.status_code, failed.json()["code"]) == (422, "connection_failed"), failed.text


async def test_the_limits_of_the_connection_hold(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, fields_of(sales_url, max_rows=2)))
    answered = await ask(ana, agent_id, "soma de valor por regiao")
    assert answered["result"]["truncated"] is True
    assert len(answered["result"]["rows"]) == 2
