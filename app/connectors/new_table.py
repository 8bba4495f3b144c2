"""Makes a table of the rows of one checked SELECT: the only way in which anything here writes to somebody's database.

It stands apart from the connectors, which are what questions and models have: none of those can reach it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from app.connectors import mysql_session, postgres_session
from app.connectors.base import CheckedStatement, Limits
from app.connectors.cells import Fetched
from app.connectors.endpoint import Endpoint, Link
from app.connectors.server_pool import Session
from app.core.egress import EgressRules
from app.core.engines import EngineKind
from app.core.errors import AgentGraphError, TimedOut
from app.core.errors.databases import TableExists

COUNT_S = 10.0
"""How long counting the rows of the new table may take."""
WRITABLE = frozenset({EngineKind.POSTGRESQL, EngineKind.MYSQL})
"""Engines that know CREATE TABLE AS."""


class _WritingSession(Session, Protocol):
    async def create_table(self, sql: str, timeout_s: float) -> None:
        """Runs a CREATE TABLE AS."""

    async def fetch(self, sql: str, limits: Limits) -> Fetched:
        """The rows of a query."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How one engine is entered, and what its refusals mean."""

    open_session: Callable[[Endpoint, EgressRules, Link], Awaitable[_WritingSession]]
    errors: tuple[type[Exception], ...]
    statement_error: Callable[[Exception, float], AgentGraphError]
    is_taken: Callable[[Exception], bool]


_WAYS = {
    EngineKind.POSTGRESQL: _Way(
        postgres_session.open_session,
        postgres_session.ERRORS,
        postgres_session.statement_error,
        postgres_session.is_taken,
    ),
    EngineKind.MYSQL: _Way(
        mysql_session.open_session, mysql_session.ERRORS, mysql_session.statement_error, mysql_session.is_taken
    ),
}


@dataclass(frozen=True, slots=True)
class NewTable:
    """Where the rows go."""

    schema: str
    name: str


async def create_table(
    endpoint: Endpoint,
    rules: EgressRules,
    link: Link,
    *,
    statement: CheckedStatement,
    table: NewTable,
    timeout_s: float,
) -> int:
    """Makes `table` of the rows of `statement`, all or nothing, and counts them. Opens a connection of its own.

    Raises TableExists (a table is never written over), TimedOut, RefusedByPolicy (the login may not write there),
    SqlInvalid (no such schema, columns of one name), ConnectionFailed in its forms.
    """
    way = _WAYS[endpoint.engine]
    target = exp.table_(table.name, db=table.schema, quoted=True).sql(dialect=statement.dialect)
    session = await way.open_session(endpoint, rules, link)
    try:
        async with asyncio.timeout(timeout_s):
            await session.create_table(f"CREATE TABLE {target} AS {statement.sql}", timeout_s)
        _, counted = await session.fetch(f"SELECT COUNT(*) FROM {target}", Limits(timeout_s=COUNT_S))  # noqa: S608
    except TimeoutError as error:
        raise TimedOut(limit_s=timeout_s) from error
    except way.errors as error:
        if way.is_taken(error):
            raise TableExists(table=table.name) from error
        raise way.statement_error(error, timeout_s) from error
    finally:
        with suppress(*way.errors):
            await session.close()
    return int(str(counted.rows[0][0]))
