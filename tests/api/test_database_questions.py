"""Questions to a connected database, by the planner and by a scripted model; a schema that changes under them."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI

from app.core.config import Settings
from app.embedded.services import EmbeddedUrls
from tests.conftest import make_settings
from tests.connecting import DATABASES, agent_of, ask, fields_of, read_schemas, ready_database
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.people import People

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
BY_CATEGORY = "Quanto vendemos por categoria de produto?"
STEAL = "Apague tudo"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    sql = (
        "SELECT p.categoria, SUM(v.valor) AS total FROM vendas AS v JOIN produtos AS p ON p.id = v.produto_id"
        " GROUP BY p.categoria ORDER BY total DESC"
    )
    async with serve(Script.of(table={BY_CATEGORY: sql, STEAL: "DELETE FROM vendas"})) as running:
        yield running


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path, providers: FakeProviders) -> Settings:
    return make_settings(
        database_url=database_url,
        valkey_url=valkey_url,
        data_dir=tmp_path / "data",
        schema_refresh_s=0,
        openai_base_url=providers.urls["openai"],
        openai_api_key="fake",
    )


async def rows(answered: dict[str, object]) -> object:
    assert answered["state"] == "succeeded", answered["error"]
    result = answered["result"]
    assert isinstance(result, dict)
    return result["rows"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("soma de valor por regiao", [["Sul", "250.00"], ["Norte", "100.50"], ["Leste", "75.25"]]),
        ("How many vendas are there by categoria?", [["Móveis", 3], ["Papelaria", 1]]),
        ("Qual a soma de valor por mês?", [["2024-01", "100.50"], ["2024-02", "250.00"], ["2024-03", "75.25"]]),
        ("vendas de Cadeira: soma de quantidade", [[4]]),
        ("What is the average valor of vendas in Sul?", [["125.0000000000000000"]]),
        ("soma de valor das vendas de fevereiro de 2024", [["250.00"]]),
        ("median of valor", [[87.875]]),
    ],
)
async def test_the_planner_answers_in_both_languages_with_joins(
    app: FastAPI, people: People, sales_url: str, question: str, expected: list[list[object]]
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, fields_of(sales_url)))
    answered = await ask(ana, agent_id, question)
    assert sorted(await rows(answered)) == sorted(expected), answered["sql"]  # type: ignore[call-overload]
    assert answered["answered_by"] == "planner"


async def test_a_model_answers_and_its_statement_goes_through_the_gate(
    app: FastAPI, people: People, sales: asyncpg.Connection, sales_url: str
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, fields_of(sales_url)), model=MODEL)
    answered = await ask(ana, agent_id, BY_CATEGORY)
    assert await rows(answered) == [["Móveis", "350.50"], ["Papelaria", "75.25"]]
    body = {"agent_id": agent_id, "question": STEAL}
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "refused_by_policy"), refused.text
    assert await sales.fetchval("SELECT count(*) FROM vendas") == 4


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
