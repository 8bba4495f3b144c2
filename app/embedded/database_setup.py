"""Waits for an embedded PostgreSQL and makes what the product expects in it: role, database, extensions."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import asyncpg

from app.core.errors import Conflict, Unavailable
from app.core.i18n import Text
from app.embedded.cluster import ADMIN
from app.embedded.processes import LOOPBACK

NAME = "agentgraph"
"""Of the product's role and of its database."""
EXTENSIONS = ("vector", "pg_trgm", "unaccent")
READY_TIMEOUT_S = 60.0
"""Recovery after a crash replays at most `max_wal_size` of log, which takes seconds."""
POLL_S = 0.02
ATTEMPT_TIMEOUT_S = 5.0

_OTHER_PASSWORD = Text(
    en="The embedded PostgreSQL does not accept the password in the secrets folder beside it. Restore the secrets "
    "that belong to this data folder, or choose another folder with AGENTGRAPH_DATA_DIR.",
    pt="O PostgreSQL embutido não aceita a senha da pasta de segredos ao lado dele. Restaure os segredos desta pasta "
    "de dados ou escolha outra pasta com AGENTGRAPH_DATA_DIR.",
)
_NOT_SET_UP = Text(
    en="The embedded PostgreSQL runs, but its database could not be set up: {reason}",
    pt="O PostgreSQL embutido está em execução, mas o banco não pôde ser preparado: {reason}",
)


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the server, and the passwords of its two roles."""

    port: int
    admin_password: str
    password: str

    @property
    def url(self) -> str:
        """The product's own URL; its role owns the database and is no superuser."""
        return f"postgresql://{NAME}:{self.password}@{LOOPBACK}:{self.port}/{NAME}"


def set_up(access: Access, *, may_create_databases: bool, is_running: Callable[[], bool]) -> bool:
    """Blocks until the server answers and everything is in place; False when it ended or did not answer in time.

    Runs its own event loop in its own thread, so that it may be called with or without a running loop.

    Raises:
        Conflict: the cluster knows another password.
        Unavailable: the server refused a step.
    """
    work = _set_up(access, may_create_databases=may_create_databases, is_running=is_running)
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            return thread.submit(asyncio.run, work).result()
        except asyncpg.InvalidPasswordError:
            raise Conflict(_OTHER_PASSWORD) from None
        except asyncpg.PostgresError as error:
            raise Unavailable(_NOT_SET_UP, reason=str(error)) from error


async def _set_up(access: Access, *, may_create_databases: bool, is_running: Callable[[], bool]) -> bool:
    connection = await _connect_when_ready(access, is_running)
    if connection is None:
        return False
    try:
        await _ensure_role(connection, access.password, may_create_databases=may_create_databases)
        exists = await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", NAME)
    finally:
        await connection.close()
    if not exists:
        # In template1 first: databases made later, such as those of tests, then have the extensions as well.
        await _ensure_extensions(access, "template1")
        await _create_database(access)
    await _ensure_extensions(access, NAME)
    return True


async def _connect_when_ready(access: Access, is_running: Callable[[], bool]) -> asyncpg.Connection | None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_TIMEOUT_S
    while is_running() and loop.time() < deadline:
        try:
            return await _connect(access, "postgres")
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, TimeoutError):
            await asyncio.sleep(POLL_S)
    return None


async def _connect(access: Access, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=LOOPBACK,
        port=access.port,
        user=ADMIN,
        password=access.admin_password,
        database=database,
        ssl=False,
        timeout=ATTEMPT_TIMEOUT_S,
        # A failing statement would otherwise stand in the log with the password in it.
        server_settings={"log_min_error_statement": "panic"},
    )


async def _ensure_role(connection: asyncpg.Connection, password: str, *, may_create_databases: bool) -> None:
    exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", NAME)
    verb = "ALTER" if exists else "CREATE"
    rights = "CREATEDB" if may_create_databases else "NOCREATEDB"
    # DDL takes no parameters; the password is of the URL-safe alphabet.
    await connection.execute(f"{verb} ROLE {NAME} LOGIN NOSUPERUSER NOCREATEROLE {rights} PASSWORD '{password}'")


async def _create_database(access: Access) -> None:
    connection = await _connect(access, "postgres")
    try:
        await connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
    finally:
        await connection.close()


async def _ensure_extensions(access: Access, database: str) -> None:
    connection = await _connect(access, database)
    try:
        missing = await connection.fetch(
            "SELECT name FROM pg_available_extensions WHERE name = ANY($1::text[]) AND installed_version IS NULL",
            list(EXTENSIONS),
        )
        for row in missing:
            await connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{row["name"]}"')
    finally:
        await connection.close()
