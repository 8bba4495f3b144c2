"""Many tables: all of them are read with their keys, and a model is told of the right ones within its budget."""

from pathlib import Path

import asyncpg
import pytest

from app.agentgraph.agents.schema_text import BUDGET_TOKENS, build_schema_context
from app.connectors.endpoint import Link
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.value_index import SqliteValueIndex
from app.ingestion.value_index import write_values
from tests.connectors.subjects import LOCAL, postgres_endpoint
from tests.wide_schema import questions, tables

pytestmark = pytest.mark.anyio

AREAS, THINGS = 12, 15


async def test_the_right_tables_of_many_are_told(empty_database_url: str, tmp_path: Path) -> None:
    owner = await asyncpg.connect(empty_database_url)
    names = []
    for name, statement in tables(AREAS, THINGS):
        await owner.execute(statement)
        names.append(name)
    await owner.close()
    connector = DatabaseConnector(POSTGRES, postgres_endpoint(empty_database_url), LOCAL, Link(), Room(5))
    survey = await connector.survey(30)
    await connector.close()
    assert [table.name for table in survey.catalog.tables] == sorted(names)
    assert {len(table.columns) for table in survey.catalog.tables} == {20}
    assert sum(len(table.foreign_keys) for table in survey.catalog.tables) == AREAS * (THINGS - 1)
    write_values(tmp_path / "values.sqlite", survey.values)
    values = SqliteValueIndex(tmp_path / "values.sqlite")
    contexts = [
        (asked, build_schema_context(asked.question, survey.catalog, values)) for asked in questions(AREAS, THINGS)
    ]
    values.close()
    assert max(context.tokens for _, context in contexts) <= BUDGET_TOKENS
    assert [asked.question for asked, context in contexts if not set(asked.tables) <= set(context.tables)] == []
