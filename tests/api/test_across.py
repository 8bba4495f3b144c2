"""Agents over several sources: the right source, a question back when two fit, and joins across."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from app.connectors.endpoint import Endpoint
from app.core.config import Settings
from tests.askable import SALES, ready_file
from tests.connecting import ask, fields_of, ready_database
from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.mariadb import MariaDb
from tests.people import People, Person

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
GOALS = (
    "CREATE TABLE metas (regiao TEXT, meta REAL, gerente TEXT)",
    "INSERT INTO metas VALUES ('Norte', 80, 'Ana'), ('Sul', 300, 'Bia'), ('Leste', 100, 'Caio'), ('Oeste', 50, 'Davi')",
)
WEATHER = (
    "CREATE TABLE clima (cidade VARCHAR(20), chuva INTEGER)",
    "INSERT INTO clima VALUES ('Recife', 30), ('Olinda', 12)",
)
FILE, DATABASE = "metas.csv", "Vendas"
JOINED = "FROM metas AS m JOIN vendas AS v ON v.regiao = m.regiao"
ACROSS: dict[str, tuple[str, list[list[Any]]]] = {
    "Qual o valor vendido por gerente?": (
        f"SELECT m.gerente, SUM(v.valor) AS total {JOINED} GROUP BY m.gerente ORDER BY m.gerente",
        [["Ana", 100.5], ["Bia", 250], ["Caio", 75.25]],
    ),
    "Quais gerentes venderam valor acima da meta?": (
        f"SELECT m.gerente {JOINED} GROUP BY m.gerente, m.meta HAVING SUM(v.valor) >= m.meta",
        [["Ana"]],
    ),
    "Quanto falta em valor para a meta de Bia?": (
        f"SELECT m.meta - SUM(v.valor) AS falta {JOINED} WHERE m.gerente = 'Bia' GROUP BY m.meta",
        [[50]],
    ),
    "Que gerente não tem nenhum produto vendido?": (
        "SELECT m.gerente FROM metas AS m LEFT JOIN vendas AS v ON v.regiao = m.regiao WHERE v.id IS NULL",
        [["Davi"]],
    ),
    "Qual a meta das regiões com quantidade vendida?": (
        "SELECT SUM(meta) AS meta FROM metas WHERE regiao IN (SELECT regiao FROM vendas WHERE quantidade > 0)",
        [[480]],
    ),
    "Qual gerente tem a maior quantidade?": (
        f"SELECT m.gerente, SUM(v.quantidade) AS n {JOINED} GROUP BY m.gerente ORDER BY n DESC LIMIT 1",
        [["Bia", 5]],
    ),
    "Que percentual da meta Caio alcançou em valor?": (
        f"SELECT 100 * SUM(v.valor) / m.meta AS percentual {JOINED} WHERE m.gerente = 'Caio' GROUP BY m.meta",
        [[75.25]],
    ),
    "Que categorias a gerente Bia vendeu?": (
        f"SELECT DISTINCT p.categoria {JOINED} JOIN produtos AS p ON p.id = v.produto_id WHERE m.gerente = 'Bia'",
        [["Móveis"]],
    ),
    "Qual o valor pago por gerente?": (
        f"SELECT m.gerente, SUM(v.valor) AS total {JOINED} WHERE v.pago GROUP BY m.gerente ORDER BY m.gerente",
        [["Ana", 100.5], ["Bia", 200], ["Caio", 75.25]],
    ),
    "Qual a primeira data de venda de cada gerente?": (
        f"SELECT m.gerente, MIN(v.data) AS data {JOINED} GROUP BY m.gerente ORDER BY m.gerente",
        [["Ana", "2024-01-10"], ["Bia", "2024-02-11"], ["Caio", "2024-03-01"]],
    ),
}
"""Questions that need both sources, the statement of a model, and what is right."""


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """A model that knows the statement of each question."""
    async with serve(Script.of(table={question: sql for question, (sql, _) in ACROSS.items()})) as running:
        yield running


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers; a test may have other values."""
    return with_models(settings, providers).model_copy(update=getattr(request, "param", {}))


