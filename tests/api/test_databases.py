"""Connected databases over HTTP: making, showing, changing and removing them."""

from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI

from tests.askable import ready_file
from tests.connecting import DATABASES, agent_of, connect, fields_of, read_schemas, ready_database
from tests.people import People

pytestmark = pytest.mark.anyio


async def test_a_connected_database_shows_its_schema_and_never_its_password(
    app: FastAPI, people: People, sales_url: str
) -> None:
    ana = await people.normal()
    body = fields_of(sales_url, description="Vendas da loja")
    connected = await connect(ana, body)
    assert connected.status_code == 201, connected.text
    assert connected.headers["Location"] == f"{DATABASES}/{connected.json()['id']}"
    assert (connected.headers["ETag"], connected.json()["state"]) == ('"1"', "queued")
    await read_schemas(app)
    shown = await ana.client.get(connected.headers["Location"])
    database = shown.json()
    assert (database["state"], database["tables_found"], database["is_stale"], database["error"]) == (
        "ready",
        2,
        False,
        None,
    )
    assert database["server"].startswith("PostgreSQL 1")
    assert body["password"] not in connected.text + shown.text
    tables = (await ana.client.get(f"{DATABASES}/{database['id']}/tables")).json()
    assert [(table["name"], table["rows"], table["columns"]) for table in tables["items"]] == [
        ("produtos", 3, 3),
        ("vendas", 4, 7),
    ]
    schema = (await ana.client.get(f"{DATABASES}/{database['id']}/schema", params={"contains": "VEND"})).json()
    (table,) = schema["items"]
    assert table["foreign_keys"] == [
        {"column": "produto_id", "references_table": "produtos", "references_column": "id"}
    ]
    by_name = {column["name"]: column for column in table["columns"]}
    assert by_name["valor"]["description"] == "Valor pago em reais"
    assert by_name["regiao"]["examples"][0] == "Sul"
    assert by_name["data"]["type"] == "date"
    assert (await ana.client.get(f"{DATABASES}/")).json()["items"] == [database]


async def test_a_connection_string_is_taken_apart_into_fields(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    connected = await connect(ana, {"name": "Vendas", "dsn": f"{sales_url}?sslmode=disable"})
    assert connected.status_code == 201, connected.text
    fields = fields_of(sales_url)
    shown = {name: connected.json()[name] for name in ("host", "port", "database", "user", "tls", "engine")}
    assert shown == {name: fields[name] for name in shown}


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"password": "wrong"}, 422, "login_refused"),
        ({"database": "absent"}, 422, "database_missing"),
        ({"port": 1}, 422, "connection_refused"),
        ({"host": "no-such-host.invalid"}, 422, "host_unknown"),
        ({"host": "10.0.0.1"}, 422, "egress_refused"),
        ({"host": "/var/run/postgresql"}, 422, "egress_refused"),
        ({"host": "2130706433"}, 422, "egress_refused"),
        ({"tls": "verify"}, 422, "tls_failed"),
        ({"tls": "prefer"}, 422, "validation_failed"),
        ({"engine": "h2"}, 422, "validation_failed"),
        ({"user": None}, 422, "validation_failed"),
        ({"user": "a;b"}, 422, "validation_failed"),
        ({"options": "-c x"}, 422, "validation_failed"),
        ({"dsn": "postgresql://u:segredo@h/d"}, 422, "validation_failed"),
    ],
)
async def test_each_way_of_not_connecting_has_its_code_in_both_languages(
    people: People, sales_url: str, changed: dict[str, Any], status: int, code: str
) -> None:
    ana = await people.normal()
    body = fields_of(sales_url, **changed)
    sentences = set()
    for language in ("en", "pt-BR"):
        refused = await ana.client.post(
            f"{DATABASES}/connect", json=body, headers={"Accept-Language": language, "Idempotency-Key": language}
        )
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
        assert str(body["password"]) not in refused.text
        assert "segredo" not in refused.text
        sentences.add(refused.json()["title"])
    assert len(sentences) == 2
    assert (await ana.client.get(f"{DATABASES}/")).json()["items"] == []


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:segredo@db.example.com/d?host=/tmp",
        "postgresql://u:segredo@db.example.com/d?hostaddr=127.0.0.1",
        "postgresql://u:segredo@db.example.com/d?sslmode=require&passfile=/etc/passwd",
        "postgresql://u:segredo@db.example.com/d?service=x",
        "postgresql+psycopg://u:segredo@db.example.com/d",
        "sqlite:////etc/passwd",
        "rubbish",
    ],
)
async def test_options_in_a_connection_string_are_refused(people: People, dsn: str) -> None:
    ana = await people.normal()
    refused = await connect(ana, {"name": "x", "dsn": dsn})
    assert (refused.status_code, refused.json()["code"]) == (422, "option_refused"), refused.text
    assert "segredo" not in refused.text


