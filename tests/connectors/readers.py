"""Ways into real servers for a login that may read some tables of some, and servers that only pretend to be one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network

from app.connectors.base import CheckedStatement, Limits, ResultSet
from app.connectors.endpoint import Endpoint, Link
from app.connectors.mysql import MYSQL
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.sqlserver import SQLSERVER
from app.core.egress import EgressRules
from app.core.engines import EngineKind, TlsMode
from tests.connectors.subjects import LOCAL

READER = "leitora"
PASSWORD = "senha da leitora ☃"
ONE = "SELECT 1 AS x"
_ENGINES = {EngineKind.POSTGRESQL: POSTGRES, EngineKind.MYSQL: MYSQL, EngineKind.SQLSERVER: SQLSERVER}

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


HERE = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),), resolver=_here)
"""Every name leads to this machine."""


@asynccontextmanager
async def opened(
    endpoint: Endpoint, rules: EgressRules = LOCAL, *, connect_timeout_s: float = 5
) -> AsyncIterator[DatabaseConnector]:
    """A connector of the endpoint's kind, closed afterwards."""
    link = Link(connect_timeout_s=connect_timeout_s)
    connector = DatabaseConnector(_ENGINES[endpoint.engine], endpoint, rules, link, Room(5))
    try:
        yield connector
    finally:
        await connector.close()


async def query(connector: DatabaseConnector, sql: str, limits: Limits | None = None) -> ResultSet:
    """Runs `sql` as if the gate had passed it."""
    return await connector.query(CheckedStatement(sql, connector.dialect, ()), limits or Limits())


@asynccontextmanager
async def served(kind: EngineKind, server: Server) -> AsyncIterator[Endpoint]:
    """The way into a server of the test's own that listens while this is open."""
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield Endpoint(kind, "127.0.0.1", port, "d", "u", "s3cr3t", tls=TlsMode.DISABLE)
    listening.close()
    await listening.wait_closed()
