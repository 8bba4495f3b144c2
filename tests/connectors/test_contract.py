"""What every connector promises: results, types, cuts, refusals, deadlines, cancelling, and health afterwards."""

import asyncio
import hashlib
import math
import os
from pathlib import Path
from typing import Any

import pytest

from app.connectors.base import CheckedStatement, Limits
from app.connectors.catalog import DataType
from app.connectors.duckdb import DuckdbConnector
from app.connectors.duckdb_pool import DuckdbPool
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool
from app.core.errors import DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows
from tests.connectors.subjects import ENDLESS, TABLE, Subject, catalog_of, make_duckdb, make_sqlite

pytestmark = pytest.mark.anyio

LIMITS = Limits(timeout_s=20)


@pytest.fixture
async def sqlite_subject(tmp_path: Path, pool: SqlitePool) -> Subject:
    path = tmp_path / "maçã & pêra.sqlite"
    make_sqlite(path)
    rows = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n)"
    return Subject(
        SqliteConnector(path, catalog_of("sqlite", TABLE), pool),
        pool,
        path,
        lambda path, catalog: SqliteConnector(path, catalog, pool),
        not_a_number="9e999 - 9e999",
        many_rows=rows,
    )


@pytest.fixture
async def duckdb_subject(tmp_path: Path, duckdb_pool: DuckdbPool) -> Subject:
    path = tmp_path / "maçã & pêra.duckdb"
    make_duckdb(path)
    return Subject(
        DuckdbConnector(path, catalog_of("duckdb", TABLE), duckdb_pool),
        duckdb_pool,
        path,
        lambda path, catalog: DuckdbConnector(path, catalog, duckdb_pool),
        not_a_number="CAST('nan' AS DOUBLE)",
        many_rows="range(100000) AS n(i)",
    )


@pytest.fixture(params=["sqlite_subject", "duckdb_subject"])
def subject(request: pytest.FixtureRequest) -> Any:
    """Each connector in turn."""
    return request.getfixturevalue(request.param)


async def test_rows_come_in_the_stored_forms_with_their_types(subject: Subject) -> None:
    result = await subject.query(f"SELECT * FROM {TABLE} ORDER BY id")
    assert result.rows == (
        (1, "Sul", 10.5, 2**63 - 1, "2024-01-02", "10:30:00", "2024-01-02 10:30:00", 1),
        (2, "Norte", None, -(2**63), "2024-02-03", None, None, 0),
        (3, "Maçã ☃", 2.0, None, None, "23:59:59", "2024-12-31 23:59:59.5", None),
    )
    assert {column.name: column.type for column in result.columns} == {
        "id": DataType.INTEGER,
        "região": DataType.TEXT,
        "valor": DataType.REAL,
        "grande": DataType.INTEGER,
        "dia": DataType.DATE,
        "hora": DataType.TIME,
        "visto": DataType.TIMESTAMP,
        "pago": DataType.BOOLEAN,
    }
    assert not result.truncated


async def test_computed_columns_have_types(subject: Subject) -> None:
    sql = f"SELECT count(*), avg(valor), max(dia), min(região), max(visto), sum(id), 1.5 AS x FROM {TABLE}"
    result = await subject.query(sql)
    assert result.rows == ((3, 6.25, "2024-02-03", "Maçã ☃", "2024-12-31 23:59:59.5", 6, 1.5),)
    assert [column.type for column in result.columns] == [
        DataType.INTEGER,
        DataType.REAL,
        DataType.DATE,
        DataType.TEXT,
        DataType.TIMESTAMP,
        DataType.INTEGER,
        DataType.REAL,
    ]


async def test_a_result_without_rows_has_its_columns(subject: Subject) -> None:
    result = await subject.query(f"SELECT id, dia FROM {TABLE} WHERE id > 99")
    assert [(column.name, column.type) for column in result.columns] == [
        ("id", DataType.INTEGER),
        ("dia", DataType.DATE),
    ]
    assert result.rows == ()


async def test_a_number_that_is_none_is_null_and_infinity_arrives(subject: Subject) -> None:
    result = await subject.query(f"SELECT {subject.not_a_number} AS nan, 9e999 AS inf, NULL AS empty")
    assert result.rows == ((None, math.inf, None),)


async def test_nulls_come_first_when_going_up_and_last_when_going_down(subject: Subject) -> None:
    up = await subject.query(f"SELECT valor FROM {TABLE} ORDER BY valor")
    down = await subject.query(f"SELECT valor FROM {TABLE} ORDER BY valor DESC")
    assert up.rows == ((None,), (2.0,), (10.5,))
    assert down.rows == ((10.5,), (2.0,), (None,))


async def test_dividing_by_zero_gives_null(subject: Subject) -> None:
    assert (await subject.query(f"SELECT id / 0, valor / 0 FROM {TABLE} WHERE id = 1")).rows == ((None, None),)


async def test_rows_beyond_the_cap_are_cut_and_it_is_said(subject: Subject) -> None:
    exact = await subject.query(f"SELECT id FROM {TABLE}", max_rows=3)
    cut = await subject.query(f"SELECT i FROM {subject.many_rows}", max_rows=250)
    assert (len(exact.rows), exact.truncated) == (3, False)
    assert (len(cut.rows), cut.truncated) == (250, True)


