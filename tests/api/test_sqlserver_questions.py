"""A database that speaks TDS over HTTP: connected by its string, asked by the planner, refused by code."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from tests.connecting import DATABASES, SALES, agent_of, ask, connect, ready_database
from tests.fakes.tds import FakeSqlServer, serve_tds
from tests.fakes.tsql import Login
from tests.people import People

pytestmark = pytest.mark.anyio

USER, PASSWORD = "dona", "senha da dona"


@pytest.fixture
async def shop() -> AsyncIterator[FakeSqlServer]:
    """The sales of the other tests."""
    fake = FakeSqlServer(logins={USER: Login(PASSWORD, rights=frozenset({"SELECT", "INSERT"}))})
    fake.store.execute(SALES)
    async with serve_tds(fake):
        yield fake


def body_of(shop: FakeSqlServer, **values: Any) -> dict[str, Any]:
    address = f"{USER}:{quote(PASSWORD)}@127.0.0.1:{shop.port}/{shop.database}"
    return {"name": "Loja", "dsn": f"mssql://{address}?sslmode=disable", **values}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("soma de valor por regiao", [["Leste", "75.25"], ["Norte", "100.50"], ["Sul", "250.00"]]),
        ("How many vendas are there by categoria?", [["Móveis", 3], ["Papelaria", 1]]),
        ("vendas de Cadeira: soma de quantidade", [[4]]),
        ("soma de valor das vendas de fevereiro de 2024", [["250.00"]]),
    ],
)
async def test_the_planner_answers_in_both_languages_with_joins(
    app: FastAPI, people: People, shop: FakeSqlServer, question: str, expected: list[list[object]]
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, body_of(shop)))
    answered = await ask(ana, agent_id, question)
    assert answered["state"] == "succeeded", answered
    assert sorted(answered["result"]["rows"]) == expected, answered["sql"]


async def test_a_login_that_can_write_is_warned_of(app: FastAPI, people: People, shop: FakeSqlServer) -> None:
    ana = await people.normal()
    database_id = await ready_database(app, ana, body_of(shop))
    shown = (await ana.client.get(f"{DATABASES}/{database_id}")).json()
    assert (shown["engine"], shown["server"].startswith("SQL Server")) == ("sqlserver", True)
    assert [warning["code"] for warning in shown["privileges"]["warnings"]] == ["can_write"]
    assert PASSWORD not in str(shown)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "errada"}, "login_refused"),
        ({"database": "nenhum"}, "database_missing"),
        ({"tls": "require"}, "tls_failed"),
        ({"schemas": ["outro"]}, "validation_failed"),
    ],
)
async def test_each_way_of_not_connecting_has_its_code_in_both_languages(
    people: People, shop: FakeSqlServer, changed: dict[str, Any], code: str
) -> None:
    ana = await people.normal()
    fields = {"engine": "sqlserver", "host": "127.0.0.1", "port": shop.port, "database": "loja", "tls": "disable"}
    body = {"name": "Loja", **fields, "user": USER, "password": PASSWORD, **changed}
    sentences = set()
    for language in ("en", "pt-BR"):
        headers = {"Accept-Language": language, "Idempotency-Key": language}
        refused = await ana.client.post(f"{DATABASES}/connect", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
        assert PASSWORD not in refused.text
        sentences.add(refused.json()["title"])
    assert len(sentences) == 2


@pytest.mark.parametrize("option", ["driver=x", "Trusted_Connection=yes", "odbc_connect=x", "MultiSubnetFailover=1"])
async def test_options_in_a_connection_string_are_refused(people: People, option: str) -> None:
    ana = await people.normal()
    refused = await connect(ana, {"name": "x", "dsn": f"mssql://u:segredo@db.example.com/d?{option}"})
    assert (refused.status_code, refused.json()["code"]) == (422, "option_refused"), refused.text
