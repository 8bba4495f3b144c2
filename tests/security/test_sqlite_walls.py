"""The database's walls alone: with the gate switched off, no statement changes a file, and each one ends."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.connectors.base import CheckedStatement, Connector, Limits
from app.connectors.catalog import Catalog, TableProfile
from app.connectors.endpoint import Endpoint
from app.connectors.file_database import FileDatabase, FileEngine
from app.connectors.sqlite import SqliteConnector, declared_type
from app.connectors.sqlite_pool import SqlitePool
from app.core.engines import EngineKind
from app.core.errors import AgentGraphError
from tests.connectors.subjects import Record
from tests.security.corpora import SCRATCH_TABLES, SHOP_TABLES, make_shop, read, sql_attacks

pytestmark = pytest.mark.anyio

LIMIT_S = 1.0
PATIENCE_S = 20.0
"""Far above limit and grace, for busy machines: only a statement that never ends takes so long."""

OWN = [
    "VACUUM INTO '{folder}/copy.sqlite'",
    "ATTACH '{folder}/new.sqlite' AS n",
    "ATTACH 'file:{folder}/new2.sqlite?mode=rwc' AS n",
    "CREATE TEMP TABLE t AS SELECT 1",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = WAL",
    "PRAGMA temp_store_directory = '{folder}'",
    "INSERT INTO vendas(id) VALUES (999999)",
    "DROP TABLE vendas",
    "SELECT load_extension('{folder}/x.so')",
    "SELECT writefile('{folder}/x', 'y')",
    "SELECT * FROM segredo",
    "SELECT count(*) FROM segredo",
    "SELECT 1; DELETE FROM vendas",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "SELECT instr(hex(zeroblob(400000)), substr(hex(zeroblob(400000)), 1, 400000) || 'b')",
    "SELECT length(group_concat(hex(randomblob(400000)))) FROM vendas a, vendas b",
    "SELECT * FROM vendas a, vendas b, vendas c ORDER BY random()",
]


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[SqlitePool]:
    pool = SqlitePool(children=4, memory_bytes=384 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


def state_of(folder: Path) -> dict[str, str]:
    """Name, size, time and content of every file in `folder`."""
    return {
        str(path): f"{path.stat().st_size} {path.stat().st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in folder.rglob("*")
        if path.is_file()
    }


def statements(folder: Path) -> list[str]:
    """Every text that SQLite might be sent, with the paths of the product's own ones inside `folder`."""
    kinds = {"sqlite", "any", "mixed", "generic", "other"}
    corpus = [item["sql"] for item in [*read("sqlguard/reject.jsonl"), *sql_attacks()] if item["dialect"] in kinds]
    return [*corpus, *(text.format(folder=folder) for text in OWN)]


def files_named_in(texts: list[str]) -> set[Path]:
    """Files outside of the folder that the statements speak of."""
    return {Path(name) for text in texts for name in re.findall(r"/tmp/[\w./-]+", text)}


async def outcome(connector: Connector, sql: str) -> str:
    """What became of one statement: `rows`, or the code of its error."""
    limits = Limits(max_rows=1000, max_bytes=10**6, timeout_s=LIMIT_S)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await connector.query(CheckedStatement(sql, "sqlite", ()), limits)
    except AgentGraphError as error:
        return error.code
    return "rows"


def as_file(path: Path, pool: SqlitePool) -> Connector:
    """The file as an upload is asked."""
    names = (*SHOP_TABLES, *SCRATCH_TABLES)
    return SqliteConnector(path, Catalog("sqlite", tuple(TableProfile(n, n, None, ()) for n in names)), pool)


def as_connection(path: Path, pool: SqlitePool) -> Connector:
    """The file as somebody connected it."""
    engine = FileEngine("sqlite", pool, lambda path, catalog: SqliteConnector(path, catalog, pool), declared_type)
    return FileDatabase(engine, Endpoint(EngineKind.SQLITE, "", 0, path.name, "", ""), path.parent)


@pytest.mark.parametrize("opened", [as_file, as_connection])
async def test_no_statement_changes_a_file_and_each_ends(
    tmp_path: Path, pool: SqlitePool, opened: Callable[[Path, SqlitePool], Connector], record_property: Record
) -> None:
    path = make_shop(tmp_path)
    connector = opened(path, pool)
    texts = statements(tmp_path)
    record_property("attacks", len(texts))
    before, outside = state_of(tmp_path), {file for file in files_named_in(texts) if file.exists()}

    for batch in (texts[start : start + 8] for start in range(0, len(texts), 8)):
        await asyncio.gather(*(_until_served(connector, sql) for sql in batch))

    assert state_of(tmp_path) == before
    assert {file for file in files_named_in(texts) if file.exists()} == outside
    assert await outcome(connector, "SELECT count(*) FROM vendas") == "rows"


async def _until_served(connector: Connector, sql: str) -> None:
    """Runs one statement; waiting behind bombs may use up its time, so it is given a second turn."""
    if await outcome(connector, sql) == "timed_out":
        await outcome(connector, sql)


@pytest.mark.parametrize("sql", ["SELECT * FROM segredo", "SELECT (SELECT chave FROM segredo) FROM vendas"])
async def test_a_table_that_was_not_listed_cannot_be_read(tmp_path: Path, pool: SqlitePool, sql: str) -> None:
    connector = SqliteConnector(make_shop(tmp_path), Catalog("sqlite", (TableProfile("vendas", "v", None, ()),)), pool)
    assert await outcome(connector, sql) == "refused_by_policy"
    assert await outcome(connector, "SELECT id FROM vendas") == "rows"
