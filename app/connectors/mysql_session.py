"""One connection to a MySQL or MariaDB: a judged address, a thread of its own, and queries that only read.

The driver blocks, so that each connection has one thread. Who cancels it kills the connection in the server through a
second one, and closes the socket under the thread.
"""

import asyncio
import re
import socket
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pymysql
from pymysql.constants import CR, ER

from app.connectors.base import Limits
from app.connectors.cells import Fetched, Taken
from app.connectors.endpoint import Endpoint, Link, NamedContext, network_error, tls_context
from app.connectors.line import Line, connected
from app.connectors.mysql_cells import Field, columns_of, reader_of
from app.core.egress import EgressRules
from app.core.engines import TlsMode
from app.core.errors import AgentGraphError, DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows
from app.core.errors.databases import ConnectionFailed, ConnectTimedOut, DatabaseMissing, LoginRefused, TlsFailed

WALL_RULE = "engine_wall"
ERRORS = (pymysql.MySQLError, RuntimeError, OSError)
"""What a statement can end in, for `statement_error`; RuntimeError is the driver's answer to LOAD DATA LOCAL."""
CLOSE_S = 1.5
"""How long the server may take to end a statement before the socket is simply dropped."""
_LOCK_WAIT_S = 2
_SQL_MODE = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
"""Neither ANSI_QUOTES nor PIPES_AS_CONCAT nor NO_BACKSLASH_ESCAPES: the gate reads texts without them."""
_RESET_CONNECTION = 0x1F
"""COM_RESET_CONNECTION, which the driver has no name for: settings, variables, locks, temporary tables."""
RIGHTS = "SHOW GRANTS"
"""The one statement that is no query: nothing else tells what the login's roles may do."""
_CHECK = "agentgraph_check"
_LONGEST_GROUP_CONCAT = 1024 * 1024
_MOST_RECURSIONS = 2**32 - 1
"""MariaDB ends a recursion after a thousand rounds and gives what it has; here the deadline ends it."""

_TIMEOUTS = frozenset({1969, 3024, ER.LOCK_WAIT_TIMEOUT, ER.QUERY_INTERRUPTED})
_REFUSALS = frozenset(
    {
        ER.TABLEACCESS_DENIED_ERROR,
        ER.COLUMNACCESS_DENIED_ERROR,
        ER.DBACCESS_DENIED_ERROR,
        ER.ACCESS_DENIED_ERROR,
        ER.SPECIFIC_ACCESS_DENIED_ERROR,
        ER.PROCACCESS_DENIED_ERROR,
        ER.OPTION_PREVENTS_STATEMENT,
        1792,
    }
)
"""Missing rights, and 1792: a change within a transaction that only reads."""
_EXHAUSTED = frozenset({ER.OUTOFMEMORY, ER.OUT_OF_SORTMEMORY, ER.OUT_OF_RESOURCES, ER.RECORD_FILE_FULL, ER.DISK_FULL})
_LOST = frozenset({0, CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_COMMANDS_OUT_OF_SYNC, ER.SERVER_SHUTDOWN, 1927})
_TLS_ERRORS = frozenset({CR.CR_SSL_CONNECTION_ERROR, 3159})
_WHO = re.compile(r" (?:to|for) user '[^']*'@'[^']*'")
_ON_REQUEST = ("mysql_clear_password", "dialog", "sha256_password")
"""Ways to sign in by which a server is sent the password itself, or by its own public key."""


