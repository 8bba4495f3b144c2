"""What every connector promises: results, types, cuts, refusals, deadlines, and health afterwards."""

import math
from pathlib import Path
from typing import Any

import pytest

from app.connectors.base import CheckedStatement
from app.connectors.catalog import DataType
from app.core.errors import RefusedByPolicy, SqlInvalid, TimedOut
from tests.connectors.subjects import TABLE, Subject

pytestmark = pytest.mark.anyio


@pytest.fixture(
    params=[
        "sqlite_subject",
        "duckdb_subject",
        "sqlite_database",
        "duckdb_database",
        "postgres_subject",
        "mysql_subject",
        "sqlserver_subject",
        "dialect_subject",
    ]
)
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
    result = await subject.query(f"SELECT {subject.not_a_number} AS nan, {subject.infinity} AS inf, NULL AS empty")
    assert result.rows in {((None, math.inf, None),), ((None, None, None),)}


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
async def test_what_is_no_query_is_refused_and_nothing_changes(subject: Subject, sql: str, tmp_path: Path) -> None:
    before = await subject.state()
    with pytest.raises((RefusedByPolicy, SqlInvalid)):
        await subject.query(sql.format(folder=tmp_path))
    assert await subject.state() == before
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


@pytest.mark.parametrize(
    ("sql", "named"), [("SELECT nada FROM vendas", "nada"), ("SELECT 1 FROM nada", "nada"), ("SELEC 1", "SELEC")]
)
async def test_errors_name_what_is_wrong_and_no_path(subject: Subject, sql: str, named: str, tmp_path: Path) -> None:
    with pytest.raises((SqlInvalid, RefusedByPolicy)) as caught:
        await subject.query(sql)
    assert named in str(caught.value) or isinstance(caught.value, RefusedByPolicy)
    assert str(tmp_path) not in str(caught.value)


async def test_explain_finds_errors_without_running(subject: Subject) -> None:
    dialect = subject.connector.dialect
    await subject.connector.explain(CheckedStatement(subject.endless, dialect, ()), 20)
    with pytest.raises(SqlInvalid):
        await subject.connector.explain(CheckedStatement("SELECT nada FROM vendas", dialect, ()), 20)


async def test_explain_takes_queries_only(subject: Subject) -> None:
    dialect = subject.connector.dialect
    with pytest.raises((RefusedByPolicy, SqlInvalid)):
        await subject.connector.explain(CheckedStatement("ANALYZE DELETE FROM vendas", dialect, ()), 20)
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


async def test_a_statement_ends_at_its_deadline(subject: Subject) -> None:
    with pytest.raises(TimedOut):
        await subject.query(subject.endless, timeout_s=0.3)
    assert (await subject.query("SELECT 1")).rows == ((1,),)
