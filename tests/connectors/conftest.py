"""Connectors for tests: pools of children for files, and real servers."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from app.connectors import duckdb, sqlite
from app.connectors.catalog import DataType
from app.connectors.dialect_database import DialectDatabase
from app.connectors.dialect_pool import DialectPool
from app.connectors.duckdb import DuckdbConnector
from app.connectors.duckdb_pool import DuckdbPool
from app.connectors.endpoint import Endpoint, Link
from app.connectors.file_database import FileDatabase, FileEngine
from app.connectors.mysql import MYSQL
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool
from app.connectors.sqlserver import SQLSERVER
from app.core.engines import EngineKind, TlsMode
from tests.certificates import Certificates, make_certificates
from tests.connectors.pg8000 import THROUGH_PG8000
from tests.connectors.readers import PASSWORD, READER
from tests.connectors.subjects import (
    LOCAL,
    MYSQL_CELLS,
    POSTGRES_CELLS,
    SQLSERVER_CELLS,
    TABLE,
    FileSubject,
    ServerSubject,
    Subject,
    catalog_of,
    make_duckdb,
    make_sqlite,
    postgres_endpoint,
    server_tables,
)
from tests.fakes.tds import FakeSqlServer, serve_tds, tls_of
from tests.fakes.tsql import Login
from tests.mariadb import MariaDb


@pytest.fixture(scope="module")
async def shared_pool() -> AsyncIterator[SqlitePool]:
    """Two children, prewarmed, for all tests of a module."""
    pool = SqlitePool(children=2, memory_bytes=512 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def pool(shared_pool: SqlitePool) -> SqlitePool:
    """The shared pool, once the children that an earlier test killed have been replaced."""
    await shared_pool.recover()
    return shared_pool


@pytest.fixture(scope="module")
async def shared_duckdb_pool() -> AsyncIterator[DuckdbPool]:
    """Two children for DuckDB files, prewarmed, for all tests of a module."""
    pool = DuckdbPool(children=2, memory_bytes=512 * 1024**2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def duckdb_pool(shared_duckdb_pool: DuckdbPool) -> DuckdbPool:
    """The shared pool, once the children that an earlier test killed have been replaced."""
    await shared_duckdb_pool.recover()
    return shared_duckdb_pool


def state_of(folder: Path) -> dict[str, str]:
    """Every file in `folder` with a digest of its content."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture
async def sqlite_subject(tmp_path: Path, pool: SqlitePool) -> FileSubject:
    """SQLite over a file with an awkward name."""

    async def state() -> object:
        return state_of(tmp_path)

    path = tmp_path / "maçã & pêra.sqlite"
    make_sqlite(path)
    rows = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n)"
    return FileSubject(
        connector=SqliteConnector(path, catalog_of("sqlite", TABLE), pool),
        pool=pool,
        path=path,
        open=lambda path, catalog: SqliteConnector(path, catalog, pool),
        not_a_number="9e999 - 9e999",
        many_rows=rows,
        state=state,
    )


@pytest.fixture
async def duckdb_subject(tmp_path: Path, duckdb_pool: DuckdbPool) -> FileSubject:
    """DuckDB over a file with an awkward name."""

    async def state() -> object:
        return state_of(tmp_path)

    path = tmp_path / "maçã & pêra.duckdb"
    make_duckdb(path)
    return FileSubject(
        connector=DuckdbConnector(path, catalog_of("duckdb", TABLE), duckdb_pool),
        pool=duckdb_pool,
        path=path,
        open=lambda path, catalog: DuckdbConnector(path, catalog, duckdb_pool, keep=False),
        not_a_number="CAST('nan' AS DOUBLE)",
        many_rows="range(100000) AS n(i)",
        state=state,
    )


@pytest.fixture
async def sqlite_database(sqlite_subject: FileSubject) -> FileSubject:
    """The same SQLite file as somebody connected it."""
    return _connected(sqlite_subject, EngineKind.SQLITE, sqlite.declared_type)


@pytest.fixture
async def duckdb_database(duckdb_subject: FileSubject) -> FileSubject:
    """The same DuckDB file as somebody connected it."""
    return _connected(duckdb_subject, EngineKind.DUCKDB, duckdb.declared_type)


def _connected(subject: FileSubject, kind: EngineKind, type_of: Callable[[str], DataType | None]) -> FileSubject:
    engine = FileEngine(subject.connector.dialect, subject.pool, subject.open, type_of)
    endpoint = Endpoint(kind, "", 0, subject.path.name, "", "")
    return replace(subject, connector=FileDatabase(engine, endpoint, subject.path.parent))


