"""What a login that may read some tables sees of a server, of every kind."""

from dataclasses import replace
from typing import Any

import pytest

from app.connectors.endpoint import Endpoint
from app.core.errors import RefusedByPolicy
from tests.connectors.readers import READER, opened, query

pytestmark = pytest.mark.anyio

BOTH = {"schemas": ("public", "Estoque")}


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> Any:
    """The login on the kind of server that the case names."""
    return request.getfixturevalue(f"{request.param}_reader")


@pytest.mark.parametrize(
    ("reader", "place", "tables", "sql"),
    [
        ("postgres", BOTH, ["vendas", "Peças"], 'SELECT "Código" FROM "Peças"'),
        ("mysql", {}, ["Peças `x", "vendas"], "SELECT `Código` FROM `Peças ``x`"),
        ("sqlserver", {}, ["Peças ]x", "vendas"], "SELECT [Código] FROM [Peças ]]x]"),
    ],
    indirect=["reader"],
)
async def test_a_login_that_only_reads_has_no_warnings_and_sees_what_it_may_read(
    reader: Endpoint, place: dict[str, Any], tables: list[str], sql: str
) -> None:
    async with opened(replace(reader, **place)) as connector:
        survey = await connector.survey(10)
        assert (survey.examination.privileges.warnings, survey.examination.privileges.grants) == ((), ())
        assert [table.name for table in survey.catalog.tables] == tables
        sales = survey.catalog.table("vendas")
        assert sales is not None
        assert ([column.name for column in sales.columns], sales.primary_key) == (["id", "valor"], ("id",))
        assert (await query(connector, sql)).rows == ()


@pytest.mark.parametrize(
    ("reader", "place"),
    [
        ("postgres", {**BOTH, "tables": ("Peças",)}),
        ("mysql", {"tables": ("Peças `x",)}),
        ("sqlserver", {"tables": ("vendas",)}),
    ],
    indirect=["reader"],
)
async def test_the_tables_to_include_are_the_only_ones(reader: Endpoint, place: dict[str, Any]) -> None:
    async with opened(replace(reader, **place)) as connector:
        assert tuple(table.name for table in (await connector.introspect()).tables) == place["tables"]


@pytest.mark.parametrize("reader", ["postgres", "mysql", "sqlserver"], indirect=True)
async def test_what_the_login_may_not_read_is_refused_without_its_name(reader: Endpoint) -> None:
    async with opened(reader) as connector:
        with pytest.raises(RefusedByPolicy) as caught:
            await query(connector, "SELECT * FROM segredos")
    assert READER not in str(caught.value)