async def test_bytes_beyond_the_cap_are_cut_and_it_is_said(subject: Subject) -> None:
    text = "x" * 1000
    result = await subject.query(f"SELECT '{text}' AS t FROM {subject.many_rows}", max_bytes=5_000)
    assert (len(result.rows), result.truncated) == (5, True)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM vendas",
        "UPDATE vendas SET id = 1",
        "INSERT INTO vendas(id) VALUES (9)",
        "DROP TABLE vendas",
        "CREATE TABLE t(x INTEGER)",
        "CREATE TEMP TABLE t(x INTEGER)",
        "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE vendas ADD COLUMN x INTEGER",
        "ATTACH '{folder}/new' AS n",
        "PRAGMA journal_mode = WAL",
        "PRAGMA threads = 1",
        "VACUUM",
        "VACUUM INTO '{folder}/copy'",
        "SELECT 1; DELETE FROM vendas",
    ],
)
async def test_what_is_no_query_is_refused_and_nothing_changes(subject: Subject, sql: str) -> None:
    before = state_of(subject.path.parent)
    with pytest.raises((RefusedByPolicy, SqlInvalid)):
        await subject.query(sql.format(folder=subject.path.parent))
    assert state_of(subject.path.parent) == before
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


def state_of(folder: Path) -> dict[str, str]:
    """Every file in `folder` with a digest of its content."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


async def test_a_table_that_was_not_listed_cannot_be_read(subject: Subject) -> None:
    connector = subject.open(subject.path, catalog_of(subject.connector.dialect, "outra"))
    with pytest.raises(RefusedByPolicy) as caught:
        await connector.query(CheckedStatement(f"SELECT * FROM {TABLE}", connector.dialect, ()), LIMITS)
    assert caught.value.fields["rule"] == "engine_wall"


@pytest.mark.parametrize(
    ("sql", "named"), [("SELECT nada FROM vendas", "nada"), ("SELECT 1 FROM nada", "nada"), ("SELEC 1", "SELEC")]
)
async def test_errors_name_what_is_wrong_and_no_path(subject: Subject, sql: str, named: str) -> None:
    with pytest.raises((SqlInvalid, RefusedByPolicy)) as caught:
        await subject.query(sql)
    assert named in str(caught.value) or isinstance(caught.value, RefusedByPolicy)
    assert str(subject.path.parent) not in str(caught.value)


async def test_explain_finds_errors_without_running(subject: Subject) -> None:
    dialect = subject.connector.dialect
    await subject.connector.explain(CheckedStatement(ENDLESS, dialect, ()), 20)
    with pytest.raises(SqlInvalid):
        await subject.connector.explain(CheckedStatement("SELECT nada FROM vendas", dialect, ()), 20)


async def test_explain_takes_queries_only(subject: Subject) -> None:
    dialect = subject.connector.dialect
    with pytest.raises((RefusedByPolicy, SqlInvalid)):
        await subject.connector.explain(CheckedStatement("ANALYZE DELETE FROM vendas", dialect, ()), 20)
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


@pytest.mark.parametrize("content", [None, b"", b"rubbish" * 1000])
async def test_a_missing_or_broken_file_is_said_to_be_unreachable(subject: Subject, content: bytes | None) -> None:
    path = subject.path.with_name("other")
    if content is not None:
        path.write_bytes(content)
    connector = subject.open(path, catalog_of(subject.connector.dialect, TABLE))
    with pytest.raises((DatabaseUnreachable, SqlInvalid)) as caught:
        await connector.query(CheckedStatement(f"SELECT 1 FROM {TABLE}", connector.dialect, ()), LIMITS)
    assert str(path.parent) not in str(caught.value)
    assert path.exists() == (content is not None)


async def test_a_statement_ends_at_its_deadline(subject: Subject) -> None:
    with pytest.raises(TimedOut):
        await subject.query(ENDLESS, timeout_s=0.3)
    assert (await subject.query("SELECT 1")).rows == ((1,),)


async def test_cancelling_the_task_ends_the_statement(subject: Subject) -> None:
    before = set(subject.pool.process_ids)
    task = asyncio.create_task(subject.query(ENDLESS, timeout_s=60))
    await subject.query("SELECT 1")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (dead,) = before - set(subject.pool.process_ids)
    await subject.pool.recover()
    with pytest.raises(ProcessLookupError):
        os.kill(dead, 0)
    assert len(subject.pool.process_ids) == 2


async def test_a_child_that_is_killed_is_an_error_of_its_statement_alone(subject: Subject) -> None:
    tasks = [asyncio.create_task(subject.query(ENDLESS, timeout_s=60)) for _ in range(2)]
    await asyncio.sleep(0)
    for process_id in subject.pool.process_ids:
        os.kill(process_id, 9)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, TooManyRows) for result in results)
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


async def test_many_statements_share_few_children(subject: Subject) -> None:
    results = await asyncio.gather(*(subject.query(f"SELECT {n}") for n in range(100)))
    assert [result.rows for result in results] == [((n,),) for n in range(100)]
    assert len(subject.pool.process_ids) == 2


async def test_waiting_for_a_child_counts_into_the_deadline(subject: Subject) -> None:
    busy = [asyncio.create_task(subject.query(ENDLESS, timeout_s=60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TimedOut):
        await subject.query("SELECT 1", timeout_s=0.2)
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await subject.query("SELECT 1")).rows == ((1,),)
