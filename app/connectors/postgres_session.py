"""One connection to a PostgreSQL: opened at a judged address, and asked by a cursor in a read-only transaction."""

import asyncio
from typing import Any

import asyncpg

from app.connectors.base import Column, Limits
from app.connectors.catalog import DataType
from app.connectors.cells import Fetched, Taken, type_of_cells, whole_numbers
from app.connectors.endpoint import Endpoint, Link, network_error, tls_context
from app.core.egress import EgressRules
from app.core.errors import AgentGraphError, DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows
from app.core.errors.databases import ConnectionFailed, ConnectTimedOut, DatabaseMissing, LoginRefused, TlsFailed

WALL_RULE = "engine_wall"
CLOSE_S = 1.5
"""How long the server may take to end a statement and the session before the socket is simply dropped."""
_LOCK_TIMEOUT_MS = 2_000
_TEXTUAL = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")
"""Types read as the server writes them, which loses neither zone nor infinity nor months."""
_TYPES = {
    "int2": DataType.INTEGER,
    "int4": DataType.INTEGER,
    "int8": DataType.INTEGER,
    "oid": DataType.INTEGER,
    "float4": DataType.REAL,
    "float8": DataType.REAL,
    "numeric": DataType.REAL,
    "date": DataType.DATE,
    "time": DataType.TIME,
    "timetz": DataType.TIME,
    "timestamp": DataType.TIMESTAMP,
    "timestamptz": DataType.TIMESTAMP,
    "bool": DataType.BOOLEAN,
}
_CURSOR = "agentgraph_rows"
_OBJECTS = (asyncpg.Record, asyncpg.BitString, asyncpg.Range, list)
"""Values that the driver gives in classes of its own, alone or in arrays."""
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a statement can end in, for `statement_error`."""


def data_type(name: str) -> DataType:
    """The product's type for PostgreSQL's own name of one."""
    return _TYPES.get(name, DataType.TEXT)


def quoted(name: str) -> str:
    """`name` as an identifier in a statement."""
    return '"' + name.replace('"', '""') + '"'


class PostgresSession:
    """One connection; statements on it run one after the other."""

    def __init__(self, connection: "asyncpg.Connection[Any]", endpoint: Endpoint) -> None:
        self._connection = connection
        path = ", ".join(quoted(schema) for schema in endpoint.schemas or ("public",))
        self._settings = (
            f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}; SET LOCAL idle_in_transaction_session_timeout = 60000;"
            f" SET LOCAL search_path = {path}; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = iso_8601;"
            " SET LOCAL timezone = 'UTC'; SET LOCAL standard_conforming_strings = on"
        )

    @property
    def process_id(self) -> int:
        """The server's own number of this connection."""
        return int(self._connection.get_server_pid())

    @property
    def is_spent(self) -> bool:
        """Never: a cursor leaves no rows on the way."""
        return False

    async def fetch(self, sql: str, limits: Limits) -> Fetched:
        """The rows of a query, cut to `limits`."""
        await self._declare(sql, limits.timeout_s)
        taken = Taken(limits)
        while True:
            size = taken.next_batch
            statement = await self._connection.prepare(f"FETCH FORWARD {size} FROM {_CURSOR}")
            rows = await statement.fetch()
            if not taken.take(map(_plain, rows)) or len(rows) < size:
                break
        columns = _columns(statement.get_attributes(), taken)
        await self._end()
        return columns, taken

    async def prepare(self, sql: str, timeout_s: float) -> None:
        """Lets the server plan a query that does not run."""
        await self._declare(sql, timeout_s)
        await self._end()

    async def create_table(self, sql: str, timeout_s: float) -> None:
        """Runs a CREATE TABLE AS, and keeps what it made; the one statement that does not only read."""
        milliseconds = max(1, round(timeout_s * 1000))
        await self._connection.execute(
            f"BEGIN TRANSACTION READ WRITE; SET LOCAL statement_timeout = {milliseconds}; {self._settings}"
        )
        # To be prepared, a text must be one statement.
        statement = await self._connection.prepare(sql)
        await statement.fetch()
        await self._connection.execute("COMMIT")
        await self._connection.execute("DISCARD ALL")

    async def close(self) -> None:
        """Ends the running statement in the server and closes; the driver sends the cancel request by itself."""
        try:
            await self._connection.close(timeout=CLOSE_S)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            self._connection.terminate()

    async def _declare(self, sql: str, timeout_s: float) -> None:
        # A cursor takes one query and nothing else, in the grammar itself: no second statement, no change, no COPY.
        milliseconds = max(1, round(timeout_s * 1000))
        await self._connection.execute(
            f"BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = {milliseconds}; {self._settings}"
        )
        statement = await self._connection.prepare(f"DECLARE {_CURSOR} NO SCROLL CURSOR FOR {sql}")
        await statement.fetch()

    async def _end(self) -> None:
        """Never commits, and leaves nothing of the statement: settings, advisory locks, temporary tables."""
        await self._connection.execute("ROLLBACK")
        await self._connection.execute("DISCARD ALL")


