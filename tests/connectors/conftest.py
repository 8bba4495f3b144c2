"""Pools of children for the connectors' tests."""

from collections.abc import AsyncIterator

import pytest

from app.connectors.duckdb_pool import DuckdbPool
from app.connectors.sqlite_pool import SqlitePool


@pytest.fixture(scope="module")
async def shared_pool() -> AsyncIterator[SqlitePool]:
    """Two children, prewarmed, for all tests of a module."""
    pool = SqlitePool(children=2, memory_bytes=512 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def pool(shared_pool: SqlitePool) -> SqlitePool:
    """The shared pool, once the children that an earlier test killed have been replaced."""
    await shared_pool.recover()
    return shared_pool


@pytest.fixture(scope="module")
async def shared_duckdb_pool() -> AsyncIterator[DuckdbPool]:
    """Two children for DuckDB files, prewarmed, for all tests of a module."""
    pool = DuckdbPool(children=2, memory_bytes=512 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def duckdb_pool(shared_duckdb_pool: DuckdbPool) -> DuckdbPool:
    """The shared pool, once the children that an earlier test killed have been replaced."""
    await shared_duckdb_pool.recover()
    return shared_duckdb_pool
