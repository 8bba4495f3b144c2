"""What connectors over files promise beyond the common contract: their own semantics, walls and children."""

import asyncio
import os
from typing import Any

import pytest

from app.connectors.base import CheckedStatement, Limits
from app.core.errors import DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows
from tests.connectors.subjects import ENDLESS, GONE_WITHIN_S, TABLE, FileSubject, Record, catalog_of, seen_gone

pytestmark = pytest.mark.anyio

LIMITS = Limits(timeout_s=20)


@pytest.fixture(params=["sqlite_subject", "duckdb_subject"])
def file_subject(request: pytest.FixtureRequest) -> Any:
    """Each connector over files in turn."""
    return request.getfixturevalue(request.param)


async def test_nulls_come_first_when_going_up_and_last_when_going_down(file_subject: FileSubject) -> None:
    up = await file_subject.query(f"SELECT valor FROM {TABLE} ORDER BY valor")
    down = await file_subject.query(f"SELECT valor FROM {TABLE} ORDER BY valor DESC")
    assert up.rows == ((None,), (2.0,), (10.5,))
    assert down.rows == ((10.5,), (2.0,), (None,))


async def test_dividing_by_zero_gives_null(file_subject: FileSubject) -> None:
    assert (await file_subject.query(f"SELECT id / 0, valor / 0 FROM {TABLE} WHERE id = 1")).rows == ((None, None),)


async def test_a_table_that_was_not_listed_cannot_be_read(file_subject: FileSubject) -> None:
    connector = file_subject.open(file_subject.path, catalog_of(file_subject.connector.dialect, "outra"))
    with pytest.raises(RefusedByPolicy) as caught:
        await connector.query(CheckedStatement(f"SELECT * FROM {TABLE}", connector.dialect, ()), LIMITS)
    assert caught.value.fields["rule"] == "engine_wall"


@pytest.mark.parametrize("content", [None, b"", b"rubbish" * 1000])
async def test_a_missing_or_broken_file_is_said_to_be_unreachable(
    file_subject: FileSubject, content: bytes | None
) -> None:
    path = file_subject.path.with_name("other")
    if content is not None:
        path.write_bytes(content)
    connector = file_subject.open(path, catalog_of(file_subject.connector.dialect, TABLE))
    with pytest.raises((DatabaseUnreachable, SqlInvalid)) as caught:
        await connector.query(CheckedStatement(f"SELECT 1 FROM {TABLE}", connector.dialect, ()), LIMITS)
    assert str(path.parent) not in str(caught.value)
    assert path.exists() == (content is not None)


async def test_cancelling_the_task_ends_the_statement(file_subject: FileSubject, record_property: Record) -> None:
    before = set(file_subject.pool.process_ids)
    task = asyncio.create_task(file_subject.query(ENDLESS, timeout_s=60))
    await file_subject.query("SELECT 1")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (dead,) = before - set(file_subject.pool.process_ids)
    record_property("gone_after_cancel_s", await seen_gone(dead, within_s=GONE_WITHIN_S))
    await file_subject.pool.recover()
    assert len(file_subject.pool.process_ids) == 2


async def test_a_child_that_is_killed_is_an_error_of_its_statement_alone(file_subject: FileSubject) -> None:
    tasks = [asyncio.create_task(file_subject.query(ENDLESS, timeout_s=60)) for _ in range(2)]
    await asyncio.sleep(0)
    for process_id in file_subject.pool.process_ids:
        os.kill(process_id, 9)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, TooManyRows) for result in results)
    assert (await file_subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


async def test_many_statements_share_few_children(file_subject: FileSubject) -> None:
    results = await asyncio.gather(*(file_subject.query(f"SELECT {n}") for n in range(100)))
    assert [result.rows for result in results] == [((n,),) for n in range(100)]
    assert len(file_subject.pool.process_ids) == 2


async def test_waiting_for_a_child_counts_into_the_deadline(file_subject: FileSubject) -> None:
    busy = [asyncio.create_task(file_subject.query(ENDLESS, timeout_s=60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TimedOut):
        await file_subject.query("SELECT 1", timeout_s=0.2)
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await file_subject.query("SELECT 1")).rows == ((1,),)
