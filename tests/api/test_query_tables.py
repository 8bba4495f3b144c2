"""Tables made of answers: where the owner allows it, judged anew, never over another, and out of a model's reach."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.connectors.endpoint import Endpoint
from app.core.config import Settings
from tests.connecting import DATABASES, SALES, agent_of, ask, connect, fields_of, read_schemas, ready_database
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.mariadb import MariaDb
from tests.people import People, Person
from tests.sharing import member, shared

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
BY_REGION = "soma de valor por regiao"
STEAL = "Crie uma tabela com tudo"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    sql = "CREATE TABLE relatorios.roubo AS SELECT * FROM vendas"
    async with serve(Script.of(table={STEAL: sql})) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    return with_models(settings, providers)


@pytest.fixture
async def reports(sales: asyncpg.Connection) -> asyncpg.Connection:
    """The sales, beside an empty schema for reports."""
    await sales.execute("CREATE SCHEMA relatorios")
    return sales


async def make(person: Person, query_id: str, name: str = "por_regiao") -> httpx.Response:
    """The answer to the wish for a table."""
    return await person.client.post(f"/api/v1/queries/{query_id}/table", json={"name": name})


async def answered(app: FastAPI, person: Person, body: dict[str, Any], **options: object) -> dict[str, Any]:
    """A query that the connection of `body` has answered."""
    query: dict[str, Any] = await ask(
        person, await agent_of(person, await ready_database(app, person, body), **options), BY_REGION
    )
    return query


async def test_rows_of_an_answer_become_a_table_and_never_take_anothers_place(
    app: FastAPI, people: People, reports: asyncpg.Connection, sales_url: str
) -> None:
    ana, admin = await people.master(), await people.admin()
    query = await answered(app, ana, fields_of(sales_url, write_schema="relatorios", max_rows=2))
    made = await make(ana, query["id"])
    assert made.status_code == 201, made.text
    assert (made.json()["schema_name"], made.json()["name"], made.json()["rows"]) == ("relatorios", "por_regiao", 3)
    rows = await reports.fetch("SELECT * FROM relatorios.por_regiao ORDER BY 1")
    assert [(row[0], str(row[1])) for row in rows] == [("Leste", "75.25"), ("Norte", "100.50"), ("Sul", "250.00")]
    await reports.execute("DELETE FROM relatorios.por_regiao")
    again = await make(ana, query["id"])
    assert (again.status_code, again.json()["code"]) == (409, "table_exists")
    assert await reports.fetchval("SELECT count(*) FROM relatorios.por_regiao") == 0
    log = await admin.client.get("/api/v1/admin/audit-logs", params={"action": "database.table_created"})
    outcomes = [(event["outcome"], event["after"].get("code")) for event in log.json()["items"]]
    assert outcomes == [("refused", "table_exists"), ("succeeded", None)]


async def test_mariadb_makes_the_same_table(
    app: FastAPI, people: People, mariadb: MariaDb, mariadb_owner: Endpoint
) -> None:
    statements = [part.strip() for part in SALES.split(";") if part.strip() and "COMMENT ON" not in part]
    mariadb.run(*(text.replace(" text", " varchar(40)") for text in statements), database=mariadb_owner.database)
    login = f"{quote(mariadb_owner.user)}:{quote(mariadb_owner.password)}"
    dsn = f"mariadb://{login}@127.0.0.1:{mariadb_owner.port}/{mariadb_owner.database}?ssl-mode=disabled"
    ana = await people.master()
    query = await answered(app, ana, {"name": "Loja", "dsn": dsn, "write_schema": mariadb_owner.database})
    made = await make(ana, query["id"])
    assert (made.status_code, made.json().get("rows")) == (201, 3), made.text
    rows = mariadb.run("SELECT * FROM por_regiao ORDER BY 1", database=mariadb_owner.database)
    assert [(row[0], str(row[1])) for row in rows] == [("Leste", "75.25"), ("Norte", "100.50"), ("Sul", "250.00")]
    assert (await make(ana, query["id"])).json()["code"] == "table_exists"


async def test_nothing_is_written_where_the_connection_names_no_schema(
    app: FastAPI, people: People, reports: asyncpg.Connection, sales_url: str
) -> None:
    ana = await people.master()
    query = await answered(app, ana, fields_of(sales_url))
    refused = await make(ana, query["id"])
    assert (refused.status_code, refused.json()["code"]) == (422, "table_refused")
    assert "write_schema" in refused.json()["detail"]
    assert await reports.fetchval("SELECT count(*) FROM pg_tables WHERE tablename = 'por_regiao'") == 0


async def test_the_permission_is_one_of_its_own(app: FastAPI, people: People, sales_url: str) -> None:
    bia = await people.normal()
    query = await answered(app, bia, fields_of(sales_url, write_schema="public"))
    refused = await make(bia, query["id"])
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


async def test_no_model_can_make_one(app: FastAPI, people: People, reports: asyncpg.Connection, sales_url: str) -> None:
    ana = await people.master()
    database_id = await ready_database(app, ana, fields_of(sales_url, write_schema="relatorios"))
    agent_id = await agent_of(ana, database_id, model=MODEL)
    body = {"agent_id": agent_id, "question": STEAL}
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "refused_by_policy"), refused.text
    assert (await make(ana, refused.json()["query_id"])).status_code == 422
    assert await reports.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'relatorios'") == 0


async def test_a_shared_database_is_written_by_its_owner_alone(
    app: FastAPI, people: People, reports: asyncpg.Connection, sales_url: str
) -> None:
    ana = await people.master()
    bia = await member(people, ana)
    database_id = await ready_database(app, ana, fields_of(sales_url, write_schema="relatorios"))
    await shared(ana, "databases", database_id, user_id=bia.id)
    granted = {"granted": ["tables:create"], "denied": []}
    given = await ana.client.put(f"/api/v1/users/{bia.id}/permissions", json=granted)
    assert given.status_code == 200, given.text
    seen = await bia.client.get(f"{DATABASES}/{database_id}")
    assert seen.json()["write_schema"] is None
    query = await ask(bia, await agent_of(bia, database_id), BY_REGION)
    refused = await make(bia, query["id"])
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours"), refused.text
    assert await reports.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'relatorios'") == 0


async def test_the_statement_is_judged_by_what_may_be_read_now(
    app: FastAPI, people: People, reports: asyncpg.Connection, sales_url: str
) -> None:
    ana = await people.master()
    query = await answered(app, ana, fields_of(sales_url, write_schema="relatorios"))
    database_id = next(iter(query["details"]["sources"]))
    changed = await ana.client.patch(f"{DATABASES}/{database_id}", json={"tables": ["produtos"]})
    assert changed.status_code == 200, changed.text
    await read_schemas(app)
    refused = await make(ana, query["id"])
    assert refused.status_code == 422, refused.text
    assert await reports.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'relatorios'") == 0


@pytest.mark.parametrize(("schema", "code"), [("nenhum", "sql_invalid"), ("pg_catalog", "refused_by_policy")])
async def test_what_the_database_refuses_is_told(
    app: FastAPI, people: People, sales_url: str, schema: str, code: str
) -> None:
    ana = await people.master()
    query = await answered(app, ana, fields_of(sales_url, write_schema=schema))
    refused = await make(ana, query["id"])
    assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text


async def test_names_are_plain_and_sql_server_makes_none(people: People, sales_url: str) -> None:
    ana = await people.master()
    for name in ("Vendas", "a b", 'x"; DROP TABLE vendas', "1a", ""):
        refused = await make(ana, "00000000-0000-0000-0000-000000000000", name)
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed"), name
    body = fields_of(sales_url, engine="sqlserver", write_schema="dbo")
    told = await connect(ana, body)
    assert told.json()["errors"][0]["pointer"] == "/write_schema"
