"""DuckDB's walls alone: with the gate switched off, no statement reads or changes a file, and each one ends."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from app.connectors.base import CheckedStatement, Connector, Limits, ResultSet
from app.connectors.catalog import Catalog, TableProfile
from app.connectors.duckdb import DuckdbConnector, declared_type
from app.connectors.duckdb_pool import DuckdbPool
from app.connectors.endpoint import Endpoint
from app.connectors.file_database import FileDatabase, FileEngine
from app.core.engines import EngineKind
from app.core.errors import AgentGraphError
from app.ingestion.columnar import copy_sqlite
from app.ingestion.duck import duck
from app.ingestion.profile import profile_sqlite
from tests.connectors.subjects import Record
from tests.security.corpora import make_shop, read, sql_attacks
from tests.security.test_sqlite_walls import files_named_in, state_of

pytestmark = pytest.mark.anyio

LIMIT_S = 1.0
PATIENCE_S = 20.0
"""Far above limit and grace, for busy machines: only a statement that never ends takes so long."""
CANARY = "canário-7f3a"
HIDDEN = "segredo"

READING = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_csv_auto('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_json_objects('{secret}')",
    "SELECT * FROM read_ndjson_auto('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM parquet_schema('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM '{folder}/*.csv'",
    "FROM '{secret}'",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
    "SELECT * FROM query_table('{secret}')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SELECT * FROM read_duckdb('{folder}/shop.duckdb')",
    "SELECT * FROM sqlite_scan('{folder}/shop.sqlite', 'segredo')",
    "SELECT getenv('HOME')",
    "SELECT * FROM which_secret('s3://x', 's3')",
    "SELECT * FROM request",
    "SELECT * FROM self",
    "WITH x AS (SELECT * FROM read_text('{secret}')) SELECT * FROM x",
    "SELECT (SELECT content FROM read_text('{secret}'))",
    "EXPLAIN ANALYZE SELECT * FROM read_text('{secret}')",
    "DESCRIBE SELECT * FROM read_csv('{secret}')",
    "SUMMARIZE '{secret}'",
]
CHANGING = [
    "COPY vendas TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.parquet' (FORMAT parquet)",
    "COPY vendas FROM '{secret}'",
    "COPY FROM DATABASE shop TO memory",
    "EXPORT DATABASE '{folder}/export'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/new.duckdb' AS n",
    "ATTACH '{folder}/shop.sqlite' AS n (TYPE sqlite)",
    "ATTACH ':memory:' AS m",
    "DETACH shop",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/x.duckdb_extension'",
    "FORCE INSTALL sqlite FROM community",
    "UPDATE EXTENSIONS",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "PRAGMA enable_profiling",
    "PRAGMA profiling_output='{folder}/profile.json'",
    "PRAGMA database_list",
    "PRAGMA temp_directory='{folder}'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET temp_directory = '{folder}'",
    "SET log_query_path = '{folder}/log'",
    "SET memory_limit = '100GB'",
    "SET threads = 64",
    "SET VARIABLE x = 1",
    "RESET lock_configuration",
    "CALL enable_logging(storage = 'file', storage_path = '{folder}')",
    "SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_path = '{folder}')",
    "CALL force_checkpoint()",
    "CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE vendas AS SELECT 1",
    "CREATE MACRO vendas() AS TABLE SELECT 1",
    "CREATE TEMP MACRO sum(x) AS 0",
    "CREATE VIEW v AS SELECT 1",
    "INSERT INTO vendas(id) VALUES (999999)",
    "MERGE INTO vendas USING vendas AS v ON TRUE WHEN MATCHED THEN DELETE",
    "TRUNCATE vendas",
    "DROP TABLE vendas",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "BEGIN",
    "SELECT 1; COPY vendas TO '{folder}/out2.csv'",
    "SELECT nextval('s')",
    "SELECT write_log('x', log_type := 'y')",
    "SELECT setseed(0.5)",
]
ENDLESS = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "SELECT count(*) FROM range(1000000000000) a(i) WHERE i % 7 = 8",
    "SELECT count(*) FROM vendas a, vendas b, vendas c, vendas d, vendas e",
    "SELECT * FROM vendas a, vendas b, vendas c, vendas d ORDER BY random()",
    "SELECT length(repeat('x', 4000000000))",
    "SELECT length(string_agg(repeat('x', 1000000), '')) FROM range(100000)",
    "SELECT list(i) FROM range(10000000000) a(i)",
    "SELECT regexp_matches(repeat('a', 100000), '(a*)*b')",
    "SELECT levenshtein(repeat('ab', 400000), repeat('ba', 400000))",
    "SELECT 1" + " + 1" * 4_000,
    "SELECT " + "(" * 3_000 + "1" + ")" * 3_000,
]


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[DuckdbPool]:
    pool = DuckdbPool(children=2, memory_bytes=384 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop as a DuckDB file, beside files that nobody may read: what each test has a copy of."""
    folder = tmp_path_factory.mktemp("shop")
    shop = make_shop(folder)
    with closing(sqlite3.connect(shop)) as con:
        con.execute(f"DROP TABLE {HIDDEN}")
    tables = {table.name: table for table in profile_sqlite(shop).tables}
    with duck(folder) as con:
        copy_sqlite(con, shop, folder / "shop.duckdb", tables)
    (folder / "secret.csv").write_text(f"a,b\n{CANARY},2\n", encoding="utf-8")
    return folder