class MysqlSession:
    """One connection; statements on it run one after the other, in its thread."""

    is_spent = False

    def __init__(self, line: Line, connection: Any, endpoint: Endpoint) -> None:
        self._line = line
        self._connection = connection
        self._endpoint = endpoint
        """Its host is the judged address."""
        self._is_mariadb = "mariadb" in str(connection.server_version).lower()

    async def fetch(self, sql: str, limits: Limits) -> Fetched:
        """The rows of a query, cut to `limits`."""
        return await self._line.run(lambda: self._fetch(sql, limits))

    async def prepare(self, sql: str, timeout_s: float) -> None:
        """Lets the server plan a query that does not run."""
        await self._line.run(lambda: self._prepare(sql, timeout_s))

    async def close(self) -> None:
        """Kills the connection in the server when something runs on it, and drops it."""
        if self._line.is_running or self.is_spent:
            with suppress(DatabaseUnreachable, pymysql.MySQLError, OSError, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await _kill(self._endpoint, int(self._connection.thread_id()))
        # The driver's own close() would say goodbye to a peer that may not listen any more.
        self._line.drop(self._connection._force_close)

    async def create_table(self, sql: str, timeout_s: float) -> None:
        """Runs a CREATE TABLE AS; the one statement that does not only read."""
        await self._line.run(lambda: self._create(sql, timeout_s))

    async def execute(self, sql: str) -> None:
        """Runs a command of our own that gives no rows."""
        await self._line.run(lambda: self._connection.query(sql))

    def _fetch(self, sql: str, limits: Limits) -> Fetched:
        self._prepare(sql, limits.timeout_s, ends=False)
        connection = self._connection
        connection.query(sql, unbuffered=True)
        result = connection._result  # cursors hide how columns are flagged, and read all when closed
        if not result.unbuffered_active:
            raise RefusedByPolicy(rule=WALL_RULE, reason="the statement gives no rows")
        try:
            fields, taken = result.fields, Taken(limits)
            self.is_spent = not _take(result, fields, taken)
        finally:
            # Whoever frees an unfinished result reads it to its end first.
            result.unbuffered_active = False
        if not self.is_spent:
            self._end()
        return columns_of(fields, taken.rows), taken

    def _prepare(self, sql: str, timeout_s: float, *, ends: bool = True) -> None:
        # A subquery is a query and nothing else, in the grammar itself: no change, no INTO OUTFILE, no block of
        # several statements. To be prepared it is parsed and its names and rights are looked up; nothing runs.
        connection = self._connection
        connection.query(self._settings(timeout_s))
        connection.query("SET SESSION TRANSACTION READ ONLY")
        connection.query("START TRANSACTION READ ONLY")
        if sql != RIGHTS:
            connection.query(f"PREPARE {_CHECK} FROM {connection.escape(f'SELECT EXISTS ({sql}{chr(10)})')}")
        if ends:
            self._end()

    def _create(self, sql: str, timeout_s: float) -> None:
        self._connection.query(self._settings(timeout_s))
        self._connection.query(sql)
        self._end()

    def _settings(self, timeout_s: float) -> str:
        own = (
            f"max_statement_time = {timeout_s:.3f}, max_recursive_iterations = {_MOST_RECURSIONS}"
            if self._is_mariadb
            else f"max_execution_time = {max(1, round(timeout_s * 1000))}"
        )
        return (
            f"SET NAMES utf8mb4, sql_mode = '{_SQL_MODE}', time_zone = '+00:00', lock_wait_timeout = {_LOCK_WAIT_S},"
            f" innodb_lock_wait_timeout = {_LOCK_WAIT_S}, group_concat_max_len = {_LONGEST_GROUP_CONCAT}, {own}"
        )

    def _end(self) -> None:
        """Never commits, and leaves nothing of the statement."""
        self._connection.query("ROLLBACK")
        self._connection._execute_command(_RESET_CONNECTION, b"")  # see _RESET_CONNECTION
        self._connection._read_ok_packet()


def _take(result: Any, fields: list[Field], taken: Taken) -> bool:
    """Takes rows up to the limits; False when some are still on their way."""
    readers = [reader_of(field) for field in fields]
    while True:
        row = result._read_rowdata_packet_unbuffered()  # the driver's only way to read row by row
        if row is None:
            return True
        if not taken.take([[None if raw is None else read(raw) for read, raw in zip(readers, row, strict=True)]]):
            # What follows the one row too many is mostly the end, and then the connection is as good as before.
            return result._read_rowdata_packet_unbuffered() is None


async def open_session(endpoint: Endpoint, rules: EgressRules, link: Link) -> MysqlSession:
    """A new connection. Raises ConnectionFailed in one of its forms."""
    context = tls_context(endpoint)
    try:
        async with asyncio.timeout(link.connect_timeout_s):
            address = await rules.address(endpoint.host, endpoint.port)
            return await _connected(replace(endpoint, host=address), context)
    except TimeoutError as error:
        raise ConnectTimedOut(limit_s=link.connect_timeout_s) from error


async def _connected(endpoint: Endpoint, context: NamedContext | None) -> MysqlSession:
    """A connection to the address that is the host of `endpoint`; raises nothing but ConnectionFailed."""
    try:
        line, connection = await connected(
            endpoint.host, endpoint.port, lambda plug: _signed_in(plug, endpoint, context)
        )
    except Exception as error:
        raise _opening_error(error) from error
    return MysqlSession(line, connection, endpoint)


def _signed_in(plug: socket.socket, endpoint: Endpoint, context: NamedContext | None) -> Any:
    """The driver's connection over `plug`. Blocks."""
    in_clear = endpoint.tls is TlsMode.DISABLE
    connection = pymysql.Connection(
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        password=endpoint.password.encode(),
        database=endpoint.database,
        charset="utf8mb4",
        use_unicode=False,
        conv={},
        ssl=context,
        ssl_disabled=in_clear,
        auth_plugin_map=dict.fromkeys(_ON_REQUEST, _Refusal) if in_clear else {"dialog": _Refusal},
        local_infile=False,
        autocommit=None,
        defer_connect=True,
    )
    connection.connect(plug)
    return connection


class _Refusal:
    """Ends a sign-in in which the server asks for the password itself."""

    def __init__(self, connection: object) -> None:
        del connection

    def authenticate(self, packet: object) -> object:
        """Raises OperationalError."""
        del packet
        raise pymysql.OperationalError(CR.CR_SSL_CONNECTION_ERROR, "the server asks for the password in clear")


async def _kill(endpoint: Endpoint, connection_id: int) -> None:
    """Ends a connection and what runs on it, by the same login through another connection."""
    killer = await _connected(endpoint, tls_context(endpoint))
    try:
        await killer.execute(f"KILL {connection_id}")
    finally:
        await killer.close()


def _opening_error(error: Exception) -> DatabaseUnreachable:
    if isinstance(error, DatabaseUnreachable):
        return error
    cause = getattr(error, "original_exception", error)
    if isinstance(cause, OSError):
        return network_error(cause)
    code = _code(error)
    if code in _TLS_ERRORS:
        return TlsFailed()
    if code in {ER.ACCESS_DENIED_ERROR, 1698, ER.HOST_NOT_PRIVILEGED}:
        return LoginRefused()
    return DatabaseMissing() if code in {ER.BAD_DB_ERROR, ER.DBACCESS_DENIED_ERROR} else ConnectionFailed()


def statement_error(error: Exception, limit_s: float) -> AgentGraphError:
    """The error of the product for one that a statement ended in."""
    code = _code(error)
    if isinstance(error, RuntimeError):
        return RefusedByPolicy(rule=WALL_RULE, reason="files of this machine are not sent")
    if code in _TIMEOUTS:
        return TimedOut(limit_s=limit_s)
    if code in _REFUSALS:
        return RefusedByPolicy(rule=WALL_RULE, reason=_short(error))
    if code in _EXHAUSTED:
        return TooManyRows(limit="the memory of one statement")
    if isinstance(error, OSError | pymysql.InterfaceError) or code in _LOST:
        return DatabaseUnreachable()
    return SqlInvalid(reason=_short(error))


def is_taken(error: Exception) -> bool:
    """Whether a table could not be made because there is one of its name."""
    return bool(_code(error) == ER.TABLE_EXISTS_ERROR)


def _code(error: Exception) -> int:
    code = error.args[0] if error.args else 0
    return code if isinstance(code, int) else 0


def _short(error: Exception) -> str:
    """What the server says, without whom it says it to."""
    message = error.args[1] if len(error.args) > 1 else "the database refused the statement"
    return _WHO.sub("", str(message))[:300]