async def test_a_test_tells_what_the_user_may_do_beyond_reading(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, fields_of(sales_url))
    tested = await ana.client.post(f"{DATABASES}/{database_id}/test", headers={"Accept-Language": "pt-BR"})
    assert tested.status_code == 200, tested.text
    privileges = tested.json()["privileges"]
    assert "can_write" in [warning["code"] for warning in privileges["warnings"]]
    assert "Pode alterar linhas de tabelas." in [warning["detail"] for warning in privileges["warnings"]]
    assert any(grant.startswith("GRANT SELECT") for grant in privileges["grants"])


async def test_what_is_somebody_elses_is_not_there(app: FastAPI, people: People, sales_url: str) -> None:
    ana, bia = await people.normal(), await people.normal()
    path = f"{DATABASES}/{await ready_database(app, ana, fields_of(sales_url))}"
    answers = [
        await bia.client.get(path),
        await bia.client.put(path, json=fields_of(sales_url)),
        await bia.client.patch(path, json={"name": "x"}),
        await bia.client.delete(path),
        await bia.client.post(f"{path}/test"),
        await bia.client.post(f"{path}/refresh"),
        await bia.client.get(f"{path}/tables"),
        await bia.client.get(f"{path}/schema"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    body = {"name": "x", "source_ids": [path.rpartition("/")[2]]}
    assert (await bia.client.post("/api/v1/agents/", json=body)).json()["code"] == "validation_failed"
    assert (await bia.client.get(f"{DATABASES}/")).json()["items"] == []


async def test_another_way_for_the_password_needs_the_password_again(
    app: FastAPI, people: People, sales_url: str
) -> None:
    ana = await people.normal()
    path = f"{DATABASES}/{await ready_database(app, ana, fields_of(sales_url))}"
    for change in ({"host": "localhost"}, {"port": 1}, {"user": "other"}, {"tls": "require"}, {"ca": "x"}):
        refused = await ana.client.patch(path, json=change)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/password"), refused.text
    again = await ana.client.patch(path, json={"host": "localhost", "password": fields_of(sales_url)["password"]})
    assert (again.status_code, again.json()["host"]) == (200, "localhost"), again.text


async def test_a_change_that_does_not_connect_is_not_stored(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    path = f"{DATABASES}/{await ready_database(app, ana, fields_of(sales_url))}"
    before = (await ana.client.get(path)).json()
    refused = await ana.client.patch(path, json={"database": "absent"})
    assert refused.json()["code"] == "database_missing"
    assert (await ana.client.get(path)).json() == before


async def test_a_name_changes_without_a_new_reading_and_old_tags_are_refused(
    app: FastAPI, people: People, sales_url: str
) -> None:
    ana = await people.normal()
    path = f"{DATABASES}/{await ready_database(app, ana, fields_of(sales_url))}"
    changed = await ana.client.patch(path, json={"name": "Loja", "max_rows": 5}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    database = changed.json()
    assert (database["name"], database["max_rows"], database["version"], database["is_reading"]) == (
        "Loja",
        5,
        2,
        False,
    )
    late = await ana.client.patch(path, json={"name": "y"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    replaced = await ana.client.put(path, json=fields_of(sales_url, name="Outra", password=None))
    assert (replaced.status_code, replaced.json()["max_rows"], replaced.json()["version"]) == (200, None, 3)


async def test_tables_to_include_are_the_only_ones_seen(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, fields_of(sales_url, tables=["vendas"]))
    tables = (await ana.client.get(f"{DATABASES}/{database_id}/tables")).json()
    assert [table["name"] for table in tables["items"]] == ["vendas"]
    await ana.client.patch(f"{DATABASES}/{database_id}", json={"tables": []})
    await read_schemas(app)
    tables = (await ana.client.get(f"{DATABASES}/{database_id}/tables")).json()
    assert tables["total"] == 2


async def test_a_refresh_that_fails_leaves_the_schema_and_says_why(
    app: FastAPI, people: People, sales: asyncpg.Connection, sales_url: str
) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, fields_of(sales_url))
    await sales.execute("ALTER TABLE vendas RENAME TO v; DROP TABLE v; DROP TABLE produtos")
    asked = await ana.client.post(f"{DATABASES}/{database_id}/refresh")
    assert (asked.status_code, asked.json()["is_reading"]) == (202, True)
    assert (await ana.client.post(f"{DATABASES}/{database_id}/refresh")).status_code == 202
    await read_schemas(app)
    database = (await ana.client.get(f"{DATABASES}/{database_id}")).json()
    assert (database["state"], database["is_reading"], database["error"]["code"]) == (
        "ready",
        False,
        "schema_unreadable",
    )


async def test_a_database_that_an_agent_reads_stays(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, fields_of(sales_url))
    agent_id = await agent_of(ana, database_id)
    in_use = await ana.client.delete(f"{DATABASES}/{database_id}")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "conflict")
    await ana.client.delete(f"/api/v1/agents/{agent_id}")
    assert (await ana.client.delete(f"{DATABASES}/{database_id}")).status_code == 204
    assert (await ana.client.get(f"{DATABASES}/{database_id}")).status_code == 404


async def test_an_agent_reads_files_and_databases(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, fields_of(sales_url))
    file_id = await ready_file(app, ana)
    other_id = await ready_database(app, ana, fields_of(sales_url, name="Outra"))
    wanted = [other_id, str(file_id), database_id]
    made = await ana.client.post("/api/v1/agents/", json={"name": "x", "source_ids": wanted})
    assert (made.status_code, made.json()["source_ids"]) == (201, wanted)
    twice = await ana.client.post("/api/v1/agents/", json={"name": "x", "source_ids": [database_id, database_id]})
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/source_ids")
    agent_id = await agent_of(ana, database_id)
    cloned = await ana.client.post(f"/api/v1/agents/{agent_id}/clone")
    assert cloned.json()["source_ids"] == [database_id]
    body = {"name": "Vendas", "source_ids": [str(file_id)]}
    assert (await ana.client.put(f"/api/v1/agents/{agent_id}", json=body)).json()["source_ids"] == [str(file_id)]


async def test_engines_are_listed_with_how_far_each_is_supported(people: People) -> None:
    ana = await people.normal()
    engines = {item["engine"]: item for item in (await ana.client.get(f"{DATABASES}/engines")).json()["items"]}
    assert engines["postgresql"] == {
        "engine": "postgresql",
        "support": "full",
        "is_open": True,
        "is_installed": True,
        "package": None,
        "default_port": 5432,
    }
    assert (engines["oracle"]["support"], engines["oracle"]["is_open"]) == ("best_effort", False)
    assert (engines["oracle"]["package"], engines["sqlite"]["is_open"]) == ("oracledb", False)


@pytest.mark.parametrize(
    ("language", "detail"),
    [("en", "This installation does not open Oracle."), ("pt-BR", "Esta instalação não abre Oracle.")],
)
async def test_an_engine_that_is_closed_says_how_it_is_opened(people: People, language: str, detail: str) -> None:
    ana = await people.normal()
    body = {"name": "Oracle", "engine": "oracle", "host": "db.example.com", "database": "XE", "user": "a"}
    refused = await ana.client.post(f"{DATABASES}/connect", json=body, headers={"Accept-Language": language})
    assert (refused.status_code, refused.json()["code"]) == (422, "engine_closed")
    assert refused.json()["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"engine": "oracle", "schemas": ["A", "B"]}, "/schemas"),
        ({"engine": "clickhouse", "schemas": ["a"]}, "/schemas"),
        ({"engine": "snowflake", "host": None}, "/host"),
        ({"engine": "redshift", "write_schema": "public"}, "/write_schema"),
    ],
)
async def test_what_an_engine_does_not_know_is_pointed_at(
    people: People, changes: dict[str, Any], pointer: str
) -> None:
    ana = await people.normal()
    body = {"name": "Outro", "host": "db.example.com", "database": "XE", "user": "a", **changes}
    refused = await ana.client.post(f"{DATABASES}/connect", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
