"""The system database: one engine a process, one transaction a request or task."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from app.core.errors import AgentGraphError, Unavailable

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 5.0
TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57")
"""Classes of SQLSTATE that pass by themselves: connection, rollback, resources, lock not available, intervention."""
_OF_THE_NETWORK = (ConnectionError, TimeoutError, socket.gaierror)

Session: TypeAlias = AsyncSession
"""The session's type under a name that the layers without SQLAlchemy may import."""


class Database:
    """Owns the engine; make one when the process (and its loop) has started, and close it at the end."""

    def __init__(self, url: str, *, pool_size: int) -> None:
        self.engine: AsyncEngine = create_async_engine(
            async_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5.0,
            pool_pre_ping=False,
            pool_recycle=1800,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": STATEMENT_TIMEOUT_MS / 1000 + 5,
                "server_settings": {
                    "application_name": "agentgraph",
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "lock_timeout": str(LOCK_TIMEOUT_MS),
                    "idle_in_transaction_session_timeout": "60000",
                    "jit": "off",
                },
            },
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._readers = async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or rolled back when the block raises.

        No connection is taken before the first statement. An error that `keeps_work` is raised after the commit.
        Raises Unavailable when the database is away, overloaded or gave up waiting.
        """
        with _transient_as_unavailable():
            kept: AgentGraphError | None = None
            async with self._sessions() as session, session.begin():
                try:
                    yield session
                except AgentGraphError as error:
                    if not error.keeps_work:
                        raise
                    kept = error
            if kept is not None:
                raise kept

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for single reading statements, each on its own: saves the round trips of a transaction."""
        with _transient_as_unavailable():
            async with self._readers() as session:
                yield session

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncSession]:
        """A session whose statements are each committed on their own: what one locks is free when it returns."""
        async with self.read() as session:
            yield session

    async def ping(self) -> None:
        """Raises Unavailable unless the database answers."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Closes all connections."""
        await self.engine.dispose()


@contextmanager
def _transient_as_unavailable() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        if error.connection_invalidated or _sqlstate(error).startswith(TRANSIENT_SQLSTATES):
            raise Unavailable from error
        raise
    except (exc.TimeoutError, *_OF_THE_NETWORK, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # What SQLAlchemy has not wrapped comes from making a connection, or from a server that no longer answers.
        raise Unavailable from error


def _sqlstate(error: exc.DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def async_url(url: str) -> str:
    """`url` with the driver this product uses, whatever PostgreSQL scheme it came with."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)
