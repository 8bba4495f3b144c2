"""SQLite and DuckDB files as connections: connected over the API, asked by the planner, and refused in good words."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi import FastAPI

from app.core.config import Settings
from tests.conftest import make_settings
from tests.connecting import DATABASES, agent_of, ask, connect, fields_of, read_schemas, ready_database
from tests.people import People

pytestmark = pytest.mark.anyio

SALES = (
    "CREATE TABLE produtos (id INTEGER PRIMARY KEY, nome VARCHAR, categoria VARCHAR)",
    "CREATE TABLE vendas (id INTEGER PRIMARY KEY, produto_id INTEGER REFERENCES produtos (id), regiao VARCHAR,"
    " valor DOUBLE, data DATE)",
    "INSERT INTO produtos VALUES (1, 'Mesa', 'Móveis'), (2, 'Cadeira', 'Móveis'), (3, 'Lápis', 'Papelaria')",
    "INSERT INTO vendas VALUES (1, 1, 'Norte', 100.5, '2024-01-10'), (2, 1, 'Sul', 200, '2024-02-11'),"
    " (3, 2, 'Sul', 50, '2024-02-12'), (4, 3, 'Leste', 75.25, '2024-03-01')",
)
MODULES: dict[str, Any] = {"sqlite": sqlite3, "duckdb": duckdb}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the installation opens, with the same sales in a file of each engine."""
    made = tmp_path / "bancos"
    made.mkdir()
    for engine in MODULES:
        run(engine, made / f"loja.{engine}", *SALES)
    return made


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path, folder: Path) -> Settings:
    return make_settings(
        database_url=database_url,
        valkey_url=valkey_url,
        data_dir=tmp_path / "data",
        database_folder=folder,
        schema_refresh_s=0,
    )


def run(engine: str, path: Path, *statements: str) -> None:
    """Changes a file with its own engine."""
    with closing(MODULES[engine].connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def file_fields(engine: str, **values: Any) -> dict[str, Any]:
    """The body that connects one of the files."""
    return {"name": "Loja", "engine": engine, "database": f"loja.{engine}", **values}


@pytest.mark.parametrize("engine", MODULES)
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("soma de valor por regiao", [["Leste", 75.25], ["Norte", 100.5], ["Sul", 250.0]]),
        ("How many vendas are there by categoria?", [["Móveis", 3], ["Papelaria", 1]]),
        ("Qual a soma de valor por mês?", [["2024-01", 100.5], ["2024-02", 250.0], ["2024-03", 75.25]]),
    ],
)
async def test_the_planner_answers_from_a_connected_file(
    app: FastAPI, people: People, engine: str, question: str, expected: list[list[object]]
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, file_fields(engine)))
    answered = await ask(ana, agent_id, question)
    assert answered["state"] == "succeeded", answered["error"]
    assert sorted(answered["result"]["rows"]) == expected, answered["sql"]


@pytest.mark.parametrize("engine", MODULES)
async def test_the_schema_is_shown_and_follows_the_file(
    app: FastAPI, people: People, folder: Path, engine: str
) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, file_fields(engine))
    shown = (await ana.client.get(f"{DATABASES}/{database_id}")).json()
    assert {name: shown[name] for name in ("host", "port", "user", "tls", "database", "tables_found")} == {
        "host": None,
        "port": None,
        "user": None,
        "tls": "disable",
        "database": f"loja.{engine}",
        "tables_found": 2,
    }
    assert shown["server"].lower().startswith(engine)
    assert shown["privileges"]["warnings"] == []

    run(engine, folder / f"loja.{engine}", "CREATE TABLE lojas (nome VARCHAR)", "INSERT INTO lojas VALUES ('Sul')")
    agent_id = await agent_of(ana, database_id)
    assert (await ask(ana, agent_id, "Quantas lojas existem?"))["result"]["rows"] == [[1]]
    await read_schemas(app)
    tables = (await ana.client.get(f"{DATABASES}/{database_id}/tables")).json()
    assert [table["name"] for table in tables["items"]] == ["lojas", "produtos", "vendas"]


@pytest.mark.parametrize(
    ("values", "code", "sentence"),
    [
        ({"database": "../loja.sqlite"}, "database_file_missing", "Não há esse arquivo"),
        ({"database": "/etc/passwd"}, "database_file_missing", "Não há esse arquivo"),
        ({"database": "texto.txt"}, "database_file_unreadable", "Não é um banco de dados"),
        ({"engine": "duckdb", "database": "loja.sqlite"}, "database_file_unreadable", "Não é um banco de dados"),
        ({"host": "localhost"}, "validation_failed", "Um arquivo não tem servidor"),
        ({"password": "s3nha"}, "validation_failed", "Um arquivo não tem servidor"),
        ({"schemas": ["main"]}, "validation_failed", "Um arquivo não tem servidor"),
        ({"database": None}, "validation_failed", "Necessário"),
    ],
)
async def test_a_refusal_says_what_to_do(
    people: People, folder: Path, values: dict[str, Any], code: str, sentence: str
) -> None:
    (folder / "texto.txt").write_text("isto não é um banco\n" * 100, encoding="utf-8")
    ana = await people.normal()
    body = {**file_fields("sqlite"), **values}
    refused = await ana.client.post(f"{DATABASES}/connect", json=body, headers={"Accept-Language": "pt-BR"})
    assert refused.status_code == 422, refused.text
    assert refused.json()["code"] == code
    assert sentence in refused.text
    assert str(folder) not in refused.text


async def test_a_connection_goes_from_a_server_to_a_file_and_back(
    people: People, settings: Settings, sales_url: str
) -> None:
    ana = await people.normal()
    server, file = fields_of(sales_url), file_fields("sqlite")
    made = await connect(ana, server)
    path = f"{DATABASES}/{made.json()['id']}"
    turned = await ana.client.put(path, json=file)
    assert turned.status_code == 200, turned.text
    assert (turned.json()["engine"], turned.json()["host"]) == ("sqlite", None)
    without = await ana.client.put(path, json={name: value for name, value in server.items() if name != "password"})
    assert (without.status_code, without.json()["errors"][0]["pointer"]) == (422, "/password")
    assert (await ana.client.put(path, json=server)).json()["engine"] == "postgresql"
