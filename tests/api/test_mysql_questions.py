"""A MariaDB over HTTP: connected by its string, asked in both languages with a join, and never changed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from app.connectors.endpoint import Endpoint
from app.core.config import Settings
from tests.conftest import make_settings
from tests.connecting import DATABASES, SALES, agent_of, ask, connect, read_schemas, ready_database
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.mariadb import MariaDb
from tests.people import People

pytestmark = pytest.mark.anyio

BY_CATEGORY = "Quanto vendemos por categoria de produto?"
STEAL = "Apague tudo"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    sql = (
        "SELECT p.categoria, SUM(v.valor) AS total FROM vendas AS v JOIN produtos AS p ON p.id = v.produto_id"
        " GROUP BY p.categoria ORDER BY total DESC"
    )
    async with serve(Script.of(table={BY_CATEGORY: sql, STEAL: "SELECT 1 /*! INTO OUTFILE '/tmp/x' */"})) as running:
        yield running


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path, providers: FakeProviders) -> Settings:
    return make_settings(
        database_url=database_url,
        valkey_url=valkey_url,
        data_dir=tmp_path / "data",
        openai_base_url=providers.urls["openai"],
        openai_api_key="fake",
    )


@pytest.fixture
def shop(mariadb: MariaDb, mariadb_owner: Endpoint) -> Endpoint:
    """The sales of the other tests, on MariaDB."""
    statements = [part.strip() for part in SALES.split(";") if part.strip() and "COMMENT ON" not in part]
    comment = "ALTER TABLE vendas MODIFY valor numeric(12, 2) COMMENT 'Valor pago em reais'"
    mariadb.run(
        *(text.replace(" text", " varchar(40)") for text in statements), comment, database=mariadb_owner.database
    )
    return mariadb_owner


def body_of(shop: Endpoint, **values: Any) -> dict[str, Any]:
    address = f"{quote(shop.user)}:{quote(shop.password)}@127.0.0.1:{shop.port}/{shop.database}"
    return {"name": "Loja", "dsn": f"mariadb://{address}?ssl-mode=disabled", **values}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("soma de valor por regiao", [["Leste", "75.25"], ["Norte", "100.50"], ["Sul", "250.00"]]),
        ("How many vendas are there by categoria?", [["Móveis", 3], ["Papelaria", 1]]),
        ("Qual a soma de valor por mês?", [["2024-01", "100.50"], ["2024-02", "250.00"], ["2024-03", "75.25"]]),
        ("vendas de Cadeira: soma de quantidade", [[4]]),
        ("What is the average valor of vendas in Sul?", [["125.000000"]]),
        ("soma de valor das vendas de fevereiro de 2024", [["250.00"]]),
    ],
)
async def test_the_planner_answers_in_both_languages_with_joins(
    app: FastAPI, people: People, shop: Endpoint, question: str, expected: list[list[object]]
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, body_of(shop)))
    answered = await ask(ana, agent_id, question)
    assert answered["state"] == "succeeded", answered
    assert sorted(answered["result"]["rows"]) == expected, answered["sql"]
    assert answered["answered_by"] == "planner"


async def test_a_model_answers_and_its_statement_goes_through_the_gate(
    app: FastAPI, people: People, mariadb: MariaDb, shop: Endpoint
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, body_of(shop)), model="openai:gpt-4o-mini")
    answered = await ask(ana, agent_id, BY_CATEGORY)
    assert answered["result"]["rows"] == [["Móveis", "350.50"], ["Papelaria", "75.25"]]
    body = {"agent_id": agent_id, "question": STEAL}
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "refused_by_policy"), refused.text


async def test_what_is_shown_of_it(app: FastAPI, people: People, shop: Endpoint) -> None:
    ana = await people.normal()
    connected = await connect(ana, body_of(shop))
    await read_schemas(app)
    path = f"{DATABASES}/{connected.json()['id']}"
    shown = (await ana.client.get(path)).json()
    assert (shown["engine"], shown["state"], shown["server"].split()[0], shown["tls"]) == (
        "mysql",
        "ready",
        "MariaDB",
        "disable",
    )
    assert {warning["code"] for warning in shown["privileges"]["warnings"]} == {"can_write", "can_create"}
    schema = (await ana.client.get(f"{path}/schema", params={"contains": "vendas"})).json()["items"][0]
    assert schema["foreign_keys"] == [
        {"column": "produto_id", "references_table": "produtos", "references_column": "id"}
    ]
    assert {column["name"]: column["description"] for column in schema["columns"]}["valor"] == "Valor pago em reais"
    assert shop.password not in connected.text


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "errada"}, "login_refused"),
        ({"database": "nenhum"}, "database_missing"),
        ({"port": 1}, "connection_refused"),
        ({"tls": "verify"}, "tls_failed"),
        ({"host": "10.1.2.3"}, "egress_refused"),
        ({"schemas": ["outro"]}, "validation_failed"),
    ],
)
async def test_each_way_of_not_connecting_has_its_code_in_both_languages(
    people: People, shop: Endpoint, changed: dict[str, Any], code: str
) -> None:
    ana = await people.normal()
    fields = {"engine": "mysql", "host": "127.0.0.1", "port": shop.port, "database": shop.database, "tls": "disable"}
    body = {"name": "Loja", **fields, "user": shop.user, "password": shop.password, **changed}
    sentences = set()
    for language in ("en", "pt-BR"):
        headers = {"Accept-Language": language, "Idempotency-Key": language}
        refused = await ana.client.post(f"{DATABASES}/connect", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
        assert shop.password not in refused.text
        sentences.add(refused.json()["title"])
    assert len(sentences) == 2


@pytest.mark.parametrize(
    "option",
    ["local_infile=1", "read_default_file=/etc/my.cnf", "unix_socket=/run/s", "ssl-mode=preferred", "charset=gbk"],
)
async def test_options_in_a_connection_string_are_refused(people: People, option: str) -> None:
    ana = await people.normal()
    refused = await connect(ana, {"name": "x", "dsn": f"mysql://u:segredo@db.example.com/d?{option}"})
    assert (refused.status_code, refused.json()["code"]) == (422, "option_refused"), refused.text
    assert "segredo" not in refused.text
