"""What only SQLite files do; `test_contract` holds what every connector promises."""

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
from app.core.errors import DatabaseUnreachable, RefusedByPolicy, TimedOut, TooManyRows

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


async def test_computed_columns_are_typed_by_their_values(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT count(*), avg(valor), max(dia), min(região), max(visto) FROM vendas")
    types = [column.type for column in result.columns]
    assert types == [DataType.INTEGER, DataType.REAL, DataType.DATE, DataType.TEXT, DataType.TIMESTAMP]


async def test_cells_that_json_cannot_hold_arrive(connector: SqliteConnector) -> None:
    result = await query(connector, "SELECT x'00ff', 9e999, -9e999, NULL, 9223372036854775807")
    assert result.rows == ((b"\x00\xff", math.inf, -math.inf, None, 2**63 - 1),)


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


async def test_a_single_endless_instruction_ends_with_its_child(connector: SqliteConnector, pool: SqlitePool) -> None:
    before = set(pool.process_ids)
    text = "hex(zeroblob(400000))"
    with pytest.raises(TimedOut):
        await query(connector, f"SELECT instr({text}, substr({text}, 1, 400000) || 'b')", timeout_s=0.3)
    assert len(before & set(pool.process_ids)) == 1
    assert (await query(connector, "SELECT 1")).rows == ((1,),)


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