@pytest.fixture
async def postgres_subject(empty_database_url: str) -> AsyncIterator[ServerSubject]:
    """PostgreSQL with the tables, entered by their owner: the worst login that a person may give."""
    watch = await asyncpg.connect(empty_database_url)
    for statement in server_tables("postgres"):
        await watch.execute(statement)
    await watch.execute("COMMENT ON TABLE itens IS 'linhas de uma venda'")
    await watch.execute("COMMENT ON COLUMN itens.numero IS 'ordem na venda'")

    async def state() -> object:
        tables = await watch.fetch("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        return sorted(map(tuple, tables)), await watch.fetch(f"SELECT * FROM {TABLE} ORDER BY id")

    async def running() -> int:
        return int(
            await watch.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
                " AND datname = current_database() AND backend_type = 'client backend'"
            )
        )

    link = Link()
    connector = DatabaseConnector(POSTGRES, postgres_endpoint(empty_database_url), LOCAL, link, Room(20))
    yield ServerSubject(
        connector=connector,
        not_a_number="'NaN'::float8",
        infinity="'Infinity'::float8",
        many_rows="generate_series(1, 100000) AS n(i)",
        state=state,
        running=running,
        connections=link.connections,
        settings=(
            "SELECT current_setting('search_path'), current_setting('work_mem'), current_setting('timezone'),"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')"
        ),
        leaving=(
            "SELECT set_config('search_path', 'pg_temp', false), set_config('timezone', 'Asia/Tokyo', false)",
            "SELECT set_config('work_mem', '1GB', false)",
            "SELECT pg_advisory_lock(7)",
        ),
        cells=POSTGRES_CELLS,
    )
    await connector.close()
    await watch.close()


@pytest.fixture
async def mysql_subject(mariadb: MariaDb, mariadb_owner: Endpoint) -> AsyncIterator[ServerSubject]:
    """MariaDB with the tables, entered by a login that may do everything in its database."""
    name = mariadb_owner.database
    mariadb.run(
        *server_tables("mysql"),
        "ALTER TABLE itens COMMENT = 'linhas de uma venda'",
        "ALTER TABLE itens MODIFY numero INTEGER NOT NULL COMMENT 'ordem na venda'",
        database=name,
    )

    async def state() -> object:
        tables = mariadb.run("SHOW FULL TABLES", database=name)
        return tables, mariadb.run(f"CHECKSUM TABLE {TABLE}, itens", database=name), mariadb.files(name)

    async def running() -> int:
        ((count,),) = mariadb.run(
            f"SELECT count(*) FROM information_schema.PROCESSLIST WHERE DB = '{name}' AND COMMAND <> 'Sleep'"
        )
        return int(count)

    link = Link()
    connector = DatabaseConnector(MYSQL, mariadb_owner, LOCAL, link, Room(20))
    yield ServerSubject(
        connector=connector,
        not_a_number="NULL",
        infinity="NULL",
        many_rows="(SELECT seq AS i FROM seq_1_to_100000) AS n",
        state=state,
        running=running,
        connections=link.connections,
        settings=(
            "SELECT @@sql_mode, @@time_zone, @@sort_buffer_size, @@max_statement_time > 0, @x,"
            " IS_USED_LOCK('agentgraph')"
        ),
        leaving=(
            "SELECT @x := 1",
            "SELECT GET_LOCK('agentgraph', 1)",
            "SET SESSION sort_buffer_size = 4096",
            "CREATE TEMPORARY TABLE vendas (id INT)",
        ),
        cells=MYSQL_CELLS,
    )
    await connector.close()


@pytest.fixture
async def sqlserver_subject() -> AsyncIterator[ServerSubject]:
    """A server that speaks TDS with the tables, entered by a login that may write."""
    rights = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
    fake = FakeSqlServer(logins={"dona": Login("senha ☃", rights=rights)})
    for statement in server_tables("tsql"):
        fake.store.execute(statement)
    fake.store.execute("COMMENT ON TABLE itens IS 'linhas de uma venda'")
    fake.store.execute("COMMENT ON COLUMN itens.numero IS 'ordem na venda'")

    async def state() -> object:
        tables = fake.store.execute("SELECT name FROM sys.objects ORDER BY name").fetchall()
        return tables, fake.store.execute(f"SELECT * FROM {TABLE} ORDER BY id").fetchall()

    async def running() -> int:
        return len(fake.running)

    link = Link()
    async with serve_tds(fake):
        endpoint = Endpoint(
            EngineKind.SQLSERVER, "127.0.0.1", fake.port, fake.database, "dona", "senha ☃", tls=TlsMode.DISABLE
        )
        connector = DatabaseConnector(SQLSERVER, endpoint, LOCAL, link, Room(20))
        yield ServerSubject(
            connector=connector,
            not_a_number="NULL",
            infinity="NULL",
            many_rows="(SELECT value AS i FROM GENERATE_SERIES(1, 100000)) AS n",
            endless=(
                "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n OPTION (MAXRECURSION 0)"
            ),
            state=state,
            running=running,
            connections=link.connections,
            settings="SELECT @@TRANCOUNT AS t, @@LOCK_TIMEOUT AS l",
            leaving=("SET LOCK_TIMEOUT 7", "SET ROWCOUNT 1", "SELECT 1 AS x; SET LOCK_TIMEOUT 7"),
            cells=SQLSERVER_CELLS,
        )
        await connector.close()


