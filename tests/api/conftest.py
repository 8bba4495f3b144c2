"""A database of somebody's, for tests that connect one."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.connecting import SALES


@pytest.fixture
async def sales(empty_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Its owner's connection to a database of sales on the embedded PostgreSQL, for `fields_of(sales_url)`."""
    owner = await asyncpg.connect(empty_database_url)
    await owner.execute(SALES)
    yield owner
    await owner.close()


@pytest.fixture
def sales_url(sales: asyncpg.Connection, empty_database_url: str) -> str:
    """Address of that database."""
    return empty_database_url
