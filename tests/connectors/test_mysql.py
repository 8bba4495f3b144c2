"""What only MySQL and MariaDB do: ways in which a connection fails, TLS, rights of logins, and servers that lie."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from app.connectors.base import CheckedStatement, Limits
from app.connectors.endpoint import Endpoint, Link
from app.connectors.geometry import shape_text
from app.connectors.mysql import MYSQL
from app.connectors.mysql_schema import server_name
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.core.egress import EgressRules
from app.core.engines import EngineKind, TlsMode
from app.core.errors import DatabaseUnreachable, RefusedByPolicy, SqlInvalid
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
from tests.certificates import HOST
from tests.connectors.subjects import LOCAL
from tests.mariadb import MariaDb

pytestmark = pytest.mark.anyio

READER = "leitora"
PASSWORD = "senha da leitora ☃"
ONE = CheckedStatement("SELECT 1", "mysql", ())


async def _here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


HERE = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),), resolver=_here)
"""Every name leads to this machine."""


@pytest.fixture
def reader(mariadb: MariaDb, mariadb_owner: Endpoint) -> Iterator[Endpoint]:
    """The way in of a login that may read two tables of three."""
    name = mariadb_owner.database
    mariadb.run(
        "CREATE TABLE vendas (id int PRIMARY KEY, valor decimal(9, 2))",
        "INSERT INTO vendas VALUES (1, 10.50)",
        "CREATE TABLE segredos (id int)",
        "CREATE TABLE `Peças ``x` (`Código` text, preço double)",
        f"CREATE USER {READER}@'%' IDENTIFIED BY '{PASSWORD}'",
        f"GRANT SELECT ON {name}.vendas TO {READER}@'%'",
        f"GRANT SELECT ON {name}.`Peças ``x` TO {READER}@'%'",
        database=name,
    )
    yield replace(mariadb_owner, user=READER, password=PASSWORD)
    mariadb.run(f"DROP USER {READER}@'%'")


@asynccontextmanager
async def opened(endpoint: Endpoint, rules: EgressRules = LOCAL) -> Any:
    connector = DatabaseConnector(MYSQL, endpoint, rules, Link(connect_timeout_s=2), Room(5))
    yield connector
    await connector.close()


async def test_a_login_that_only_reads_has_no_warnings_and_sees_what_it_may_read(reader: Endpoint) -> None:
    async with opened(reader) as connector:
        survey = await connector.survey(10)
        assert (survey.examination.privileges.warnings, survey.examination.privileges.grants) == ((), ())
        assert [table.name for table in survey.catalog.tables] == ["Peças `x", "vendas"]
        assert survey.catalog.tables[1].primary_key == ("id",)
        result = await connector.query(CheckedStatement("SELECT `Código` FROM `Peças ``x`", "mysql", ()), Limits())
        assert result.rows == ()


async def test_an_administrator_is_warned_of_and_the_grants_mend_it(reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(
        "CREATE USER chefe@'%' IDENTIFIED BY 'x'",
        "GRANT ALL ON *.* TO chefe@'%' WITH GRANT OPTION",
    )
    async with opened(replace(reader, user="chefe", password="x")) as connector:
        privileges = (await connector.examine()).privileges
    assert set(privileges.warnings) == {"superuser", "administers", "reads_server_files", "can_write", "can_create"}
    mariadb.run(*(statement.replace("<password>", "y") for statement in privileges.grants))
    async with opened(replace(reader, user="agentgraph_reader", password="y")) as connector:
        assert (await connector.examine()).privileges.warnings == ()
        assert {table.name for table in (await connector.introspect()).tables} == {"Peças `x", "segredos", "vendas"}
    mariadb.run("DROP USER chefe@'%'", "DROP USER agentgraph_reader@'%'")


async def test_rights_that_come_by_a_role_are_told(reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(
        "CREATE ROLE escritora",
        f"GRANT INSERT ON {reader.database}.* TO escritora",
        f"GRANT escritora TO {READER}@'%'",
        f"SET DEFAULT ROLE escritora FOR {READER}@'%'",
    )
    async with opened(reader) as connector:
        assert (await connector.examine()).privileges.warnings == ("can_write",)
    mariadb.run("DROP ROLE escritora")


async def test_rights_of_others_are_not_taken_for_ones_own(reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(f"GRANT SELECT ON *.* TO {READER}@'%'")
    async with opened(reader) as connector:
        assert (await connector.examine()).privileges.warnings == ()


async def test_the_tables_to_include_are_the_only_ones(reader: Endpoint) -> None:
    async with opened(replace(reader, tables=("Peças `x",))) as connector:
        assert [table.name for table in (await connector.introspect()).tables] == ["Peças `x"]


async def test_what_the_login_may_not_read_is_refused_without_its_name(reader: Endpoint) -> None:
    async with opened(reader) as connector:
        with pytest.raises(RefusedByPolicy) as caught:
            await connector.query(CheckedStatement("SELECT * FROM segredos", "mysql", ()), Limits())
    assert READER not in str(caught.value)


async def test_a_login_without_a_table_is_told_so(reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(f"REVOKE ALL, GRANT OPTION FROM {READER}@'%'", f"GRANT EXECUTE ON {reader.database}.* TO {READER}@'%'")
    async with opened(reader) as connector:
        with pytest.raises(SchemaUnreadable):
            await connector.survey(10)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"password": "wrong"}, LoginRefused),
        ({"user": "nobody"}, LoginRefused),
        ({"database": "absent"}, DatabaseMissing),
        ({"port": 1}, ConnectionRefused),
        ({"host": "no-such-host.invalid"}, HostUnknown),
        ({"tls": TlsMode.VERIFY}, TlsFailed),
        ({"tls": TlsMode.VERIFY, "ca": "rubbish"}, TlsFailed),
        ({"host": "10.1.2.3"}, EgressRefused),
        ({"host": "/run/mysqld/mysqld.sock"}, EgressRefused),
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


async def test_tls_is_used_and_verified_against_the_given_name(reader: Endpoint, mariadb: MariaDb) -> None:
    ca = mariadb.certificates.ca.read_text()
    cipher = CheckedStatement(
        "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'", "mysql", ()
    )
    encrypted = []
    for endpoint in (
        reader,
        replace(reader, tls=TlsMode.REQUIRE),
        replace(reader, tls=TlsMode.VERIFY, ca=ca, host=HOST),
    ):
        async with opened(endpoint, HERE) as connector:
            encrypted.append((await connector.query(cipher, Limits())).rows != (("",),))
    assert encrypted == [False, True, True]
    async with opened(replace(reader, tls=TlsMode.VERIFY, ca=ca, host="other.example.com"), HERE) as connector:
        with pytest.raises(TlsFailed):
            await connector.query(ONE, Limits())


async def test_cancelling_ends_the_statement_over_tls_too(reader: Endpoint, mariadb: MariaDb) -> None:
    async with opened(replace(reader, tls=TlsMode.REQUIRE)) as connector:
        busy = asyncio.create_task(connector.query(CheckedStatement("SELECT SLEEP(60)", "mysql", ()), Limits()))
        await _listed(mariadb, 1)
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
        await _listed(mariadb, 0)


async def _listed(mariadb: MariaDb, count: int) -> None:
    async with asyncio.timeout(2):
        while True:
            listed = mariadb.run(f"SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '{READER}'")
            if len(listed) == count:
                return
            await asyncio.sleep(0.02)


async def test_the_server_stops_a_statement_whose_client_is_gone_by_its_own_clock(
    reader: Endpoint, mariadb: MariaDb
) -> None:
    async with opened(reader) as connector:
        limit = CheckedStatement("SELECT @@max_statement_time, @@lock_wait_timeout", "mysql", ())
        assert (await connector.query(limit, Limits(timeout_s=7))).rows == ((7.0, 2),)


async def test_a_session_whose_rows_were_cut_off_is_not_used_again(reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(f"GRANT ALL ON {reader.database}.* TO {READER}@'%'")
    many = CheckedStatement("SELECT a.seq FROM seq_1_to_1000000 a, seq_1_to_1000 b", "mysql", ())
    async with opened(reader) as connector:
        result = await connector.query(many, Limits(max_rows=5))
        assert (len(result.rows), result.truncated) == (5, True)
        await _listed(mariadb, 0)
        assert (await connector.query(ONE, Limits())).rows == ((1,),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 INTO OUTFILE '{folder}/a'",
        "SELECT 1 INTO DUMPFILE '{folder}/b'",
        "SELECT 1) INTO OUTFILE '{folder}/c' -- ",
        "SELECT 1 INTO @x",
        "BEGIN NOT ATOMIC COMMIT; DELETE FROM vendas; END",
        "EXECUTE IMMEDIATE 'DELETE FROM vendas'",
        "SET STATEMENT max_statement_time = 0 FOR DELETE FROM vendas",
        "ANALYZE DELETE FROM vendas",
        "COMMIT",
        "SET GLOBAL max_connections = 1",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE vendas",
        "SELECT 1 /*! INTO OUTFILE '{folder}/d' */",
        "SELECT 1 /*M! INTO OUTFILE '{folder}/e' */",
        "SELECT * FROM vendas FOR UPDATE",
    ],
)
async def test_even_the_administrator_can_only_read(reader: Endpoint, mariadb: MariaDb, sql: str) -> None:
    mariadb.run(f"GRANT ALL ON *.* TO {READER}@'%'")
    state = ("CHECKSUM TABLE vendas, segredos", "SELECT @@max_connections")
    before = [mariadb.run(query, database=reader.database) for query in state]
    async with opened(reader) as connector:
        statement = CheckedStatement(sql.format(folder=mariadb.folder / "written"), "mysql", ())
        with pytest.raises((RefusedByPolicy, SqlInvalid)):
            await connector.query(statement, Limits())
    assert [mariadb.run(query, database=reader.database) for query in state] == before
    assert list((mariadb.folder / "written").iterdir()) == []


GREETING = (
    b"\x0a8.4.0\0"
    + struct.pack("<I", 7)
    + b"12345678\0"
    + struct.pack("<HBHHB", 0xA200, 45, 2, 0x0008, 21)
    + bytes(10)
    + b"123456789012\0"
    + b"mysql_native_password\0"
)
"""Of a server that speaks protocol 4.1, knows plugins and no TLS."""
OK = b"\0\0\0\2\0\0\0"
WANTS_FILE = b"\xfb/etc/passwd"
WANTS_PASSWORD = b"\xfemysql_clear_password\0"


class Liar:
    """A server that greets, and answers each packet of the client with the next of its own; keeps what it was sent."""

    def __init__(self, *answers: bytes) -> None:
        self.sent: list[bytes] = []
        self.is_left = asyncio.Event()
        self._answers = answers

    async def __call__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        self._say(outgoing, 0, GREETING)
        for answer in self._answers:
            head = await incoming.readexactly(4)
            self.sent.append(await incoming.readexactly(int.from_bytes(head[:3], "little")))
            self._say(outgoing, head[3] + 1, answer)
        self.sent.append(await incoming.read())
        outgoing.close()
        self.is_left.set()

    @staticmethod
    def _say(outgoing: asyncio.StreamWriter, number: int, payload: bytes) -> None:
        outgoing.write(len(payload).to_bytes(3, "little") + bytes([number]) + payload)


@asynccontextmanager
async def served(liar: Any) -> Any:
    server = await asyncio.start_server(liar, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield Endpoint(EngineKind.MYSQL, "127.0.0.1", port, "d", "u", "s3cr3t", tls=TlsMode.DISABLE)
    server.close()
    await server.wait_closed()


async def test_a_server_that_asks_for_a_file_gets_none() -> None:
    # Sign-in and the driver's SET NAMES are answered well; then every statement is answered by the wish for a file.
    liar = Liar(OK, OK, WANTS_FILE)
    async with served(liar) as endpoint, opened(endpoint) as connector:
        with pytest.raises((RefusedByPolicy, DatabaseUnreachable)):
            await connector.query(ONE, Limits())
        await liar.is_left.wait()
    assert b"max_execution_time" in liar.sent[2]
    assert liar.sent[3:] == [b""]


async def test_a_server_that_asks_for_the_password_in_clear_does_not_get_it() -> None:
    liar = Liar(WANTS_PASSWORD)
    async with served(liar) as endpoint, opened(endpoint) as connector:
        with pytest.raises(TlsFailed):
            await connector.query(ONE, Limits())
    assert b"s3cr3t" not in b"".join(liar.sent)


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    liar = Liar()
    async with served(liar) as endpoint, opened(replace(endpoint, tls=TlsMode.REQUIRE)) as connector:
        with pytest.raises(TlsFailed):
            await connector.query(ONE, Limits())
        await liar.is_left.wait()
    assert liar.sent == [b""]


@pytest.mark.parametrize("greeting", [b"", b"\x01\0\0\0\x0a", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 40])
async def test_what_is_no_mysql_is_told_so(greeting: bytes) -> None:
    async def other(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        outgoing.write(greeting)
        outgoing.write_eof()
        await incoming.read()
        outgoing.close()

    async with served(other) as endpoint, opened(endpoint) as connector:
        with pytest.raises(ConnectionFailed):
            await connector.query(ONE, Limits())


async def test_a_server_that_never_speaks_is_left_at_the_limit() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        endpoint = Endpoint(EngineKind.MYSQL, "127.0.0.1", port, "d", "u", "p", tls=TlsMode.DISABLE)
        async with opened(endpoint) as connector:
            with pytest.raises(ConnectTimedOut):
                await connector.query(ONE, Limits())


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("10.11.19-MariaDB-0+deb12u1", "MariaDB 10.11.19"),
        ("8.4.2", "MySQL 8.4.2"),
        ("5.7.44-log", "MySQL 5.7.44"),
    ],
)
async def test_servers_are_told_apart(version: str, name: str) -> None:
    assert server_name(version) == name


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\x01\x08\0\0\0", b"\x01\x01\0\0\0" + bytes(15), b"\x01\x01\0\0\0" + bytes(17),
     b"\x01\x07\0\0\0\x01\0\0\0" * 40],
)  # fmt: skip
async def test_what_is_no_shape_stays_bytes(data: bytes) -> None:
    assert shape_text(data) is None
