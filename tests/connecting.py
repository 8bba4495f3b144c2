"""Connected databases for tests: rows on the embedded PostgreSQL, and their schema read without a worker."""

from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from app.services.databases import database_survey
from app.services.engine.engine import Engine
from tests.people import Person

DATABASES = "/api/v1/databases"
SALES = """
CREATE TABLE produtos (id integer PRIMARY KEY, nome text, categoria text);
CREATE TABLE vendas (id integer PRIMARY KEY, produto_id integer REFERENCES produtos (id), regiao text,
    valor numeric(12, 2), quantidade integer, data date, pago boolean);
INSERT INTO produtos VALUES (1, 'Mesa', 'Móveis'), (2, 'Cadeira', 'Móveis'), (3, 'Lápis', 'Papelaria');
INSERT INTO vendas VALUES (1, 1, 'Norte', 100.50, 2, '2024-01-10', true), (2, 1, 'Sul', 200.00, 1, '2024-02-11', true),
    (3, 2, 'Sul', 50.00, 4, '2024-02-12', false), (4, 3, 'Leste', 75.25, 3, '2024-03-01', true);
COMMENT ON COLUMN vendas.valor IS 'Valor pago em reais';
"""
"""Sales whose products stand in another table: by region Sul 250, Norte 100.5, Leste 75.25."""


def fields_of(url: str, **values: Any) -> dict[str, Any]:
    """The body that connects the PostgreSQL at `url`; `values` replace fields."""
    parts = urlsplit(url)
    return {
        "name": "Vendas",
        "engine": "postgresql",
        "host": parts.hostname,
        "port": parts.port,
        "database": parts.path.removeprefix("/"),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": "disable",
        **values,
    }


async def connect(owner: Person, body: dict[str, Any]) -> httpx.Response:
    """The answer to a connection that was sent."""
    return await owner.client.post(f"{DATABASES}/connect", json=body)


async def read_schemas(app: FastAPI) -> None:
    """Does the work that waits in the `databases` queue."""
    engine: Engine = app.state.engine
    async with engine.platform.database.read() as session:
        waiting = "SELECT id FROM jobs WHERE kind = 'survey_database' AND state = 'queued' ORDER BY id"
        job_ids = list((await session.execute(text(waiting))).scalars())
    for job_id in job_ids:
        await database_survey.take(engine, job_id)


async def ready_database(app: FastAPI, owner: Person, body: dict[str, Any]) -> str:
    """Id of a database that is connected and can be asked."""
    connected = await connect(owner, body)
    assert connected.status_code == 201, connected.text
    await read_schemas(app)
    database_id: str = connected.json()["id"]
    return database_id


async def agent_of(owner: Person, database_id: str, **options: object) -> str:
    """Id of an agent that reads the database."""
    body = {"name": "Vendas", "source_ids": [database_id], **options}
    created = await owner.client.post("/api/v1/agents/", json=body)
    assert created.status_code == 201, created.text
    agent_id: str = created.json()["id"]
    return agent_id


async def ask(owner: Person, agent_id: str, question: str) -> Any:
    """The finished query."""
    body = {"agent_id": agent_id, "question": question}
    answered = await owner.client.post("/api/v1/queries/execute", json=body)
    assert answered.status_code == 200, answered.text
    return answered.json()
