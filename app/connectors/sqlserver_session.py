"""One connection to a SQL Server: a judged address, a thread of its own, and a transaction that is rolled back.

The server has none that only reads: a COMMIT in a text that got past the gate would stand where the login can write.

The driver blocks, so that each connection has one thread. Who cancels it sends the server an attention, past the
thread, and drops the connection.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytds

from app.connectors.base import Limits
from app.connectors.cells import Fetched, Taken
from app.connectors.endpoint import Endpoint, Link, network_error, tls_context
from app.connectors.line import Line, connected
from app.connectors.sqlserver_cells import columns_of, with_scales
from app.connectors.tds_wire import ATTENTION, sign_in
from app.core.egress import EgressRules
from app.core.errors import AgentGraphError, DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows
from app.core.errors.databases import ConnectionFailed, ConnectTimedOut, DatabaseMissing, LoginRefused, TlsFailed

WALL_RULE = "engine_wall"
ERRORS = (pytds.Error, OSError)
"""What a statement can end in, for `statement_error`."""
CLOSE_S = 1.5
"""How long the server may take to end a statement before the socket is simply dropped."""
_LOCK_TIMEOUT_MS = 2_000
_SETTINGS = (
    "SET QUOTED_IDENTIFIER, ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT ON; SET XACT_ABORT ON;"
    f" SET LOCK_TIMEOUT {_LOCK_TIMEOUT_MS}; SET DATEFORMAT ymd; SET DEADLOCK_PRIORITY LOW; SET NOCOUNT ON;"
)
_LOCK_TIMED_OUT = 1222
_REFUSALS = frozenset({229, 230, 262, 297, 300, 916, 3906, 15247})
"""Missing rights; 3906: the database itself is read-only."""
_EXHAUSTED = frozenset({701, 802, 1101, 1105, 8623, 8645, 8651})
"""Memory and temporary space."""
_NO_DATABASE = 4060
_LOGIN_REFUSED = frozenset({18452, 18456, 18470, 18486, 18487, 18488})


class SqlserverSession:
    """One connection; statements on it run one after the other, in its thread."""

    is_spent = False
    """A cut result is cancelled in the server, and the connection is as good as before."""

    def __init__(self, line: Line, connection: Any) -> None:
        self._line = line
        self._connection = connection

    async def fetch(self, sql: str, limits: Limits) -> Fetched:
        """The rows of a query, cut to `limits`."""
        return await self._line.run(lambda: self._fetch(sql, limits))

    async def prepare(self, sql: str, timeout_s: float) -> None:
        """Lets the server analyse a query that does not run; the deadline is the caller's."""
        del timeout_s
        await self._line.run(lambda: self._describe(sql))

    async def close(self) -> None:
        """Ends the running statement in the server, waits a moment for its word, and drops the connection."""
        tds = self._connection._tds_socket
        if self._line.is_running:
            with suppress(OSError):
                await asyncio.to_thread(tds.sock.sendall, ATTENTION)
            await self._line.rest(CLOSE_S)
        self._line.drop(tds.close)

    def _fetch(self, sql: str, limits: Limits) -> Fetched:
        cursor = self._connection.cursor()
        # ROWCOUNT cuts what a statement gives, in the server; one row more tells that there would be more.
        cursor.execute(f"{_SETTINGS} SET ROWCOUNT {limits.max_rows + 1}; BEGIN TRANSACTION")
        cursor.execute(sql)
        if cursor.description is None:
            raise RefusedByPolicy(rule=WALL_RULE, reason="the statement gives no rows")
        described, taken = cursor.description, Taken(limits)
        while (rows := cursor.fetchmany(taken.next_batch)) and taken.take(with_scales(described, rows)):
            pass
        if taken.truncated:
            cursor.cancel()
        elif cursor.nextset() is not False:
            raise RefusedByPolicy(rule=WALL_RULE, reason="this is more than one statement")
        # A statement that fails never comes here: its connection is dropped, which undoes the same.
        cursor.execute("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")
        cursor.callproc("sp_reset_connection", [])
        return columns_of(described, taken), taken

    def _describe(self, sql: str) -> None:
        text = sql.replace("'", "''")
        cursor = self._connection.cursor()
        cursor.execute(f"EXEC sp_describe_first_result_set N'{text}'")
        if not cursor.fetchall():
            raise RefusedByPolicy(rule=WALL_RULE, reason="the statement gives no rows")


async def open_session(endpoint: Endpoint, rules: EgressRules, link: Link) -> SqlserverSession:
    """A new connection. Raises ConnectionFailed in one of its forms."""
    context = tls_context(endpoint)
    try:
        async with asyncio.timeout(link.connect_timeout_s):
            address = await rules.address(endpoint.host, endpoint.port)
            there = replace(endpoint, host=address)
            line, connection = await connected(address, endpoint.port, lambda plug: sign_in(plug, there, context))
    except TimeoutError as error:
        raise ConnectTimedOut(limit_s=link.connect_timeout_s) from error
    except DatabaseUnreachable:
        raise
    except Exception as error:
        raise _opening_error(error) from error
    return SqlserverSession(line, connection)


def _opening_error(error: Exception) -> DatabaseUnreachable:
    if isinstance(error, OSError):
        return network_error(error)
    number = _number(error)
    if number == _NO_DATABASE or "Cannot open database" in str(error):
        return DatabaseMissing()
    if isinstance(error, pytds.LoginError) or number in _LOGIN_REFUSED:
        return LoginRefused()
    return TlsFailed() if "ncryption" in str(error) or "ENCRYPT" in str(error) else ConnectionFailed()


def statement_error(error: Exception, limit_s: float) -> AgentGraphError:
    """The error of the product for one that a statement ended in."""
    number = _number(error)
    if number == _LOCK_TIMED_OUT:
        return TimedOut(limit_s=limit_s)
    if number in _REFUSALS:
        return RefusedByPolicy(rule=WALL_RULE, reason=_short(error))
    if number in _EXHAUSTED:
        return TooManyRows(limit="the memory of one statement")
    if number:
        return SqlInvalid(reason=_short(error))
    return DatabaseUnreachable()


def _number(error: Exception) -> int:
    return int(getattr(error, "msg_no", 0) or 0)


def _short(error: Exception) -> str:
    return str(getattr(error, "text", "") or "the database refused the statement")[:300]