@pytest.fixture(scope="module")
async def shared_dialect_pool() -> AsyncIterator[DialectPool]:
    """Two children that may connect to this machine, for all tests of a module."""
    pool = DialectPool(LOCAL, children=2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def dialect_pool(shared_dialect_pool: DialectPool) -> DialectPool:
    """The shared pool, once the children that an earlier test killed have been replaced."""
    await shared_dialect_pool.recover()
    return shared_dialect_pool


@pytest.fixture
async def dialect_subject(
    postgres_subject: ServerSubject, empty_database_url: str, dialect_pool: DialectPool
) -> Subject:
    """The same PostgreSQL through its SQLAlchemy dialect, in a child."""
    endpoint = postgres_endpoint(empty_database_url)
    return replace(
        postgres_subject,
        connector=DialectDatabase(THROUGH_PG8000, endpoint, LOCAL, Link(), dialect_pool),
    )


@pytest.fixture
async def postgres_owner(empty_database_url: str, superuser: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """The superuser's connection to a database with two schemas, and a login that may read some tables of both."""
    owner = await asyncpg.connect(empty_database_url, user=superuser["user"], password=superuser["password"])
    await owner.execute(f"""
        DROP ROLE IF EXISTS {READER};
        CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}';
        CREATE TABLE vendas (id int PRIMARY KEY, valor numeric(9, 2)); INSERT INTO vendas VALUES (1, 10.50);
        CREATE TABLE segredos (id int); INSERT INTO segredos VALUES (42);
        CREATE SCHEMA "Estoque"; CREATE TABLE "Estoque"."Peças" ("Código" text, preço float8);
        CREATE TABLE "Estoque".vendas (outra int);
        GRANT USAGE ON SCHEMA public, "Estoque" TO {READER};
        GRANT SELECT ON vendas, "Estoque"."Peças", "Estoque".vendas TO {READER};
    """)
    yield owner
    await owner.execute(f"DROP OWNED BY {READER}; DROP ROLE {READER}")
    await owner.close()


@pytest.fixture
def postgres_reader(postgres_owner: asyncpg.Connection, empty_database_url: str) -> Endpoint:
    """The way in of that login."""
    return postgres_endpoint(empty_database_url, user=READER, password=PASSWORD)


@pytest.fixture
def mysql_reader(mariadb: MariaDb, mariadb_owner: Endpoint) -> Iterator[Endpoint]:
    """The way in of a login that may read two tables of three."""
    name = mariadb_owner.database
    mariadb.run(
        "CREATE TABLE vendas (id int PRIMARY KEY, valor decimal(9, 2))",
        "INSERT INTO vendas VALUES (1, 10.50)",
        "CREATE TABLE segredos (id int)",
        "CREATE TABLE `Peças ``x` (`Código` text, preço double)",
        f"CREATE USER {READER}@'%' IDENTIFIED BY '{PASSWORD}'",
        f"GRANT SELECT ON {name}.vendas TO {READER}@'%'",
        f"GRANT SELECT ON {name}.`Peças ``x` TO {READER}@'%'",
        database=name,
    )
    yield replace(mariadb_owner, user=READER, password=PASSWORD)
    mariadb.run(f"DROP USER {READER}@'%'")


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Those of `sqlserver`."""
    return make_certificates(tmp_path / "tls")


@pytest.fixture
async def sqlserver(certificates: Certificates) -> AsyncIterator[FakeSqlServer]:
    """A server that speaks TDS with three tables, and logins that may read two of them, everything, and nothing."""
    rights = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE TABLE", "ALTER", "ADMINISTER BULK OPERATIONS"}
    logins = {
        READER: Login(PASSWORD, hidden=("segredos",)),
        "chefe": Login("x", server_roles=frozenset({"sysadmin"}), rights=frozenset(rights)),
        "ninguem": Login("x", rights=frozenset()),
    }
    fake = FakeSqlServer(logins=logins, tls=tls_of(certificates))
    fake.store.execute(
        "CREATE TABLE vendas (id INTEGER PRIMARY KEY, valor DECIMAL(9, 2)); INSERT INTO vendas VALUES (1, 10.50);"
        ' CREATE TABLE segredos (id INTEGER); CREATE TABLE "Peças ]x" ("Código" VARCHAR)'
    )
    async with serve_tds(fake):
        yield fake


@pytest.fixture
def sqlserver_reader(sqlserver: FakeSqlServer) -> Endpoint:
    """The way in of the login that may read two tables."""
    return Endpoint(EngineKind.SQLSERVER, "127.0.0.1", sqlserver.port, "loja", READER, PASSWORD, tls=TlsMode.DISABLE)
