"""Migrations and models are the same schema, and every step can be taken back."""

import asyncio
import sys

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from app.core import migrations
from app.core.migrations import connected
from app.models import Base

pytestmark = pytest.mark.anyio


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, Base.metadata))


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


async def test_migrations_make_what_the_models_declare(empty_database_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    async with connected(empty_database_url) as connection:
        assert await connection.run_sync(_differences) == []
    assert await _tables(empty_database_url) == {*Base.metadata.tables, "alembic_version"}


async def test_migrations_are_taken_back_and_applied_again(empty_database_url: str) -> None:
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    await asyncio.to_thread(migrations.downgrade, empty_database_url, "base")
    assert await _tables(empty_database_url) == {"alembic_version"}
    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    assert "users" in await _tables(empty_database_url)


async def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    program = f"from app.core import migrations; migrations.upgrade({empty_database_url!r})"
    both = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(2)]
    assert [await process.wait() for process in both] == [0, 0]
    assert "users" in await _tables(empty_database_url)