@pytest.fixture
def folder(untouched: Path, tmp_path: Path) -> Path:
    """A copy of those files for this test alone."""
    shutil.copytree(untouched, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def connector(folder: Path, pool: DuckdbPool) -> Connector:
    """The file as the columnar copy of an upload."""
    return DuckdbConnector(folder / "shop.duckdb", catalog_of(folder / "shop.sqlite"), pool)


@pytest.fixture
def connection(folder: Path, pool: DuckdbPool) -> Connector:
    """The file as somebody connected it."""
    engine = FileEngine("duckdb", pool, lambda path, catalog: DuckdbConnector(path, catalog, pool), declared_type)
    return FileDatabase(engine, Endpoint(EngineKind.DUCKDB, "", 0, "shop.duckdb", "", ""), folder)


@pytest.fixture(params=["connector", "connection"])
def either(request: pytest.FixtureRequest, pool: DuckdbPool) -> Connector:
    """The file in each of these ways."""
    found: Connector = request.getfixturevalue(request.param)
    return found


def catalog_of(database: Path) -> Catalog:
    """Names of the tables in an SQLite file."""
    tables = profile_sqlite(database).tables
    return Catalog("duckdb", tuple(TableProfile(table.name, table.name, None, ()) for table in tables))


async def outcome(connector: Connector, sql: str) -> str | ResultSet:
    """What became of one statement: its rows, or the code of its error."""
    limits = Limits(max_rows=1000, max_bytes=10**6, timeout_s=LIMIT_S)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await connector.query(CheckedStatement(sql, "duckdb", ()), limits)
    except AgentGraphError as error:
        return error.code


async def _until_served(connector: Connector, sql: str) -> str | ResultSet:
    """Runs one statement; waiting behind bombs may use up its time, so it is given a second turn."""
    first = await outcome(connector, sql)
    return await outcome(connector, sql) if first == "timed_out" else first


def statements(folder: Path) -> list[str]:
    """Every text of the corpora, whatever its dialect, and the product's own ones."""
    corpus = [item["sql"] for item in [*read("sqlguard/reject.jsonl"), *sql_attacks()]]
    own = [*READING, *CHANGING, *ENDLESS]
    secret = folder / "secret.csv"
    return [*corpus, *(sql.replace("{secret}", str(secret)).replace("{folder}", str(folder)) for sql in own)]


async def test_no_statement_reads_or_changes_a_file_and_each_ends(
    folder: Path, either: Connector, record_property: Record
) -> None:
    texts = statements(folder)
    record_property("attacks", len(texts))
    before, outside = state_of(folder), {file for file in files_named_in(texts) if file.exists()}
    count = await outcome(either, "SELECT count(*) FROM vendas")

    found = []
    for batch in (texts[start : start + 8] for start in range(0, len(texts), 8)):
        found += await asyncio.gather(*(_until_served(either, sql) for sql in batch))

    assert state_of(folder) == before
    assert {file for file in files_named_in(texts) if file.exists()} == outside
    assert [sql for sql, result in zip(texts, found, strict=True) if is_leak(result)] == []
    after = await _until_served(either, "SELECT count(*) FROM vendas")
    assert isinstance(after, ResultSet)
    assert isinstance(count, ResultSet)
    assert after.rows == count.rows


def is_leak(result: str | ResultSet) -> bool:
    """True when rows hold what stands in a file that is not the source."""
    return isinstance(result, ResultSet) and any(
        mark in repr(result.rows) for mark in (CANARY, "root:x:", "secret.csv")
    )


@pytest.mark.parametrize("sql", READING[:20])
async def test_no_function_reads_files(folder: Path, connector: Connector, sql: str) -> None:
    text = sql.replace("{secret}", str(folder / "secret.csv")).replace("{folder}", str(folder))
    result = await _until_served(connector, text)
    assert isinstance(result, str) or result.rows == ()


@pytest.mark.parametrize("sql", CHANGING[:-3])
async def test_what_is_no_query_does_not_run(folder: Path, connector: Connector, sql: str) -> None:
    text = sql.replace("{secret}", str(folder / "secret.csv")).replace("{folder}", str(folder))
    assert await _until_served(connector, text) in {"refused_by_policy", "sql_invalid"}


async def test_a_file_with_a_table_that_was_not_listed_is_not_opened(folder: Path, pool: DuckdbPool) -> None:
    catalog = Catalog("duckdb", (TableProfile("vendas", "vendas", None, ()),))
    connector = DuckdbConnector(folder / "shop.duckdb", catalog, pool)
    assert await outcome(connector, "SELECT id FROM vendas") == "refused_by_policy"


async def test_nothing_stays_between_statements(connector: Connector) -> None:
    for sql in ("CREATE TEMP TABLE geheim AS SELECT 1 AS x", "SET VARIABLE geheim = 1", "PREPARE geheim AS SELECT 1"):
        await outcome(connector, sql)
    for sql in ("SELECT * FROM geheim", "EXECUTE geheim"):
        assert isinstance(await outcome(connector, sql), str)
    kept = await outcome(connector, "SELECT getvariable('geheim')")
    assert isinstance(kept, ResultSet)
    assert kept.rows == ((None,),)