async def agent_over_both(app: FastAPI, owner: Person, sales_url: str, **options: object) -> str:
    """Id of an agent over the goals in a file and the sales in a database."""
    file_id = await ready_file(app, owner, statements=GOALS, name=FILE)
    database_id = await ready_database(app, owner, fields_of(sales_url, name=DATABASE))
    return await _agent_over(owner, [str(file_id), database_id], **options)


async def test_ten_questions_over_both_sources_are_right(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    agent_id = await agent_over_both(app, ana, sales_url, model=MODEL)
    for question, (_, rows) in ACROSS.items():
        query = await ask(ana, agent_id, question)
        assert (question, query["result"]["rows"]) == (question, rows)
        assert query["details"]["read_from"] == [FILE, DATABASE]
        assert {extract["source"] for extract in query["details"]["extracts"]} == {FILE, DATABASE}


@pytest.mark.parametrize(
    ("question", "source", "rows"),
    [
        ("soma de meta por gerente", FILE, [["Bia", 300], ["Caio", 100], ["Ana", 80], ["Davi", 50]]),
        ("quantos produtos por categoria?", DATABASE, [["Móveis", 2], ["Papelaria", 1]]),
        ("soma de quantidade por regiao", DATABASE, [["Sul", 5], ["Leste", 3], ["Norte", 2]]),
    ],
)
async def test_question_goes_to_the_source_that_holds_its_words(
    app: FastAPI, people: People, sales_url: str, question: str, source: str, rows: list[list[Any]]
) -> None:
    ana = await people.normal()
    query = await ask(ana, await agent_over_both(app, ana, sales_url), question)
    assert (query["details"]["read_from"], query["details"]["extracts"]) == ([source], [])
    assert {tuple(row) for row in query["result"]["rows"]} == {tuple(row) for row in rows}


async def test_question_that_fits_both_asks_back_and_goes_on(app: FastAPI, people: People, sales_url: str) -> None:
    ana = await people.normal()
    query = await ask(ana, await agent_over_both(app, ana, sales_url), "quantas regioes diferentes?")
    assert query["state"] == "needs_input"
    assert query["input_request"]["options"] == [FILE, DATABASE]
    path = f"/api/v1/queries/{query['id']}/input"
    refused = await ana.client.post(path, json={"text": "nenhuma das duas"})
    assert refused.status_code == 422
    answered = (await ana.client.post(path, json={"option": 2})).json()
    assert (answered["result"]["rows"], answered["details"]["read_from"]) == ([[3]], [DATABASE])
    again = await ask(ana, answered["agent_id"], "quantas regioes diferentes?")
    other = (await ana.client.post(f"/api/v1/queries/{again['id']}/input", json={"text": "metas"})).json()
    assert (other["result"]["rows"], other["details"]["read_from"]) == ([[4]], [FILE])


@pytest.mark.parametrize("settings", [{"join_max_rows": 3}], indirect=True)
async def test_table_that_is_too_large_to_fetch_is_not_answered_in_part(
    app: FastAPI, people: People, sales_url: str, providers: FakeProviders
) -> None:
    sql = ACROSS["Qual o valor vendido por gerente?"][0]
    giving_up = Reply(tools=(("decline", {"reason": "grande demais"}),))
    providers.script = Script.of(Reply(tools=(("run_sql", {"sql": sql}),)), giving_up)
    ana = await people.normal()
    agent_id = await agent_over_both(app, ana, sales_url, model=MODEL)
    body = {"agent_id": agent_id, "question": "Qual o valor vendido por gerente?"}
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    assert refused.status_code == 422, refused.text
    stored = (await ana.client.get(f"/api/v1/queries/{refused.json()['query_id']}")).json()
    assert [attempt["status"] for attempt in stored["details"]["attempts"]] == ["too_many_rows"]


async def test_one_of_several_files_is_asked_alone_and_others_are_joined(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    files = {"metas.csv": GOALS, "vendas.csv": SALES, "clima.csv": WEATHER}
    ids = [str(await ready_file(app, ana, statements=made, name=name)) for name, made in files.items()]
    agent_id = await _agent_over(ana, ids)
    alone = await ask(ana, agent_id, "soma de chuva por cidade")
    assert (alone["details"]["read_from"], alone["details"]["extracts"]) == (["clima.csv"], [])
    assert {tuple(row) for row in alone["result"]["rows"]} == {("Recife", 30), ("Olinda", 12)}
    joined = await ask(ana, agent_id, "soma de valor por gerente")
    assert joined["details"]["read_from"] == ["metas.csv", "vendas.csv"]
    assert {tuple(row) for row in joined["result"]["rows"]} == {("Bia", 250), ("Ana", 100.5), ("Caio", 75.25)}


async def test_question_that_two_files_fit_equally_asks_back(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    files = {"metas.csv": GOALS, "vendas.csv": SALES, "clima.csv": WEATHER}
    ids = [str(await ready_file(app, ana, statements=made, name=name)) for name, made in files.items()]
    query = await ask(ana, await _agent_over(ana, ids), "quantas regioes diferentes?")
    assert (query["state"], query["input_request"]["options"]) == ("needs_input", ["metas.csv", "vendas.csv"])
    answered = (await ana.client.post(f"/api/v1/queries/{query['id']}/input", json={"option": 1})).json()
    assert (answered["result"]["rows"], answered["details"]["read_from"]) == ([[4]], ["metas.csv"])


async def test_a_file_and_two_databases_are_one_agents(
    app: FastAPI, people: People, sales_url: str, mariadb: MariaDb, mariadb_owner: Endpoint
) -> None:
    ana = await people.normal()
    mariadb.run(*WEATHER, database=mariadb_owner.database)
    login = f"{quote(mariadb_owner.user)}:{quote(mariadb_owner.password)}"
    dsn = f"mariadb://{login}@127.0.0.1:{mariadb_owner.port}/{mariadb_owner.database}?ssl-mode=disabled"
    ids = [
        str(await ready_file(app, ana, statements=GOALS, name=FILE)),
        await ready_database(app, ana, fields_of(sales_url, name=DATABASE)),
        await ready_database(app, ana, {"name": DATABASE, "dsn": dsn}),
    ]
    agent_id = await _agent_over(ana, ids)
    rain = await ask(ana, agent_id, "soma de chuva por cidade")
    assert rain["details"]["read_from"] == [f"{DATABASE} (2)"]
    assert {tuple(row) for row in rain["result"]["rows"]} == {("Recife", 30), ("Olinda", 12)}
    categories = await ask(ana, agent_id, "quantos produtos por categoria?")
    assert categories["details"]["read_from"] == [DATABASE]
    assert {tuple(row) for row in categories["result"]["rows"]} == {("Móveis", 2), ("Papelaria", 1)}


@pytest.mark.parametrize("settings", [{"join_max_rows": 3}], indirect=True)
async def test_statement_over_one_of_the_sources_runs_there_whatever_their_size(
    app: FastAPI, people: People, sales_url: str, providers: FakeProviders
) -> None:
    question = "Quantos gerentes venderam algum produto?"
    sql = "SELECT EXTRACT(month FROM v.data) AS mes, COUNT(*) / 2 AS n FROM vendas AS v GROUP BY 1 ORDER BY 1"
    providers.script = Script.of(table={question: sql})
    ana = await people.normal()
    query = await ask(ana, await agent_over_both(app, ana, sales_url, model=MODEL), question)
    assert query["result"]["rows"] == [[1, 0.5], [2, 1], [3, 0.5]]
    assert query["details"]["read_from"] == [DATABASE]
    [extract] = query["details"]["extracts"]
    assert (extract["source"], "COUNT(*)" in extract["sql"], extract["rows"]) == (DATABASE, True, 3)


async def _agent_over(owner: Person, source_ids: list[str], **options: object) -> str:
    created = await owner.client.post("/api/v1/agents/", json={"name": "Tudo", "source_ids": source_ids, **options})
    assert created.status_code == 201, created.text
    agent_id: str = created.json()["id"]
    return agent_id
