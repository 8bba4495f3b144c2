"""The ways in which a connection to a server fails: each has its own error, which tells no secret."""

import asyncio
import socket
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from app.connectors.endpoint import Endpoint
from app.core.engines import EngineKind, TlsMode
from app.core.errors import DatabaseUnreachable
from app.core.errors.databases import (
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimedOut,
    DatabaseMissing,
    EgressRefused,
    HostUnknown,
    LoginRefused,
    TlsFailed,
)
from tests.connectors.readers import ONE, PASSWORD, READER, opened, query, served

pytestmark = pytest.mark.anyio

HTTP = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> Any:
    """A login on the kind of server that the case names."""
    return request.getfixturevalue(f"{request.param}_reader")


@pytest.mark.parametrize(
    ("reader", "changed", "error"),
    [
        *(
            (server, changed, error)
            for server in ("postgres", "mysql", "sqlserver")
            for changed, error in (
                ({"password": "wrong"}, LoginRefused),
                ({"user": "nobody"}, LoginRefused),
                ({"database": "absent"}, DatabaseMissing),
                ({"port": 1}, ConnectionRefused),
                ({"host": "no-such-host.invalid"}, HostUnknown),
                ({"tls": TlsMode.VERIFY, "ca": "rubbish"}, TlsFailed),
                ({"host": "10.1.2.3"}, EgressRefused),
            )
        ),
        ("postgres", {"tls": TlsMode.REQUIRE}, TlsFailed),
        ("postgres", {"host": "169.254.169.254"}, EgressRefused),
        ("postgres", {"host": "/var/run/postgresql"}, EgressRefused),
        ("postgres", {"host": "127.0.0.1,10.0.0.1"}, EgressRefused),
        ("mysql", {"tls": TlsMode.VERIFY}, TlsFailed),
        ("mysql", {"host": "/run/mysqld/mysqld.sock"}, EgressRefused),
        ("sqlserver", {"password": "x" * 129}, ConnectionFailed),
        ("sqlserver", {"tls": TlsMode.VERIFY}, TlsFailed),
        ("sqlserver", {"host": "127.0.0.1\\instance"}, EgressRefused),
    ],
    indirect=["reader"],
)
async def test_each_way_a_connection_fails_has_its_own_error(
    reader: Endpoint, changed: dict[str, Any], error: type[ConnectionFailed]
) -> None:
    async with opened(replace(reader, **changed)) as connector:
        with pytest.raises(error) as caught:
            await query(connector, ONE)
    told = f"{caught.value} {caught.value.fields}"
    assert PASSWORD not in told
    assert READER not in told


@pytest.mark.parametrize(
    ("kind", "greeting", "error"),
    [
        *((EngineKind.MYSQL, said, ConnectionFailed) for said in (b"", b"\x01\0\0\0\x0a", HTTP, b"\xff" * 40)),
        *(
            (EngineKind.SQLSERVER, said, DatabaseUnreachable)
            for said in (b"", b"\x04\x01\x00\x09\0\0\0\0\xff", HTTP, b"\xff" * 40)
        ),
    ],
)
async def test_what_is_no_such_server_is_told_so(kind: EngineKind, greeting: bytes, error: type[Exception]) -> None:
    async def other(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(greeting)
        outgoing.write_eof()
        await incoming.read()
        outgoing.close()

    async with served(kind, other) as endpoint, opened(endpoint) as connector:
        with pytest.raises(error):
            await query(connector, ONE)


@pytest.mark.parametrize("kind", [EngineKind.MYSQL, EngineKind.SQLSERVER])
async def test_a_server_that_never_speaks_is_left_at_the_limit(kind: EngineKind) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        endpoint = Endpoint(kind, "127.0.0.1", silent.getsockname()[1], "d", "u", "p", tls=TlsMode.DISABLE)
        async with opened(endpoint, connect_timeout_s=2) as connector:
            with pytest.raises(ConnectTimedOut):
                await query(connector, ONE)
