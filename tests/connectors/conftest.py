"""One pool of children for the connectors' tests."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.connectors.sqlite_pool import SqlitePool

CHILDREN = 2


@pytest.fixture(scope="module")
async def shared_pool() -> AsyncIterator[SqlitePool]:
    """Two children, prewarmed, for all tests of a module."""
    pool = SqlitePool(children=CHILDREN, memory_bytes=512 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def pool(shared_pool: SqlitePool) -> SqlitePool:
    """The shared pool, once the children that an earlier test killed have been replaced."""
    async with asyncio.timeout(30):
        while len(shared_pool.process_ids) < CHILDREN:
            await asyncio.sleep(0.01)
    return shared_pool
