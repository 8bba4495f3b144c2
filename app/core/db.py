"""The system database: one engine a process, one transaction a request or task, and whose rows each of them sees.

Every session tells the database in whose name it works, before its first statement (`agentgraph.actor`); a transaction
does so in the message that begins it. Policies on the tables hide the rows of everybody else, whatever the statement
says: a second wall behind the filters of the repositories. A connection that tells nothing sees nothing.
"""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import Connection, event, exc, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.pool import QueuePool

from app.core import tracing
from app.core.errors import AgentGraphError, Unavailable
from app.core.traced_statements import trace_statements

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
CONNECT_TIMEOUT_S = 5.0
IDENTIFYING: Final = 2
"""Connections of a process, beside its pool, that say who calls: one statement of a millisecond for each request."""
TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57")
"""Classes of SQLSTATE that pass by themselves: connection, rollback, resources, lock not available, intervention."""
_TRACED: Final = {"db.system.name": "postgresql", "db.namespace": "agentgraph"}
_OF_THE_NETWORK = (ConnectionError, TimeoutError, socket.gaierror)

Session: TypeAlias = AsyncSession
"""The session's type under a name that the layers without SQLAlchemy may import."""


SYSTEM: Final = "system"
"""In whose name workers, scheduler and command line work: all rows are there for it."""
NOBODY: Final = "nobody"
"""In whose name a request works until it is known who sends it: no row of anybody is there."""
_SETTING: Final = "agentgraph.actor"
_FOR_TRANSACTION: Final = text("SELECT set_config(:setting, :actor, true)")
_FOR_CONNECTION: Final = text("SELECT set_config(:setting, :actor, false)")
_actor: ContextVar[str] = ContextVar("agentgraph_actor", default=SYSTEM)


@contextmanager
def acting(who: UUID | str) -> Iterator[None]:
    """Sessions that begin in the block see the rows of `who`: a user, SYSTEM or NOBODY."""
    token = _actor.set(str(who))
    try:
        yield
    finally:
        _actor.reset(token)


def act_as(who: UUID | str) -> None:
    """The same from here on, for the rest of a request whose middleware takes it back."""
    _actor.set(str(who))


@asynccontextmanager
async def seeing_all(session: AsyncSession) -> AsyncIterator[None]:
    """Shows a session the rows of everybody, for what is counted or decided over all of them.

    What the block finds must be filtered by whoever asks. An error that leaves it ends the session's work: its
    transaction is rolled back, and a connection without one still knows whom it was told last.
    """
    await _tell(session, SYSTEM)
    yield
    await _tell(session, _actor.get())


async def _tell(session: AsyncSession, actor: str) -> None:
    if not isinstance(session.sync_session, _Reader):
        await session.execute(_FOR_TRANSACTION, {"setting": _SETTING, "actor": actor})
        return
    connection = (await session.connection()).sync_connection
    if connection is None:
        raise Unavailable
    connection.info[_SETTING] = actor
    await session.execute(_FOR_CONNECTION, {"setting": _SETTING, "actor": actor})


class _TellingConnection(asyncpg.Connection):
    """Tells with each BEGIN in whose name the transaction works, and as a part of which trace.

    The trace is what jobs made in the transaction go on with: it is the default of their column. All in one message:
    a statement of its own would cost every transaction a round trip more.
    """

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """Sends statements without a result; the driver begins transactions by it."""
        if query.startswith("BEGIN"):
            query += (
                f" SELECT set_config('{_SETTING}', {_literal(_actor.get())}, true),"
                f" set_config('agentgraph.traceparent', {_literal(tracing.traceparent())}, true)"
            )
        status: str = await super().execute(query, *args, **options)
        return status


def _literal(value: str) -> str:
    """`value` in SQL, where `standard_conforming_strings` is on: a message of several statements has no parameters."""
    return "'" + value.replace("'", "''") + "'"


class _Reader(SyncSession):
    """Has no transaction, and tells it to the connection, which remembers it for the next reader."""


@event.listens_for(_Reader, "after_begin")
def _tell_connection(_: SyncSession, __: object, connection: Connection) -> None:
    actor = _actor.get()
    if connection.info.get(_SETTING) != actor:
        connection.execute(_FOR_CONNECTION, {"setting": _SETTING, "actor": actor})
        connection.info[_SETTING] = actor


class Database:
    """Owns the engine; make one when the process (and its loop) has started, and close it at the end."""

    def __init__(self, url: str, *, pool_size: int, connect_timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        self.engine = _engine(url, pool_size, connect_timeout_s)
        self._identifying = _engine(url, min(pool_size, IDENTIFYING), connect_timeout_s)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._readers = _readers(self.engine)
        self._identifiers = _readers(self._identifying)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or rolled back when the block raises.

        No connection is taken before the first statement. An error that `keeps_work` is raised after the commit.
        Raises Unavailable when the database is away, overloaded or gave up waiting.
        """
        with _transient_as_unavailable():
            kept: AgentGraphError | None = None
            with tracing.span("transaction", tracing.Kind.CLIENT, _TRACED):
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
    async def identify(self) -> AsyncIterator[AsyncSession]:
        """A reader that sees the rows of everybody, to find out who calls.

        On connections of their own: those of `read`, told about nobody else in between, would be told anew twice in
        every request.
        """
        with _transient_as_unavailable(), acting(SYSTEM):
            async with self._identifiers() as session:
                yield session

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncSession]:
        """A session whose statements are each committed on their own: what one locks is free when it returns."""
        async with self.read() as session:
            yield session

    def connections(self) -> dict[str, int]:
        """Connections of this process: `open` ones, and those `in_use`."""
        pools = [engine.pool for engine in (self.engine, self._identifying) if isinstance(engine.pool, QueuePool)]
        in_use = sum(pool.checkedout() for pool in pools)
        return {"open": in_use + sum(pool.checkedin() for pool in pools), "in_use": in_use}

    async def ping(self) -> None:
        """Raises Unavailable unless the database answers."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def refusal(self) -> str | None:
        """Class of the driver's error when the database cannot be asked, without its text; None when it can."""
        try:
            await self.ping()
        except (Unavailable, exc.DBAPIError) as error:
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            return type(cause).__name__
        return None

    async def close(self) -> None:
        """Closes all connections."""
        await self.engine.dispose()
        await self._identifying.dispose()


def _engine(url: str, pool_size: int, connect_timeout_s: float) -> AsyncEngine:
    engine = create_async_engine(
        async_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5.0,
        pool_pre_ping=False,
        # The connection used last knows the statements, and often also in whose name it works.
        pool_use_lifo=True,
        pool_recycle=1800,
        connect_args={
            "timeout": connect_timeout_s,
            "command_timeout": STATEMENT_TIMEOUT_MS / 1000 + 5,
            "connection_class": _TellingConnection,
            "server_settings": {
                "application_name": "agentgraph",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "lock_timeout": str(LOCK_TIMEOUT_MS),
                "idle_in_transaction_session_timeout": "60000",
                "jit": "off",
                "standard_conforming_strings": "on",
            },
        },
    )
    if tracing.is_sent():
        trace_statements(engine.sync_engine)
    return engine


def _readers(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(
        engine.execution_options(isolation_level="AUTOCOMMIT"), sync_session_class=_Reader, expire_on_commit=False
    )


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
