"""The connector to database servers: one pool and one deadline for every engine, which says what only it can do."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from app.connectors.base import CheckedStatement, Limits, ResultSet
from app.connectors.catalog import Catalog
from app.connectors.cells import Fetched
from app.connectors.endpoint import Endpoint, Link
from app.connectors.server_pool import Room, ServerPool, Session
from app.connectors.survey import Examination, Survey, sampled
from app.core.egress import EgressRules
from app.core.errors import AgentGraphError, TimedOut
from app.core.errors.databases import SchemaUnreadable

Ask = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
"""Runs a statement of the connector's own and gives its rows."""
_WHOLE_SCHEMA = Limits(max_rows=1_000_000, max_bytes=256 * 1024**2, timeout_s=30.0)


class ServerSession(Session, Protocol):
    """One connection to a server; statements on it run one after the other, each in a transaction that only reads."""

    async def fetch(self, sql: str, limits: Limits) -> Fetched:
        """The rows of a query, cut to `limits`."""
        ...

    async def prepare(self, sql: str, timeout_s: float) -> None:
        """Lets the server plan a query that does not run."""
        ...


@dataclass(frozen=True, slots=True)
class ServerEngine:
    """What one engine does in its own way."""

    dialect: str
    """sqlglot's name of the dialect that it speaks."""
    open_session: Callable[[Endpoint, EgressRules, Link], Awaitable[ServerSession]]
    """Raises ConnectionFailed in one of its forms."""
    introspect: Callable[[Ask, Endpoint], Awaitable[Catalog]]
    examine: Callable[[Ask, Endpoint], Awaitable[Examination]]
    errors: tuple[type[Exception], ...]
    """What a session raises when a statement fails."""
    statement_error: Callable[[Exception, float], AgentGraphError]
    """The product's error for one of those; takes the statement's time limit in seconds, too."""


class DatabaseConnector:
    """One database as one login sees it; connections are opened when they are needed."""

    def __init__(self, engine: ServerEngine, endpoint: Endpoint, rules: EgressRules, link: Link, room: Room) -> None:
        self.dialect = engine.dialect
        self._engine = engine
        self._endpoint = endpoint
        self._pool: ServerPool[ServerSession] = ServerPool(
            lambda: engine.open_session(endpoint, rules, link), room=room, size=link.connections, idle_s=link.idle_s
        )

    @property
    def open_sessions(self) -> int:
        """Connections that are open now."""
        return self._pool.open_sessions

    async def introspect(self) -> Catalog:
        """Tables, columns, keys and comments, without statistics."""
        return await self._engine.introspect(self._rows, self._endpoint)

    async def examine(self) -> Examination:
        """Connects and looks at the login; see `ServerConnector.examine`."""
        return await self._engine.examine(self._rows, self._endpoint)

    async def survey(self, budget_s: float) -> Survey:
        """What can be known of the database in about `budget_s`. Raises SchemaUnreadable when no table can be read."""
        catalog = await self.introspect()
        if not catalog.tables:
            raise SchemaUnreadable
        examination = await self.examine()
        profiled, values = await sampled(catalog, self._rows, budget_s=budget_s)
        return Survey(profiled, values, examination)

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Runs one statement; see `Connector.query`."""
        started = time.monotonic()
        async with self._bounded(limits.timeout_s) as session:
            columns, taken = await session.fetch(statement.sql, limits)
        return ResultSet(columns, tuple(taken.rows), taken.truncated, time.monotonic() - started)

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Lets the server plan the statement without running it."""
        async with self._bounded(timeout_s) as session:
            await session.prepare(statement.sql, timeout_s)

    async def close(self) -> None:
        """Ends running statements and closes all connections."""
        await self._pool.close()

    async def _rows(self, sql: str, limits: Limits = _WHOLE_SCHEMA) -> list[tuple[Any, ...]]:
        async with self._bounded(limits.timeout_s) as session:
            _, taken = await session.fetch(sql, limits)
        return taken.rows

    @asynccontextmanager
    async def _bounded(self, timeout_s: float) -> AsyncIterator[ServerSession]:
        """A session within the deadline; whatever goes wrong ends the statement in the server first."""
        try:
            async with asyncio.timeout(timeout_s), self._pool.session() as session:
                yield session
        except TimeoutError as error:
            raise TimedOut(limit_s=timeout_s) from error
        except self._engine.errors as error:
            raise self._engine.statement_error(error, timeout_s) from error
