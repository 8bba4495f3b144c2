"""Brings the system database to the schema of this version; several processes may try at once, one does it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from alembic import command
from app.core.db import async_url
from app.core.errors import Misconfigured

SCRIPTS: Final = Path(__file__).resolve().parents[2] / "alembic"
ADVISORY_LOCK: Final = 0x6167_6772  # "aggr"
LOCK_TIMEOUT: Final = "5s"
"""A revision that cannot get its lock fails at once, instead of queueing every other statement behind itself."""
STATEMENT_TIMEOUT: Final = "15min"


def upgrade(database_url: str, revision: str = "head") -> None:
    """Applies all revisions up to `revision` in one transaction. Raises Misconfigured when they are not at hand.

    Runs an event loop of its own: call it where none runs, or in a thread. Alembic allows one at a time in a process.
    """
    asyncio.run(_migrate(database_url, lambda config: command.upgrade(config, revision)))


def downgrade(database_url: str, revision: str) -> None:
    """Takes revisions back down to `revision` (`base`: all of them, with the data); runs like `upgrade`."""
    asyncio.run(_migrate(database_url, lambda config: command.downgrade(config, revision)))


def newest_revision() -> str | None:
    """The revision that this version of the program needs."""
    return _scripts().get_current_head()


def is_known(revision: str) -> bool:
    """Whether this version of the program can bring a database from `revision` to its own."""
    return any(script.revision == revision for script in _scripts().walk_revisions())


async def _migrate(database_url: str, change: Callable[[Config], None]) -> None:
    async with connected(database_url) as connection:
        await connection.run_sync(lambda sync: change(_config(sync)))


@asynccontextmanager
async def connected(database_url: str) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is committed at the end."""
    engine = create_async_engine(async_url(database_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def prepare(connection: Connection) -> None:
    """Waits for whoever else migrates, limits how long locks and statements may take, and shows all rows to them."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
    connection.execute(text("SELECT set_config('agentgraph.actor', 'system', true)"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))


def _config(connection: Connection) -> Config:
    if not SCRIPTS.is_dir():
        raise Misconfigured(setting="alembic", reason=f"the revisions are missing from {SCRIPTS}")
    config = _located()
    config.attributes["connection"] = connection
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_located())


def _located() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
