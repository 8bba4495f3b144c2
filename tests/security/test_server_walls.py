"""The gate switched off: every attack at hand, sent to real servers by a login that may do too much, does no harm.

What is compared before and after: the rows of all tables, the list of relations, sequences, files, settings, and rows
of a database that is not the connection's own. Each statement ends within its limit, on the server too.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg
import pytest

from app.connectors.base import CheckedStatement, Limits, ResultSet
from app.connectors.endpoint import Endpoint, Link
from app.connectors.mysql import MYSQL
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector, ServerEngine
from app.connectors.server_pool import Room
from app.core.errors import AgentGraphError
from tests.connectors.subjects import LOCAL, Record, postgres_endpoint
from tests.mariadb import MariaDb
from tests.security.corpora import read, sql_attacks
from tests.waiting import until_given

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]

LIMIT_S = 1.5
ENDS_S = LIMIT_S + 3.0
"""Limit of one statement and the grace of `security.md`, doubled below for the connection that it may wait for."""
QUIET_S = 30
"""Time until a server runs nothing any more: PostgreSQL writes one row of 900 MB to a temporary file without looking
for a cancel, which takes as long as the disk does; what sleeps in these lists does so for a minute and more."""
AT_ONCE = 4
TABLES = (
    "CREATE TABLE vendas (id INTEGER PRIMARY KEY, cliente_id INTEGER, valor DECIMAL(9, 2))",
    "CREATE TABLE clientes (id INTEGER PRIMARY KEY, nome VARCHAR(40))",
    "CREATE TABLE segredo (chave VARCHAR(40))",
    "INSERT INTO vendas VALUES (1, 1, 10.50), (2, 2, 3.25)",
    "INSERT INTO clientes VALUES (1, 'Ana'), (2, 'Bia')",
    "INSERT INTO segredo VALUES ('canário')",
)
OWNER, PASSWORD = "dona_das_tabelas", "senha da dona"
NAMES = ("vendas", "clientes", "segredo")
STACKED = [
    "SELECT 1; DELETE FROM vendas",
    "COMMIT; DELETE FROM vendas; SELECT 1",
    "ROLLBACK; UPDATE vendas SET valor = 0",
    "SELECT 1 FROM vendas FOR UPDATE",
    "DELETE FROM vendas",
    "TRUNCATE TABLE vendas",
    "DROP TABLE vendas",
    "CREATE TABLE nova (i INTEGER)",
]
POSTGRES_OWN = [
    "WITH d AS (DELETE FROM vendas RETURNING *) SELECT * FROM d",
    "SELECT * INTO nova FROM vendas",
    "SELECT nextval('numeros')",
    "SELECT setval('numeros', 99)",
    "SELECT lo_create(4242)",
    "SELECT lo_from_bytea(4243, 'x')",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SET TRANSACTION READ WRITE",
    "SELECT query_to_xml('DELETE FROM vendas', true, true, '')",
    "SELECT ts_stat('DELETE FROM vendas')",
    "DO $$ BEGIN DELETE FROM vendas; END $$",
    "COPY vendas TO '/tmp/agentgraph-walls'",
    "SELECT pg_sleep(60)",
    "SELECT count(*) FROM generate_series(1, 100000000000)",
    "SELECT count(*) FROM generate_series(1, 300000) a, generate_series(1, 300000) b",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "SELECT pg_advisory_lock(7), pg_sleep(60)",
    "NOTIFY canal",
    "LISTEN canal",
    "EXPLAIN ANALYZE DELETE FROM vendas",
]
MYSQL_OWN = [
    "SELECT 1 INTO OUTFILE '{folder}/a'",
    "SELECT * FROM vendas INTO DUMPFILE '{folder}/b'",
    "SELECT 1 /*! INTO OUTFILE '{folder}/c' */",
    "SELECT 1 /*M! INTO OUTFILE '{folder}/d' */",
    "BEGIN NOT ATOMIC SET SESSION TRANSACTION READ WRITE; COMMIT; DELETE FROM vendas; END",
    "EXECUTE IMMEDIATE 'DELETE FROM vendas'",
    "PREPARE p FROM 'DELETE FROM vendas'",
    "SET STATEMENT max_statement_time = 0 FOR DELETE FROM vendas",
    "SET GLOBAL max_connections = 3",
    "SET GLOBAL read_only = 1",
    "SELECT SLEEP(60)",
    "SELECT BENCHMARK(10000000000, MD5('x'))",
    "SELECT count(*) FROM seq_1_to_1000000 a, seq_1_to_1000000 b",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "SELECT GET_LOCK('x', 60), SLEEP(60)",
    "LOCK TABLES vendas WRITE",
    "FLUSH TABLES WITH READ LOCK",
    "ANALYZE DELETE FROM vendas",
    "HANDLER vendas OPEN",
    "KILL 1",
    "SHUTDOWN",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE segredo",
]


@dataclass(frozen=True, slots=True)
class Target:
    """One server with the tables, as a login that may change them sees it."""

    engine: ServerEngine
    endpoint: Endpoint
    statements: list[str]
    state: Callable[[], Awaitable[object]]
    """Everything that a statement could have changed."""
    running: Callable[[], Awaitable[list[str]]]
    """What the server runs of the login now, as it tells it."""


def corpus(*dialects: str) -> list[str]:
    """The texts of the corpora for some dialects."""
    items = [*read("sqlguard/reject.jsonl"), *sql_attacks()]
    return [item["sql"] for item in items if item["dialect"] in {*dialects, "any", "mixed", "generic"}]


@pytest.fixture
async def postgres(empty_database_url: str, superuser: dict[str, str]) -> AsyncIterator[Target]:
    """PostgreSQL, entered by a login of its own that owns the tables."""
    # Somebody else looks on and cleans up: a login may end other connections of its own, and some attacks do.
    watch = await asyncpg.connect(empty_database_url, user=superuser["user"], password=superuser["password"])
    await watch.execute(
        f"DROP ROLE IF EXISTS {OWNER}; CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}';"
        f" GRANT ALL ON SCHEMA public TO {OWNER}; SET ROLE {OWNER}"
    )
    for statement in (*TABLES, "CREATE SEQUENCE numeros START 5"):
        await watch.execute(statement)
    await watch.execute("RESET ROLE")

    async def state() -> object:
        rows = [await watch.fetch(f"SELECT * FROM {name} ORDER BY 1") for name in NAMES]
        things = await watch.fetch(
            "SELECT relname, relkind FROM pg_class WHERE relnamespace >= 16384 OR relnamespace = 2200"
        )
        others = [
            await watch.fetch("SELECT last_value, is_called FROM numeros"),
            await watch.fetch("SELECT oid FROM pg_largeobject_metadata ORDER BY 1"),
            await watch.fetch("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%' ORDER BY 1"),
            await watch.fetch("SELECT setconfig FROM pg_db_role_setting"),
            await watch.fetch("SELECT datname FROM pg_database ORDER BY 1"),
            await watch.fetch("SELECT rolname FROM pg_roles ORDER BY 1"),
        ]
        return rows, sorted(map(tuple, things)), others

    async def running() -> list[str]:
        found = await watch.fetch(
            "SELECT state, wait_event, now() - query_start, left(query, 200) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return [str(tuple(row)) for row in found]

    yield Target(
        POSTGRES,
        postgres_endpoint(empty_database_url, user=OWNER, password=PASSWORD),
        [*corpus("postgres"), *STACKED, *POSTGRES_OWN],
        state,
        running,
    )
    await watch.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{OWNER}'")
    await watch.execute(f"DROP OWNED BY {OWNER}; DROP ROLE {OWNER}")
    await watch.close()


@pytest.fixture
async def mysql(mariadb: MariaDb, mariadb_owner: Endpoint) -> AsyncIterator[Target]:
    """MariaDB, entered by the owner of the tables, who may write files of the server and change its settings, too."""
    name, other = mariadb_owner.database, f"{mariadb_owner.database}_other"
    mariadb.run(*TABLES, f"GRANT ALL ON *.* TO '{mariadb_owner.user}'@'%'", database=name)
    mariadb.run(f"CREATE DATABASE {other}", f"CREATE TABLE {other}.alheia AS SELECT 1 AS i")

    async def state() -> object:
        return [
            mariadb.run(f"CHECKSUM TABLE {', '.join(NAMES)}, {other}.alheia", database=name),
            mariadb.run("SHOW FULL TABLES", database=name),
            mariadb.run("SHOW DATABASES"),
            mariadb.run("SELECT user, host FROM mysql.user ORDER BY 1, 2"),
            mariadb.run("SELECT @@global.max_connections, @@global.read_only, @@global.general_log"),
            mariadb.files(name),
        ]

    async def running() -> list[str]:
        mine = f"USER = '{mariadb_owner.user}' AND COMMAND NOT IN ('Sleep', 'Killed')"
        found = mariadb.run(f"SELECT STATE, TIME, LEFT(INFO, 200) FROM information_schema.PROCESSLIST WHERE {mine}")
        return list(map(str, found))

    own = [text.replace("{folder}", str(mariadb.folder / "written")) for text in MYSQL_OWN]
    yield Target(MYSQL, mariadb_owner, [*corpus("mysql"), *STACKED, *own], state, running)
    mariadb.run(f"DROP DATABASE {other}")


@asynccontextmanager
async def opened(target: Target) -> AsyncIterator[DatabaseConnector]:
    connector = DatabaseConnector(target.engine, target.endpoint, LOCAL, Link(connections=AT_ONCE), Room(20))
    yield connector
    await connector.close()


async def outcome(connector: DatabaseConnector, sql: str) -> str:
    """The code of the error that a statement ended in, or `ran`, or `late` when it overran its limit and grace."""
    statement = CheckedStatement(sql, connector.dialect, ())
    try:
        async with asyncio.timeout(2 * ENDS_S):
            await connector.query(statement, Limits(max_rows=1000, max_bytes=10**6, timeout_s=LIMIT_S))
    except TimeoutError:
        return "late"
    except AgentGraphError as error:
        return error.code
    return "ran"


async def still_running(target: Target) -> list[str]:
    """What the server still runs of the login after the time that it has for ending it; nothing, as it should be."""
    left: list[str] = []

    async def is_quiet() -> bool:
        left[:] = await target.running()
        return not left

    with suppress(TimeoutError):
        await until_given(is_quiet, timeout_s=QUIET_S)
    return left


@pytest.fixture(params=["postgres", "mysql"])
def target(request: pytest.FixtureRequest) -> Target:
    """Each server in turn."""
    found: Target = request.getfixturevalue(request.param)
    return found


async def test_no_attack_changes_anything_and_each_ends(target: Target, record_property: Record) -> None:
    record_property("attacks", len(target.statements))
    before = await target.state()
    async with opened(target) as connector:
        turns = asyncio.Semaphore(AT_ONCE)

        async def attack(sql: str) -> str:
            async with turns:
                return await outcome(connector, sql)

        found = await asyncio.gather(*map(attack, target.statements))
        assert await target.state() == before
        assert [sql for sql, code in zip(target.statements, found, strict=True) if code == "late"] == []
        known = {"ran", "timed_out", "sql_invalid", "refused_by_policy", "too_many_rows", "database_unreachable"}
        assert set(found) <= known
        assert found.count("sql_invalid") + found.count("refused_by_policy") > len(found) // 2
        assert await still_running(target) == []
        result = await connector.query(CheckedStatement("SELECT count(*) FROM vendas", connector.dialect, ()), Limits())
        assert isinstance(result, ResultSet)
        assert result.rows == ((2,),)
