"""SQLite files through the connector: results, types, cuts, errors, deadlines and cancelling."""

import asyncio
import math
import os
import sqlite3
from pathlib import Path

import pytest

from app.connectors.base import CheckedStatement, Limits, ResultSet
from app.connectors.catalog import Catalog, DataType, TableProfile
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool
from app.core.errors import DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows

pytestmark = pytest.mark.anyio

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "maçã & pêra.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("""
        CREATE TABLE vendas(id INTEGER PRIMARY KEY, região TEXT, valor REAL, dia DATE, hora TIME, visto TIMESTAMP,
                            pago BOOLEAN);
        INSERT INTO vendas VALUES (1, 'Sul', 10.5, '2024-01-02', '10:30:00', '2024-01-02 10:30:00', 1),
                                  (2, 'Norte', NULL, '2024-02-03', NULL, NULL, 0),
                                  (3, 'Sul', 2.0, NULL, NULL, NULL, NULL);
        CREATE TABLE segredo(chave TEXT);
        INSERT INTO segredo VALUES ('canário');
        CREATE VIEW resumo AS SELECT região, sum(valor) AS total FROM vendas GROUP BY região;
    """)
    connection.close()
    return path


@pytest.fixture
def connector(path: Path, pool: SqlitePool) -> SqliteConnector:
    return SqliteConnector(path, catalog_of("vendas", "resumo"), pool)


def catalog_of(*tables: str) -> Catalog:
    """A catalog that names tables and nothing more."""
    return Catalog("sqlite", tuple(TableProfile(name, name, None, ()) for name in tables))


async def query(connector: SqliteConnector, sql: str, **limits: float) -> ResultSet:
    """Runs `sql` as if the gate had passed it."""
    values = {"max_rows": int(limits.get("max_rows", 100)), "max_bytes": int(limits.get("max_bytes", 10**6))}
    return await connector.query(
        CheckedStatement(sql, "sqlite", ()), Limits(**values, timeout_s=limits.get("timeout_s", 10))
    )


async def test_rows_come_with_declared_types(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT * FROM vendas ORDER BY id")
    assert result.rows[0] == (1, "Sul", 10.5, "2024-01-02", "10:30:00", "2024-01-02 10:30:00", 1)
    assert {column.name: column.type for column in result.columns} == {
        "id": DataType.INTEGER,
        "região": DataType.TEXT,
        "valor": DataType.REAL,
        "dia": DataType.DATE,
        "hora": DataType.TIME,
        "visto": DataType.TIMESTAMP,
        "pago": DataType.BOOLEAN,
    }
    assert not result.truncated


async def test_computed_columns_are_typed_by_their_values(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT count(*), avg(valor), max(dia), min(região), max(visto) FROM vendas")
    types = [column.type for column in result.columns]
    assert types == [DataType.INTEGER, DataType.REAL, DataType.DATE, DataType.TEXT, DataType.TIMESTAMP]


async def test_a_result_without_rows_has_its_columns(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT id, dia FROM vendas WHERE id > 99")
    assert [(column.name, column.type) for column in result.columns] == [
        ("id", DataType.INTEGER),
        ("dia", DataType.DATE),
    ]
    assert result.rows == ()


async def test_cells_that_json_cannot_hold_arrive(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT x'00ff', 9e999, -9e999, NULL, 9223372036854775807")
    assert result.rows == ((b"\x00\xff", math.inf, -math.inf, None, 2**63 - 1),)


async def test_rows_beyond_the_cap_are_cut_and_it_is_said(connector: SqliteConnector) -> None:
    exact = await query(connector, "SELECT id FROM vendas", max_rows=3)
    cut = await query(connector, "SELECT id FROM vendas", max_rows=2)
    assert (len(exact.rows), exact.truncated) == (3, False)
    assert (len(cut.rows), cut.truncated) == (2, True)


async def test_bytes_beyond_the_cap_are_cut_and_it_is_said(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT hex(zeroblob(1000)) FROM vendas", max_bytes=5_000)
    assert (len(result.rows), result.truncated) == (2, True)


async def test_views_and_json_tables_can_be_read(connector: SqliteConnector) -> None:
    assert (await query(connector, "SELECT total FROM resumo WHERE região = 'Sul'")).rows == ((12.5,),)
    assert (await query(connector, "SELECT value FROM json_each('[4, 5]')")).rows == ((4,), (5,))


async def test_counting_a_with_query_is_allowed(connector: SqliteConnector) -> None:
    sql = "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT count(*) FROM n"
    assert (await query(connector, sql)).rows == ((5,),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT chave FROM segredo",
        "SELECT count(*) FROM segredo",
        "WITH vendas AS (SELECT * FROM segredo) SELECT * FROM vendas",
        "SELECT sql FROM sqlite_master",
        "SELECT count(*) FROM sqlite_schema",
        "SELECT * FROM pragma_table_info('segredo')",
        "SELECT count(*) FROM dbstat",
        "SELECT load_extension('x')",
        "SELECT fts3_tokenizer('simple')",
        "ATTACH '/tmp/none.sqlite' AS x",
        "PRAGMA query_only = 0",
        "CREATE TEMP TABLE t(x)",
        "DELETE FROM vendas",
    ],
)
async def test_the_engine_denies_what_it_was_not_told_to_allow(connector: SqliteConnector, sql: str) -> None:
    with pytest.raises(RefusedByPolicy) as caught:
        await query(connector, sql)
    assert caught.value.fields["rule"] == "engine_wall"


@pytest.mark.parametrize(
    ("sql", "named"), [("SELECT nada FROM vendas", "nada"), ("SELECT 1 FROM nada", "nada"), ("SELEC 1", "SELEC")]
)
async def test_errors_name_what_is_wrong_and_no_path(
    connector: SqliteConnector, path: Path, sql: str, named: str
) -> None:
    with pytest.raises((SqlInvalid, RefusedByPolicy)) as caught:
        await query(connector, sql)
    assert named in str(caught.value) or isinstance(caught.value, RefusedByPolicy)
    assert str(path.parent) not in str(caught.value)


async def test_explain_finds_errors_without_running(connector: SqliteConnector) -> None:
    await connector.explain(CheckedStatement(ENDLESS, "sqlite", ()), 5)
    with pytest.raises(SqlInvalid):
        await connector.explain(CheckedStatement("SELECT nada FROM vendas", "sqlite", ()), 5)


async def test_a_missing_file_is_said_to_be_unreachable(pool: SqlitePool, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable):
        await query(SqliteConnector(tmp_path / "none.sqlite", catalog_of("t"), pool), "SELECT 1 FROM t")


async def test_a_file_that_is_no_database_is_said_to_be_unreachable(pool: SqlitePool, tmp_path: Path) -> None:
    (tmp_path / "rubbish.sqlite").write_bytes(b"rubbish" * 1000)
    with pytest.raises(DatabaseUnreachable):
        await query(SqliteConnector(tmp_path / "rubbish.sqlite", catalog_of("t"), pool), "SELECT 1 FROM t")


async def test_a_statement_ends_at_its_deadline(connector: SqliteConnector) -> None:
    with pytest.raises(TimedOut):
        await query(connector, ENDLESS, timeout_s=0.3)
    assert (await query(connector, "SELECT 1")).rows == ((1,),)


async def test_a_single_endless_instruction_ends_with_its_child(connector: SqliteConnector, pool: SqlitePool) -> None:
    before = set(pool.process_ids)
    text = "hex(zeroblob(400000))"
    with pytest.raises(TimedOut):
        await query(connector, f"SELECT instr({text}, substr({text}, 1, 400000) || 'b')", timeout_s=0.3)
    assert len(before & set(pool.process_ids)) == 1
    assert (await query(connector, "SELECT 1")).rows == ((1,),)


async def test_cancelling_the_task_kills_the_child(connector: SqliteConnector, pool: SqlitePool) -> None:
    before = set(pool.process_ids)
    task = asyncio.create_task(query(connector, ENDLESS, timeout_s=60))
    await query(connector, "SELECT 1")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (dead,) = before - set(pool.process_ids)
    await pool.recover()
    assert not _exists(dead)
    assert len(pool.process_ids) == 2


def _exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def test_too_much_memory_is_an_error_and_not_the_end(connector: SqliteConnector) -> None:
    step = "SELECT i + 1, hex(zeroblob(400000)) || i FROM n WHERE i < 9000"
    bomb = f"WITH RECURSIVE n(i, t) AS (SELECT 1, '' UNION ALL {step})"
    with pytest.raises((TooManyRows, TimedOut)):
        await query(connector, f"{bomb} SELECT i FROM n ORDER BY t DESC", timeout_s=20)
    assert (await query(connector, "SELECT 1")).rows == ((1,),)


async def test_a_child_that_dies_is_an_error_of_its_statement_alone(
    connector: SqliteConnector, pool: SqlitePool
) -> None:
    tasks = [asyncio.create_task(query(connector, ENDLESS, timeout_s=60)) for _ in range(2)]
    await asyncio.sleep(0)
    for process_id in pool.process_ids:
        os.kill(process_id, 9)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, TooManyRows) for result in results)
    assert (await query(connector, "SELECT 1")).rows == ((1,),)


async def test_many_statements_share_few_children(connector: SqliteConnector, pool: SqlitePool) -> None:
    results = await asyncio.gather(*(query(connector, f"SELECT {n}") for n in range(100)))
    assert [result.rows for result in results] == [((n,),) for n in range(100)]
    assert len(pool.process_ids) == 2


async def test_waiting_for_a_child_counts_into_the_deadline(connector: SqliteConnector) -> None:
    busy = [asyncio.create_task(query(connector, ENDLESS, timeout_s=60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TimedOut):
        await query(connector, "SELECT 1", timeout_s=0.2)
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await query(connector, "SELECT 1")).rows == ((1,),)


async def test_closing_the_pool_ends_its_children(path: Path) -> None:
    pool = SqlitePool(children=1)
    connector = SqliteConnector(path, catalog_of("vendas"), pool)
    assert (await query(connector, "SELECT 1")).rows == ((1,),)
    (process_id,) = pool.process_ids
    running = asyncio.create_task(query(connector, ENDLESS, timeout_s=60))
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises((DatabaseUnreachable, TooManyRows)):
        await running
    assert not _exists(process_id)
    with pytest.raises(DatabaseUnreachable):
        await query(connector, "SELECT 1")