async def open_session(endpoint: Endpoint, rules: EgressRules, link: Link) -> PostgresSession:
    """A new connection. Raises ConnectionFailed in one of its forms."""
    context = tls_context(endpoint)
    try:
        async with asyncio.timeout(link.connect_timeout_s):
            address = await rules.address(endpoint.host, endpoint.port)
            connection = await asyncpg.connect(
                host=address,
                port=endpoint.port,
                user=endpoint.user,
                password=endpoint.password,
                database=endpoint.database,
                ssl=context or False,
                statement_cache_size=0,
                timeout=link.connect_timeout_s,
            )
            for name in _TEXTUAL:
                await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str, format="text")
    except TimeoutError as error:
        raise ConnectTimedOut(limit_s=link.connect_timeout_s) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise _opening_error(error) from error
    return PostgresSession(connection, endpoint)


def _opening_error(error: Exception) -> DatabaseUnreachable:
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return LoginRefused()
    if isinstance(error, asyncpg.InvalidCatalogNameError | asyncpg.InsufficientPrivilegeError):
        return DatabaseMissing()
    if isinstance(error, ConnectionError) and "SSL upgrade" in str(error):
        return TlsFailed()
    return network_error(error) if isinstance(error, OSError) else ConnectionFailed()


def statement_error(error: Exception, limit_s: float) -> AgentGraphError:
    """The error of the product for one that a statement ended in."""
    match error:
        case asyncpg.QueryCanceledError() | asyncpg.LockNotAvailableError():
            return TimedOut(limit_s=limit_s)
        case asyncpg.InsufficientPrivilegeError() | asyncpg.ReadOnlySQLTransactionError():
            return RefusedByPolicy(rule=WALL_RULE, reason=_short(error))
        case asyncpg.InsufficientResourcesError() | asyncpg.ProgramLimitExceededError():
            return TooManyRows(limit="the memory of one statement")
        case asyncpg.PostgresConnectionError() | asyncpg.OperatorInterventionError():
            return DatabaseUnreachable()
        case asyncpg.PostgresError():
            return SqlInvalid(reason=_short(error))
    return DatabaseUnreachable()


def is_taken(error: Exception) -> bool:
    """Whether a table could not be made because there is one of its name."""
    return isinstance(error, asyncpg.DuplicateTableError)


def _short(error: asyncpg.PostgresError) -> str:
    return str(getattr(error, "message", None) or "the database refused the statement")[:300]


def _columns(attributes: Any, taken: Taken) -> tuple[Column, ...]:
    return tuple(
        Column(attribute.name, _type(attribute.type.name, place, taken)) for place, attribute in enumerate(attributes)
    )


def _plain(row: "asyncpg.Record") -> tuple[Any, ...]:
    return tuple(_written(value) if isinstance(value, _OBJECTS) else value for value in row)


def _written(value: Any) -> Any:
    """A range or bit string as the server writes it, a composite as its fields by name."""
    if isinstance(value, asyncpg.Record):
        return {name: _written(field) for name, field in value.items()}
    if isinstance(value, asyncpg.BitString):
        return value.as_string().replace(" ", "")
    if isinstance(value, asyncpg.Range):
        return _written_range(value)
    return [_written(item) for item in value] if isinstance(value, list) else value


def _written_range(value: "asyncpg.Range[Any]") -> str:
    if value.isempty:
        return "empty"
    low, high = ("" if end is None else str(end) for end in (value.lower, value.upper))
    return f"{'[' if value.lower_inc else '('}{low},{high}{']' if value.upper_inc else ')'}"


def _type(name: str, place: int, taken: Taken) -> DataType:
    if name == "numeric" and whole_numbers(taken.rows, place):
        return DataType.INTEGER
    kind = data_type(name)
    return type_of_cells(row[place] for row in taken.rows) if name == "unknown" else kind
