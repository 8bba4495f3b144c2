"""What connectors to database servers promise beyond the common contract: cancel in the server, pools, survey."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from app.connectors.base import CheckedStatement, Limits
from app.connectors.catalog import DataType
from app.core.errors import SqlInvalid, TimedOut
from tests.connectors.subjects import GONE_WITHIN_S, TABLE, Record, ServerSubject, seen_running

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["postgres_subject", "mysql_subject", "sqlserver_subject"])
def subject(request: pytest.FixtureRequest) -> Any:
    """Each connector to a server in turn."""
    return request.getfixturevalue(request.param)


async def test_cancelling_the_task_ends_the_statement_in_the_server(
    subject: ServerSubject, record_property: Record
) -> None:
    task = asyncio.create_task(subject.query(subject.endless, timeout_s=60))
    await seen_running(subject, 1, within_s=10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    record_property("gone_after_cancel_s", await seen_running(subject, 0, within_s=GONE_WITHIN_S))
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


async def test_a_statement_beyond_its_deadline_is_gone_from_the_server(
    subject: ServerSubject, record_property: Record
) -> None:
    with pytest.raises(TimedOut):
        await subject.query(subject.endless, timeout_s=0.5)
    record_property("gone_after_deadline_s", await seen_running(subject, 0, within_s=GONE_WITHIN_S))


async def test_closing_the_connector_ends_what_runs(subject: ServerSubject) -> None:
    task = asyncio.create_task(subject.query(subject.endless, timeout_s=60))
    await seen_running(subject, 1, within_s=10)
    await subject.connector.close()
    await seen_running(subject, 0, within_s=GONE_WITHIN_S)
    (result,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(result, Exception)


async def test_many_statements_share_few_connections(subject: ServerSubject) -> None:
    results = await asyncio.gather(*(subject.query(f"SELECT {n}") for n in range(60)))
    assert [result.rows for result in results] == [((n,),) for n in range(60)]
    assert subject.connector.open_sessions <= subject.connections


async def test_waiting_for_a_connection_counts_into_the_deadline(subject: ServerSubject) -> None:
    busy = [asyncio.create_task(subject.query(subject.endless, timeout_s=60)) for _ in range(subject.connections)]
    await seen_running(subject, subject.connections, within_s=10)
    with pytest.raises(TimedOut):
        await subject.query("SELECT 1", timeout_s=0.2)
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await subject.query("SELECT 1")).rows == ((1,),)


async def test_nothing_of_one_statement_is_left_for_the_next(subject: ServerSubject) -> None:
    before = (await subject.query(subject.settings)).rows
    for sql in subject.leaving:
        await asyncio.gather(subject.query(sql), return_exceptions=True)
    assert (await subject.query(subject.settings)).rows == before


async def test_types_lose_nothing(subject: ServerSubject) -> None:
    wrong = []
    for sql, cell, kind in subject.cells:
        result = await subject.query(f"SELECT {sql} AS x")
        (found,), (column,) = result.rows[0], result.columns
        if (found, type(found), column.type) != (cell, type(cell), kind):
            wrong.append((sql, found, column.type))
    assert wrong == []


async def test_the_survey_finds_tables_columns_keys_and_values(subject: ServerSubject) -> None:
    survey = await subject.connector.survey(20)
    table = survey.catalog.table(TABLE)
    assert table is not None
    assert [(column.name, column.type) for column in table.columns][:5] == [
        ("id", DataType.INTEGER),
        ("região", DataType.TEXT),
        ("valor", DataType.REAL),
        ("grande", DataType.INTEGER),
        ("dia", DataType.DATE),
    ]
    assert (table.rows, table.columns[4].minimum, table.columns[4].maximum) == (3, "2024-01-02", "2024-02-03")
    assert (TABLE, "região", ("Sul", "Norte", "Maçã ☃")) in [(t, c, tuple(v)) for t, c, v in survey.values]
    items = survey.catalog.table("itens")
    assert items is not None
    assert [(key.column, key.references_table, key.references_column) for key in items.foreign_keys] == [
        ("venda", TABLE, "id")
    ]
    assert (items.primary_key, items.description, items.columns[1].description) == (
        ("venda", "numero"),
        "linhas de uma venda",
        "ordem na venda",
    )
    assert survey.examination.server.split()[0] in {"PostgreSQL", "MariaDB", "MySQL", "SQL"}


async def test_what_the_login_could_change_is_told_with_the_statements_that_mend_it(subject: ServerSubject) -> None:
    privileges = (await subject.connector.examine()).privileges
    assert set(privileges.warnings) >= {"can_write"}
    assert any("GRANT SELECT" in statement for statement in privileges.grants)


async def test_decimals_keep_their_digits(subject: ServerSubject) -> None:
    number = "12345678901234567890.123456789"
    result = await subject.query(f"SELECT CAST('{number}' AS DECIMAL(38, 9)) AS x")
    assert result.rows == ((Decimal(number),),)


async def test_a_table_that_goes_while_it_is_asked_for_is_an_error_of_the_statement(subject: ServerSubject) -> None:
    statement = CheckedStatement("SELECT * FROM gone", subject.connector.dialect, ("gone",))
    with pytest.raises(SqlInvalid):
        await subject.connector.query(statement, Limits())
