"""Ready files and agents for tests that ask, without waiting for an upload to be read."""

import sqlite3
from collections.abc import Sequence
from uuid import UUID

from fastapi import FastAPI

from app.connectors.catalog import CATALOG_JSON
from app.core.ids import new_id
from app.core.storage import DATABASE, VALUES
from app.ingestion.profile import profile_sqlite
from app.ingestion.value_index import write_value_index
from app.models import File, FileState, FileVersion
from app.services.engine.engine import Engine
from tests.people import Person

SALES = (
    "CREATE TABLE vendas (regiao TEXT, produto TEXT, valor REAL, quantidade INTEGER, data DATE)",
    "INSERT INTO vendas VALUES ('Norte', 'Mesa', 100.5, 2, '2024-01-10'), ('Sul', 'Mesa', 200, 1, '2024-02-11'),"
    " ('Sul', 'Cadeira', 50, 4, '2024-02-12'), ('Leste', '=SOMA(A1)', 75.25, 3, '2024-03-01')",
)
"""A small table of sales: total 425.75, by region Sul 250, Norte 100.5, Leste 75.25."""


async def ready_file(
    app: FastAPI,
    owner: Person,
    *,
    statements: Sequence[str] = SALES,
    name: str = "vendas.csv",
    file_id: UUID | None = None,
    number: int = 1,
) -> UUID:
    """A file of `owner` whose SQLite database `statements` make; with `file_id` a further version of that one."""
    engine: Engine = app.state.engine
    is_new, file_id, version_id = file_id is None, file_id or new_id(), new_id()
    key = f"files/{file_id}/{version_id}"
    folder = engine.store.path(key)
    folder.mkdir(parents=True)
    database = sqlite3.connect(folder / DATABASE)
    with database:
        for statement in statements:
            database.execute(statement)
    database.close()
    catalog = profile_sqlite(folder / DATABASE)
    write_value_index(folder / DATABASE, catalog, folder / VALUES)
    version = FileVersion(
        id=version_id,
        file_id=file_id,
        number=number,
        state=FileState.READY,
        size_bytes=1,
        sha256="0" * 64,
        storage_key=key,
        rows=catalog.tables[0].rows,
        rows_done=0,
        bytes_done=0,
        report={"notes": [{"en": "as it is", "pt": "como está"}]},
        catalog=CATALOG_JSON.dump_python(catalog, mode="json"),
    )
    async with engine.platform.database.transaction() as session:
        session.add(File(id=file_id, owner_id=owner.id, name=name, versions=[version]) if is_new else version)
    return file_id


async def ready_agent(app: FastAPI, owner: Person, **options: object) -> str:
    """Id of an agent of `owner` that reads a new file of sales."""
    file_id = await ready_file(app, owner)
    body = {"name": "Vendas", "source_ids": [str(file_id)], **options}
    created = await owner.client.post("/api/v1/agents/", json=body)
    assert created.status_code == 201, created.text
    agent_id: str = created.json()["id"]
    return agent_id
