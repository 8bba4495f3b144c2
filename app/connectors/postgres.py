"""PostgreSQL as a source: read-only cursors, cancelled in the server, with the walls that the server has itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.connectors.base import CheckedStatement, Limits, ResultSet
from app.connectors.catalog import Catalog, TableProfile
from app.connectors.endpoint import Endpoint, Link
from app.connectors.postgres_schema import COLUMNS, KEYS, RIGHTS, catalog_of, privileges_of, with_schemas
from app.connectors.postgres_session import PostgresSession, open_session, statement_error
from app.connectors.server_pool import Room, ServerPool
from app.connectors.survey import SAMPLE_ROWS, Examination, Survey, sampled
from app.core.egress import EgressRules
from app.core.errors import TimedOut
from app.core.errors_databases import SchemaUnreadable

_WHOLE_SCHEMA = Limits(max_rows=1_000_000, max_bytes=256 * 1024**2, timeout_s=30.0)


class PostgresConnector:
    """One database as one login sees it; connections are opened when they are needed."""

    dialect = "postgres"

    def __init__(self, endpoint: Endpoint, rules: EgressRules, link: Link, room: Room) -> None:
        self._endpoint = endpoint
        self._pool: ServerPool[PostgresSession] = ServerPool(
            lambda: open_session(endpoint, rules, link), room=room, size=link.connections, idle_s=link.idle_s
        )

    @property
    def open_sessions(self) -> int:
        """Connections that are open now."""
        return self._pool.open_sessions

    async def introspect(self) -> Catalog:
        """Tables, columns, keys and comments, without statistics."""
        columns = await self._rows(with_schemas(COLUMNS, self._endpoint))
        keys = await self._rows(with_schemas(KEYS, self._endpoint))
        return catalog_of(columns, keys, self._endpoint)

    async def examine(self) -> Examination:
        """Connects and looks at the login; see `ServerConnector.examine`."""
        (rights,) = await self._rows(with_schemas(RIGHTS, self._endpoint))
        return Examination(f"PostgreSQL {rights[-1]}", privileges_of(rights, self._endpoint))

    async def survey(self, budget_s: float) -> Survey:
        """What can be known of the database in about `budget_s`. Raises SchemaUnreadable when no table can be read."""
        catalog = await self.introspect()
        if not catalog.tables:
            raise SchemaUnreadable
        examination = await self.examine()
        profiled, values = await sampled(catalog, self._rows, _sample, budget_s=budget_s)
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
    async def _bounded(self, timeout_s: float) -> AsyncIterator[PostgresSession]:
        """A session within the deadline; whatever goes wrong ends the statement in the server first."""
        try:
            async with asyncio.timeout(timeout_s), self._pool.session() as session:
                yield session
        except TimeoutError as error:
            raise TimedOut(limit_s=timeout_s) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise statement_error(error, timeout_s) from error


def _sample(table: TableProfile) -> str:
    columns = ", ".join(_quoted(column.name) for column in table.columns)
    return f"SELECT {columns} FROM {_quoted(table.name)} LIMIT {SAMPLE_ROWS}"  # noqa: S608  (quoted names of the catalog)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
