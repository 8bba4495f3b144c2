"""The same sales on each kind of server over HTTP: connected, asked in both languages with joins, and never changed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import pytest
from fastapi import FastAPI

from app.connectors.endpoint import Endpoint
from app.core.config import Settings
from tests.connecting import DATABASES, SALES, agent_of, ask, connect, fields_of, read_schemas, ready_database
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.fakes.tds import FakeSqlServer, serve_tds
from tests.fakes.tsql import Login
from tests.mariadb import MariaDb
from tests.people import People

pytestmark = pytest.mark.anyio

BY_CATEGORY = "Quanto vendemos por categoria de produto?"
BY_CATEGORY_SQL = (
    "SELECT p.categoria, SUM(v.valor) AS total FROM vendas AS v JOIN produtos AS p ON p.id = v.produto_id"
    " GROUP BY p.categoria ORDER BY total DESC"
)
THEFTS: Final = {
    "Apague tudo": "DELETE FROM vendas",
    "Guarde num arquivo": "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
}
"""Questions to which the scripted model answers with a statement that no connection may run."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A server with the sales, and the login by which they are connected."""

    fields: dict[str, Any]
    """The connection field by field."""
    scheme: str
    sales: Callable[[], Awaitable[int]]
    """How many sales there are, by the server's own account."""

    @property
    def password(self) -> str:
        """What may never be shown."""
        return str(self.fields["password"])

    @property
    def body(self) -> dict[str, Any]:
        """The connection as a connection string."""
        fields = self.fields
        address = f"{quote(fields['user'])}:{quote(self.password)}@127.0.0.1:{fields['port']}/{fields['database']}"
        return {"name": "Loja", "dsn": f"{self.scheme}://{address}?sslmode=disable"}


@pytest.fixture
def postgres(sales: asyncpg.Connection, sales_url: str) -> Shop:
    """PostgreSQL."""

    async def count() -> int:
        return int(await sales.fetchval("SELECT count(*) FROM vendas"))

    return Shop(fields_of(sales_url), "postgresql", count)


@pytest.fixture
def mysql(mariadb: MariaDb, mariadb_owner: Endpoint) -> Shop:
    """MariaDB."""
    statements = [part.strip() for part in SALES.split(";") if part.strip() and "COMMENT ON" not in part]
    comment = "ALTER TABLE vendas MODIFY valor numeric(12, 2) COMMENT 'Valor pago em reais'"
    owner = mariadb_owner
    mariadb.run(*(text.replace(" text", " varchar(40)") for text in statements), comment, database=owner.database)

    async def count() -> int:
        return int(mariadb.run("SELECT count(*) FROM vendas", database=owner.database)[0][0])

    login = {"database": owner.database, "user": owner.user, "password": owner.password}
    return Shop(
        {"name": "Loja", "engine": "mysql", "host": "127.0.0.1", "port": owner.port, "tls": "disable", **login},
        "mariadb",
        count,
    )


@pytest.fixture
async def sqlserver() -> AsyncIterator[Shop]:
    """A server that speaks TDS."""
    user, password = "dona", "senha da dona"
    fake = FakeSqlServer(logins={user: Login(password, rights=frozenset({"SELECT", "INSERT"}))})
    fake.store.execute(SALES)

    async def count() -> int:
        ((number,),) = fake.store.execute("SELECT count(*) FROM vendas").fetchall()
        return int(number)

    async with serve_tds(fake):
        login = {"database": fake.database, "user": user, "password": password}
        yield Shop(
            {"name": "Loja", "engine": "sqlserver", "host": "127.0.0.1", "port": fake.port, "tls": "disable", **login},
            "mssql",
            count,
        )


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Any:
    """The shop on the kind of server that the case names."""
    return request.getfixturevalue(request.param)


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    async with serve(Script.of(table={BY_CATEGORY: BY_CATEGORY_SQL, **THEFTS})) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    return with_models(settings, providers)


BY_MONTH = ("Qual a soma de valor por mês?", [["2024-01", "100.50"], ["2024-02", "250.00"], ["2024-03", "75.25"]])
AVERAGE = "What is the average valor of vendas in Sul?"


