"""The connector to engines that have none of their own: SQLAlchemy in a child, one connection a statement.

Nothing of a connection outlives its statement, so that no session state can pass from one question to another. The
child is killed at the deadline and on cancel, by which the connection closes; the engine's own time limit, where it has
one, ends what the server still does then.
"""

import time
from typing import Any

from app.connectors.base import CheckedStatement, Column, Limits, ResultSet
from app.connectors.catalog import Catalog, ColumnProfile, DataType, ForeignKey, TableProfile
from app.connectors.child_pool import ChildEnded
from app.connectors.dialect_pool import DialectPool
from app.connectors.dialects import OtherEngine, Times
from app.connectors.endpoint import Endpoint, Link
from app.connectors.file_query import rows_of
from app.connectors.survey import Examination, Privileges, Rows, Survey, sampled
from app.core.egress import EgressRules
from app.core.errors import AgentGraphError, DatabaseUnreachable, SqlInvalid, TimedOut, TooManyRows
from app.core.errors.databases import (
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimedOut,
    EgressRefused,
    EngineNotInstalled,
    LoginRefused,
    OptionRefused,
    SchemaUnreadable,
    TlsFailed,
)

_DESCRIBE_S = 60.0
_SPARE_S = 1.0
"""By how much the engine's own time limit lies behind ours: the child's end is what tells people that it was time."""
_DESCRIPTION_BYTES = 64 * 1024**2
_UNKNOWN = Privileges(warnings=("rights_unknown",), grants=())
"""No dialect tells what a login may do; people are told that nobody looked."""


class DialectDatabase:
    """One database as one login sees it; nothing is open between statements."""

    open_sessions = 0
    """No connection outlives its statement."""

    def __init__(
        self, engine: OtherEngine, endpoint: Endpoint, rules: EgressRules, link: Link, pool: DialectPool
    ) -> None:
        self.dialect = engine.dialect
        self._engine = engine
        self._endpoint = endpoint
        self._rules = rules
        self._link = link
        self._pool = pool
        self._is_closed = False

    async def introspect(self) -> Catalog:
        """Tables, columns, keys and comments, without statistics. Raises ConnectionFailed in one of its forms."""
        return Catalog(self.dialect, tuple(map(_table, (await self._described())["tables"])))

    async def examine(self) -> Examination:
        """Connects. Raises ConnectionFailed in one of its forms."""
        return Examination(str((await self._described())["server"]), _UNKNOWN)

    async def survey(self, budget_s: float) -> Survey:
        """What can be known of the database in about `budget_s`. Raises SchemaUnreadable when no table can be read."""
        found = await self._described()
        catalog = Catalog(self.dialect, tuple(map(_table, found["tables"])))
        if not catalog.tables:
            raise SchemaUnreadable
        profiled, values = await sampled(catalog, self._rows, budget_s=budget_s)
        return Survey(profiled, values, Examination(str(found["server"]), _UNKNOWN))

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Runs one statement; see `Connector.query`."""
        started = time.monotonic()
        answer = await self._asked("query", limits, sql=statement.sql, stream=True)
        columns = tuple(Column(name, DataType(kind)) for name, kind in answer["columns"])
        return ResultSet(columns, tuple(rows_of(answer)), bool(answer["truncated"]), time.monotonic() - started)

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Lets the engine plan the statement."""
        limits = Limits(max_rows=1, timeout_s=timeout_s)
        await self._asked("query", limits, sql=self._engine.explain.format(statement.sql), stream=False)

    async def close(self) -> None:
        """Takes no further statement; the children belong to the pool, and have no connection open in between."""
        self._is_closed = True

    async def _rows(self, sql: str, limits: Limits) -> Rows:
        return (await self.query(CheckedStatement(sql, self.dialect, ()), limits)).rows

    async def _described(self) -> dict[str, Any]:
        limits = Limits(max_bytes=_DESCRIPTION_BYTES, timeout_s=_DESCRIBE_S)
        schema = next(iter(self._endpoint.schemas), None)
        return await self._asked("describe", limits, schema=schema, tables=self._endpoint.tables)

    async def _asked(self, operation: str, limits: Limits, **more: Any) -> dict[str, Any]:
        if self._is_closed:
            raise DatabaseUnreachable
        endpoint, engine = self._endpoint, self._engine
        times = Times(self._link.connect_timeout_s, limits.timeout_s + _SPARE_S)
        if engine.has_host:
            await self._rules.address(endpoint.host, endpoint.port)
        request = {
            "op": operation,
            "engine": endpoint.engine.value,
            "driver": engine.driver,
            "url": engine.url(endpoint),
            "arguments": engine.arguments(endpoint, times),
            "options": engine.options(endpoint),
            "opening": engine.opening(endpoint, times),
            "tls_argument": engine.tls_argument,
            "tls": endpoint.tls.value,
            "ca": endpoint.ca,
            "max_rows": limits.max_rows,
            "max_bytes": limits.max_bytes,
            **more,
        }
        try:
            answer = await self._pool.run(request, timeout_s=limits.timeout_s, max_bytes=limits.max_bytes)
        except ChildEnded as error:
            raise TooManyRows(limit="the memory of one statement") from error
        if "error" in answer:
            raise self._error(str(answer["error"]), str(answer["message"]), limits)
        return answer

    def _error(self, kind: str, reason: str, limits: Limits) -> AgentGraphError:
        match kind:
            case "sql":
                return SqlInvalid(reason=reason)
            case "no_rows":
                return SqlInvalid(reason="the statement gives no rows")
            case "not_installed":
                return EngineNotInstalled(engine=self._engine.title, package=self._engine.package)
            case "slow":
                return ConnectTimedOut(limit_s=self._link.connect_timeout_s)
            case "memory":
                return TooManyRows(limit="the memory of one statement")
            case "timeout":
                return TimedOut(limit_s=limits.timeout_s)
        return _OPENING.get(kind, DatabaseUnreachable)()


_OPENING: dict[str, type[DatabaseUnreachable]] = {
    "egress": EgressRefused,
    "tls": TlsFailed,
    "refused": ConnectionRefused,
    "login": LoginRefused,
    "connect": ConnectionFailed,
}


def require_fitting(engine: OtherEngine, endpoint: Endpoint) -> None:
    """Raises OptionRefused for a protection that the driver cannot give, and for authorities it cannot be told of."""
    if endpoint.tls not in engine.tls_modes:
        modes = ", ".join(sorted(mode.value for mode in engine.tls_modes))
        raise OptionRefused(reason=f"{engine.title} is protected by one of: {modes}")
    if endpoint.ca is not None and engine.tls_argument is None:
        raise OptionRefused(reason=f"the driver of {engine.title} trusts the authorities that it knows, and no others")


def _table(found: dict[str, Any]) -> TableProfile:
    return TableProfile(
        name=found["name"],
        label=found["name"],
        rows=None,
        columns=tuple(
            ColumnProfile(name, DataType(kind), name, description=comment) for name, kind, comment in found["columns"]
        ),
        primary_key=tuple(found["key"]),
        foreign_keys=tuple(ForeignKey(*reference) for reference in found["references"]),
        description=found["comment"],
    )
