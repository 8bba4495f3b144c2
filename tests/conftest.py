"""Fixtures of all tests: real PostgreSQL and Valkey started once, a fresh database a test, the real application."""

import asyncio
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis.asyncio import Redis

from app.connectors.endpoint import Endpoint
from app.core import migrations
from app.core.config import Settings
from app.core.db import Database
from app.core.jobs import JobKind
from app.embedded.cluster import ADMIN
from app.embedded.secrets import SecretName, keep_secret
from app.embedded.services import EmbeddedServices, EmbeddedUrls
from app.main import create_app
from tests.mariadb import MariaDb, mariadb_is_there, start_mariadb
from tests.people import People

TEMPLATE = "agentgraph_template"
MEMORY = Path("/dev/shm")
MEMORY_NEEDED_BYTES = 2 * 1024**3
JWT_SECRET = "tests-only-0123456789abcdef-0123456789abcdef"
MASTER_KEY = "tests-only-fedcba9876543210-fedcba9876543210"
LONG = frozenset({"e2e", "embedded", "workers"})
"""Folders whose files start processes and wait for them."""
_numbers = count()

# How long an example takes says how busy the machine is, and nothing of the product.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In one of several processes, puts the longest files first: as the last they would keep one core waiting."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def services_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of the real servers."""
    with _services_folder(tmp_path_factory) as folder:
        yield folder


@pytest.fixture(scope="session")
def services(services_folder: Path) -> Iterator[EmbeddedUrls]:
    """The real servers, without durability, for the whole session."""
    with EmbeddedServices(services_folder, fast=True) as urls:
        yield urls


@pytest.fixture(scope="session")
def superuser(services: EmbeddedUrls, services_folder: Path) -> dict[str, str]:
    """User and password of the PostgreSQL superuser, for tests that make logins or play the careless one."""
    return {"user": ADMIN, "password": keep_secret(services_folder, SecretName.POSTGRESQL_ADMIN)}


@contextmanager
def _services_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    # A database is some 300 files, made and removed for every test: in memory where there is room for it.
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_NEEDED_BYTES:
        yield tmp_path_factory.mktemp("services")
        return
    with tempfile.TemporaryDirectory(prefix="agentgraph-tests-", dir=MEMORY) as folder:
        yield Path(folder)


def sibling(database_url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return f"{database_url.rpartition('/')[0]}/{name}"


@asynccontextmanager
async def _administration(services: EmbeddedUrls) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(services.database_url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template(services: EmbeddedUrls) -> str:
    """Name of a database with all migrations applied, which the tests' own ones are copied from."""

    async def make() -> None:
        async with _administration(services) as connection:
            await connection.execute(f"CREATE DATABASE {TEMPLATE}")

    asyncio.run(make())
    migrations.upgrade(sibling(services.database_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def empty_database_url(services: EmbeddedUrls) -> AsyncIterator[str]:
    """A database without any table."""
    async with _fresh_database(services, "template1") as url:
        yield url


@pytest.fixture
async def database_url(services: EmbeddedUrls, template: str) -> AsyncIterator[str]:
    """A migrated database of this test alone."""
    async with _fresh_database(services, template) as url:
        yield url


@asynccontextmanager
async def _fresh_database(services: EmbeddedUrls, origin: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    async with _administration(services) as connection:
        # Copies files; the other way writes every page to the log first, and takes a third more of the CPU.
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY file_copy")
        yield sibling(services.database_url, name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def valkey_url(services: EmbeddedUrls) -> str:
    """Valkey, emptied before the test."""
    client = Redis.from_url(services.valkey_url)
    await client.flushall()
    await client.aclose()
    return services.valkey_url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The test's database as the product opens it, apart from the application's own connections."""
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    """Settings of the test's installation; override the fixture, or use `settings.model_copy(update=…)`."""
    return make_settings(database_url=database_url, valkey_url=valkey_url, data_dir=tmp_path / "data")


def make_settings(**values: object) -> Settings:
    """Settings from `values` and the tests' secret alone: no environment file is read; one child runs SQL on files."""
    secrets: dict[str, object] = {"jwt_secret": JWT_SECRET, "master_key": MASTER_KEY}
    given = {**secrets, "egress_allowed_networks": ["127.0.0.0/8"], "sql_children": 1, **values}
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A real MariaDB; `make test` installs it where it may, and says so where it may not."""
    if not mariadb_is_there():
        pytest.skip("MariaDB is not installed: nothing that needs it was tried (apt-get install mariadb-server-core)")
    with start_mariadb() as running:
        yield running


@pytest.fixture
def mariadb_owner(mariadb: MariaDb) -> Iterator[Endpoint]:
    """The way into a new database on MariaDB, by the login that owns it."""
    with mariadb.database(f"test_{next(_numbers)}") as owner:
        yield owner


class RecordingPublisher:
    """Keeps the hints that a broker would carry, for tests without workers."""

    def __init__(self) -> None:
        self.published: list[tuple[JobKind, UUID]] = []

    def publish(self, kind: JobKind, job_id: UUID) -> None:
        """Keeps one hint."""
        self.published.append((kind, job_id))


@pytest.fixture
def publisher() -> RecordingPublisher:
    """The publisher of `app`."""
    return RecordingPublisher()


@pytest.fixture
async def app(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[FastAPI]:
    """The real application, started."""
    app = create_app(settings, publisher=publisher, prewarm=False)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An anonymous client that calls the application in this process."""
    async with client_of(app) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """A further client of `app`, in this process."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://agentgraph.test")


@pytest.fixture
def people(app: FastAPI, client: httpx.AsyncClient) -> People:
    """Makes users of each kind, signed in."""
    return People(app)


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen."""
        await super().startup(sockets)
        self.is_up.set()


@pytest.fixture
async def server_url(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[str]:
    """Address of the application behind a real HTTP server in a thread, for streams and broken connections."""
    async with _served(settings, publisher) as url:
        yield url


@pytest.fixture
async def second_server_url(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[str]:
    """A second replica beside it."""
    async with _served(settings, publisher) as url:
        yield url


@asynccontextmanager
async def _served(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[str]:
    config = uvicorn.Config(
        create_app(settings, publisher=publisher, prewarm=False), host="127.0.0.1", port=0, log_config=None
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, name="server")
    thread.start()
    try:
        assert await asyncio.to_thread(server.is_up.wait, 60)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join)
