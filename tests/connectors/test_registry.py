"""The registry opens files on one pool and ends it."""

from pathlib import Path

import pytest

from app.connectors.base import Limits
from app.connectors.catalog import Catalog, TableProfile
from app.connectors.registry import Registry
from app.connectors.sql_gate import check
from app.core.config import Settings
from app.core.errors import DatabaseUnreachable
from tests.data import data_path

pytestmark = pytest.mark.anyio


async def test_a_file_is_asked_through_the_gate_and_the_registry() -> None:
    registry = Registry(Settings(_env_file=None, sql_children=1))
    catalog = Catalog("sqlite", (TableProfile("products", "products", None, ()),))
    connector = registry.open_file(Path(data_path("sqlguard/scratch.sqlite")), catalog)
    statement = check("SELECT count(*) AS n FROM products", dialect=connector.dialect, tables=["products"])
    result = await connector.query(statement, Limits())
    assert [column.name for column in result.columns] == ["n"]
    assert await connector.introspect() == catalog
    await registry.close()
    with pytest.raises(DatabaseUnreachable):
        await connector.query(statement, Limits())
