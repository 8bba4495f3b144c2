"""What only SQL Server does: ways in which a connection fails, TLS within TDS, rights of logins, servers that lie."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from app.connectors.base import CheckedStatement, Limits
from app.connectors.endpoint import Endpoint, Link
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.sqlserver import SQLSERVER
from app.core.egress import EgressRules
from app.core.engines import EngineKind, TlsMode
from app.core.errors import DatabaseUnreachable, RefusedByPolicy
from app.core.errors_databases import (
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimedOut,
    DatabaseMissing,
    EgressRefused,
    HostUnknown,
    LoginRefused,
    SchemaUnreadable,
    TlsFailed,
)
from tests.certificates import HOST, Certificates, make_certificates
from tests.connectors.subjects import LOCAL
from tests.fakes.tds import FakeSqlServer, serve_tds, tls_of
from tests.fakes.tsql import Login

pytestmark = pytest.mark.anyio

READER = "leitora"
PASSWORD = "senha da leitora ☃"
ONE = CheckedStatement("SELECT 1 AS x", "tsql", ())
EVERYTHING = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE TABLE", "ALTER", "ADMINISTER BULK OPERATIONS"})


async def _here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


HERE = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),), resolver=_here)
"""Every name leads to this machine."""


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "tls")


@pytest.fixture
async def server(certificates: Certificates) -> AsyncIterator[FakeSqlServer]:
    """A server with three tables, and logins that may read two of them, everything, and nothing."""
    logins = {
        READER: Login(PASSWORD, hidden=("segredos",)),
        "chefe": Login("x", server_roles=frozenset({"sysadmin"}), rights=EVERYTHING),
        "ninguem": Login("x", rights=frozenset()),
    }
    fake = FakeSqlServer(logins=logins, tls=tls_of(certificates))
    fake.store.execute(
        "CREATE TABLE vendas (id INTEGER PRIMARY KEY, valor DECIMAL(9, 2)); INSERT INTO vendas VALUES (1, 10.50);"
        ' CREATE TABLE segredos (id INTEGER); CREATE TABLE "Peças ]x" ("Código" VARCHAR)'
    )
    async with serve_tds(fake):
        yield fake


@pytest.fixture
def reader(server: FakeSqlServer) -> Endpoint:
    """The way in of the login that may read two tables."""
    return Endpoint(EngineKind.SQLSERVER, "127.0.0.1", server.port, "loja", READER, PASSWORD, tls=TlsMode.DISABLE)


@asynccontextmanager
async def opened(endpoint: Endpoint, rules: EgressRules = LOCAL) -> Any:
    connector = DatabaseConnector(SQLSERVER, endpoint, rules, Link(connect_timeout_s=2), Room(5))
    yield connector
    await connector.close()


async def test_a_login_that_only_reads_has_no_warnings_and_sees_what_it_may_read(reader: Endpoint) -> None:
    async with opened(reader) as connector:
        survey = await connector.survey(10)
        assert (survey.examination.privileges.warnings, survey.examination.privileges.grants) == ((), ())
        assert [table.name for table in survey.catalog.tables] == ["Peças ]x", "vendas"]
        assert survey.catalog.tables[1].primary_key == ("id",)
        result = await connector.query(CheckedStatement("SELECT [Código] FROM [Peças ]]x]", "tsql", ()), Limits())
        assert result.rows == ()


async def test_an_administrator_is_warned_of_with_the_grants_that_mend_it(reader: Endpoint) -> None:
    async with opened(replace(reader, user="chefe", password="x")) as connector:
        privileges = (await connector.examine()).privileges
    assert privileges.warnings == ("superuser", "reads_server_files", "can_write", "can_create")
    assert "GRANT SELECT ON SCHEMA::[dbo] TO agentgraph_reader;" in privileges.grants


async def test_what_the_login_may_not_read_is_refused_by_the_server(reader: Endpoint) -> None:
    async with opened(reader) as connector:
        with pytest.raises(RefusedByPolicy):
            await connector.query(CheckedStatement("SELECT * FROM segredos", "tsql", ()), Limits())


async def test_a_login_without_a_table_is_told_so(reader: Endpoint) -> None:
    async with opened(replace(reader, user="ninguem", password="x")) as connector:
        with pytest.raises(SchemaUnreadable):
            await connector.survey(10)


async def test_the_tables_to_include_are_the_only_ones(reader: Endpoint) -> None:
    async with opened(replace(reader, tables=("vendas",))) as connector:
        assert [table.name for table in (await connector.introspect()).tables] == ["vendas"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"password": "wrong"}, LoginRefused),
        ({"user": "nobody"}, LoginRefused),
        ({"password": "x" * 129}, ConnectionFailed),
        ({"database": "absent"}, DatabaseMissing),
        ({"port": 1}, ConnectionRefused),
        ({"host": "no-such-host.invalid"}, HostUnknown),
        ({"tls": TlsMode.VERIFY}, TlsFailed),
        ({"tls": TlsMode.VERIFY, "ca": "rubbish"}, TlsFailed),
        ({"host": "10.1.2.3"}, EgressRefused),
        ({"host": "127.0.0.1\\instance"}, EgressRefused),
    ],
)
async def test_each_way_a_connection_fails_has_its_own_error(
    reader: Endpoint, changed: dict[str, Any], error: type[ConnectionFailed]
) -> None:
    async with opened(replace(reader, **changed)) as connector:
        with pytest.raises(error) as caught:
            await connector.query(ONE, Limits())
    told = f"{caught.value} {caught.value.fields}"
    assert PASSWORD not in told
    assert READER not in told


async def test_tls_is_used_and_verified_against_the_given_name(
    server: FakeSqlServer, reader: Endpoint, certificates: Certificates
) -> None:
    server.needs_tls = True
    async with opened(reader) as connector:
        with pytest.raises(TlsFailed):
            await connector.query(ONE, Limits())
    ca = certificates.ca.read_text()
    verified = replace(reader, tls=TlsMode.VERIFY, ca=ca, host=HOST)
    for endpoint in (replace(reader, tls=TlsMode.REQUIRE), verified):
        async with opened(endpoint, HERE) as connector:
            assert (await connector.query(ONE, Limits())).rows == ((1,),)
    async with opened(replace(verified, host="other.example.com"), HERE) as connector:
        with pytest.raises(TlsFailed):
            await connector.query(ONE, Limits())


async def test_a_server_without_tls_gets_no_password_where_tls_is_wanted(
    server: FakeSqlServer, reader: Endpoint
) -> None:
    server.tls = None
    async with opened(replace(reader, tls=TlsMode.REQUIRE)) as connector:
        with pytest.raises(TlsFailed):
            await connector.query(ONE, Limits())


async def test_a_statement_is_ended_by_an_attention_over_tls_too(server: FakeSqlServer, reader: Endpoint) -> None:
    async with opened(replace(reader, tls=TlsMode.REQUIRE)) as connector:
        busy = asyncio.create_task(
            connector.query(CheckedStatement("WAITFOR DELAY '00:01:00'", "tsql", ()), Limits(timeout_s=60))
        )
        await asyncio.sleep(0.5)
        assert (server.statements, server.attentions) == (1, 0)
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
        assert (server.statements, server.attentions) == (0, 1)


async def test_whatever_a_statement_changed_is_undone(server: FakeSqlServer, reader: Endpoint) -> None:
    async with opened(replace(reader, user="chefe", password="x")) as connector:
        for sql in ("DELETE FROM vendas", "SELECT 1 AS x; DELETE FROM vendas", "DROP TABLE vendas"):
            with pytest.raises(RefusedByPolicy):
                await connector.query(CheckedStatement(sql, "tsql", ()), Limits())
        kept = await connector.query(CheckedStatement("SELECT id, @@TRANCOUNT AS n FROM vendas", "tsql", ()), Limits())
    assert kept.rows == ((1, 1),)


async def test_a_cut_result_leaves_the_connection_well(server: FakeSqlServer, reader: Endpoint) -> None:
    many = CheckedStatement("SELECT value FROM GENERATE_SERIES(1, 500000)", "tsql", ())
    async with opened(reader) as connector:
        for limits in (Limits(max_rows=7), Limits(max_bytes=100)):
            assert (await connector.query(many, limits)).truncated
            assert (await connector.query(ONE, Limits())).rows == ((1,),)
        assert connector.open_sessions == 1
        assert server.sessions == 1


async def test_a_server_that_sends_its_client_elsewhere_is_left(server: FakeSqlServer, reader: Endpoint) -> None:
    visits = []

    async def other(_incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        visits.append(1)
        outgoing.close()

    elsewhere = await asyncio.start_server(other, "127.0.0.1", 0)
    server.reroutes_to = "127.0.0.1"
    async with opened(reader) as connector:
        with pytest.raises(ConnectionFailed):
            await connector.query(ONE, Limits())
    elsewhere.close()
    await elsewhere.wait_closed()
    assert visits == []


@pytest.mark.parametrize(
    "greeting", [b"", b"\x04\x01\x00\x09\0\0\0\0\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 40]
)
async def test_what_is_no_sql_server_is_told_so(greeting: bytes) -> None:
    async def other(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(greeting)
        outgoing.write_eof()
        await incoming.read()
        outgoing.close()

    listening = await asyncio.start_server(other, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    endpoint = Endpoint(EngineKind.SQLSERVER, "127.0.0.1", port, "d", "u", "p", tls=TlsMode.DISABLE)
    async with opened(endpoint) as connector:
        with pytest.raises(DatabaseUnreachable):
            await connector.query(ONE, Limits())
    listening.close()
    await listening.wait_closed()


async def test_a_server_that_never_speaks_is_left_at_the_limit() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        endpoint = Endpoint(EngineKind.SQLSERVER, "127.0.0.1", port, "d", "u", "p", tls=TlsMode.DISABLE)
        async with opened(endpoint) as connector:
            with pytest.raises(ConnectTimedOut):
                await connector.query(ONE, Limits())