@pytest.mark.parametrize(
    ("shop", "question", "expected"),
    [
        *(
            (server, question, expected)
            for server in ("postgres", "mysql", "sqlserver")
            for question, expected in (
                ("soma de valor por regiao", [["Leste", "75.25"], ["Norte", "100.50"], ["Sul", "250.00"]]),
                ("How many vendas are there by categoria?", [["Móveis", 3], ["Papelaria", 1]]),
                ("vendas de Cadeira: soma de quantidade", [[4]]),
                ("soma de valor das vendas de fevereiro de 2024", [["250.00"]]),
            )
        ),
        ("postgres", *BY_MONTH),
        ("mysql", *BY_MONTH),
        ("postgres", AVERAGE, [["125.0000000000000000"]]),
        ("mysql", AVERAGE, [["125.000000"]]),
        ("postgres", "median of valor", [[87.875]]),
    ],
    indirect=["shop"],
)
async def test_the_planner_answers_in_both_languages_with_joins(
    app: FastAPI, people: People, shop: Shop, question: str, expected: list[list[object]]
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, shop.body))
    answered = await ask(ana, agent_id, question)
    assert answered["state"] == "succeeded", answered["error"]
    assert sorted(answered["result"]["rows"]) == expected, answered["sql"]
    assert answered["answered_by"] == "planner"


@pytest.mark.parametrize(
    ("shop", "theft"), [("postgres", "Apague tudo"), ("mysql", "Guarde num arquivo")], indirect=["shop"]
)
async def test_a_model_answers_and_its_statement_goes_through_the_gate(
    app: FastAPI, people: People, shop: Shop, theft: str
) -> None:
    ana = await people.normal()
    agent_id = await agent_of(ana, await ready_database(app, ana, shop.fields), model="openai:gpt-4o-mini")
    answered = await ask(ana, agent_id, BY_CATEGORY)
    assert answered["result"]["rows"] == [["Móveis", "350.50"], ["Papelaria", "75.25"]]
    body = {"agent_id": agent_id, "question": theft}
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "refused_by_policy"), refused.text
    assert await shop.sales() == 4


@pytest.mark.parametrize(
    ("shop", "server", "warnings"),
    [("mysql", "MariaDB", {"can_write", "can_create"}), ("sqlserver", "SQL Server", {"can_write"})],
    indirect=["shop"],
)
async def test_what_is_shown_of_it(app: FastAPI, people: People, shop: Shop, server: str, warnings: set[str]) -> None:
    ana = await people.normal()
    connected = await connect(ana, shop.body)
    await read_schemas(app)
    path = f"{DATABASES}/{connected.json()['id']}"
    shown = (await ana.client.get(path)).json()
    assert (shown["engine"], shown["state"], shown["tls"]) == (shop.fields["engine"], "ready", "disable")
    assert shown["server"].startswith(server)
    assert {warning["code"] for warning in shown["privileges"]["warnings"]} == warnings
    schema = (await ana.client.get(f"{path}/schema", params={"contains": "vendas"})).json()["items"][0]
    assert schema["foreign_keys"] == [
        {"column": "produto_id", "references_table": "produtos", "references_column": "id"}
    ]
    assert {column["name"]: column["description"] for column in schema["columns"]}["valor"] == "Valor pago em reais"
    assert shop.password not in f"{connected.text} {shown}"


@pytest.mark.parametrize(
    ("shop", "changed", "code"),
    [
        *(
            (server, changed, code)
            for server in ("mysql", "sqlserver")
            for changed, code in (
                ({"password": "errada"}, "login_refused"),
                ({"database": "nenhum"}, "database_missing"),
                ({"schemas": ["outro"]}, "validation_failed"),
            )
        ),
        ("mysql", {"port": 1}, "connection_refused"),
        ("mysql", {"tls": "verify"}, "tls_failed"),
        ("mysql", {"host": "10.1.2.3"}, "egress_refused"),
        ("sqlserver", {"tls": "require"}, "tls_failed"),
    ],
    indirect=["shop"],
)
async def test_each_way_of_not_connecting_has_its_code_in_both_languages(
    people: People, shop: Shop, changed: dict[str, Any], code: str
) -> None:
    ana = await people.normal()
    body = {**shop.fields, **changed}
    sentences = set()
    for language in ("en", "pt-BR"):
        headers = {"Accept-Language": language, "Idempotency-Key": language}
        refused = await ana.client.post(f"{DATABASES}/connect", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text
        assert shop.password not in refused.text
        sentences.add(refused.json()["title"])
    assert len(sentences) == 2


@pytest.mark.parametrize(
    ("scheme", "option"),
    [
        *(
            ("mysql", option)
            for option in (
                "local_infile=1",
                "read_default_file=/etc/my.cnf",
                "unix_socket=/run/s",
                "ssl-mode=preferred",
                "charset=gbk",
            )
        ),
        *(
            ("mssql", option)
            for option in ("driver=x", "Trusted_Connection=yes", "odbc_connect=x", "MultiSubnetFailover=1")
        ),
    ],
)
async def test_options_in_a_connection_string_are_refused(people: People, scheme: str, option: str) -> None:
    ana = await people.normal()
    refused = await connect(ana, {"name": "x", "dsn": f"{scheme}://u:segredo@db.example.com/d?{option}"})
    assert (refused.status_code, refused.json()["code"]) == (422, "option_refused"), refused.text
    assert "segredo" not in refused.text
