"""What only MySQL and MariaDB do: TLS, rights of logins, reading for administrators, and servers that lie."""

import asyncio
import struct
from dataclasses import replace

import pytest

from app.connectors.base import Limits
from app.connectors.endpoint import Endpoint
from app.connectors.geometry import shape_text
from app.connectors.mysql_schema import server_name
from app.core.engines import EngineKind, TlsMode
from app.core.errors import DatabaseUnreachable, RefusedByPolicy, SqlInvalid
from app.core.errors.databases import SchemaUnreadable, TlsFailed
from tests.certificates import HOST
from tests.connectors.readers import HERE, ONE, READER, opened, query, served
from tests.connectors.subjects import GONE_WITHIN_S
from tests.mariadb import MariaDb
from tests.waiting import until

pytestmark = pytest.mark.anyio


async def test_an_administrator_is_warned_of_and_the_grants_mend_it(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(
        "CREATE USER chefe@'%' IDENTIFIED BY 'x'",
        "GRANT ALL ON *.* TO chefe@'%' WITH GRANT OPTION",
    )
    async with opened(replace(mysql_reader, user="chefe", password="x")) as connector:
        privileges = (await connector.examine()).privileges
    assert set(privileges.warnings) == {"superuser", "administers", "reads_server_files", "can_write", "can_create"}
    mariadb.run(*(statement.replace("<password>", "y") for statement in privileges.grants))
    async with opened(replace(mysql_reader, user="agentgraph_reader", password="y")) as connector:
        assert (await connector.examine()).privileges.warnings == ()
        assert {table.name for table in (await connector.introspect()).tables} == {"Peças `x", "segredos", "vendas"}
    mariadb.run("DROP USER chefe@'%'", "DROP USER agentgraph_reader@'%'")


async def test_rights_that_come_by_a_role_are_told(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(
        "CREATE ROLE escritora",
        f"GRANT INSERT ON {mysql_reader.database}.* TO escritora",
        f"GRANT escritora TO {READER}@'%'",
        f"SET DEFAULT ROLE escritora FOR {READER}@'%'",
    )
    async with opened(mysql_reader) as connector:
        assert (await connector.examine()).privileges.warnings == ("can_write",)
    mariadb.run("DROP ROLE escritora")


async def test_rights_of_others_are_not_taken_for_ones_own(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(f"GRANT SELECT ON *.* TO {READER}@'%'")
    async with opened(mysql_reader) as connector:
        assert (await connector.examine()).privileges.warnings == ()


async def test_a_login_without_a_table_is_told_so(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(
        f"REVOKE ALL, GRANT OPTION FROM {READER}@'%'", f"GRANT EXECUTE ON {mysql_reader.database}.* TO {READER}@'%'"
    )
    async with opened(mysql_reader) as connector:
        with pytest.raises(SchemaUnreadable):
            await connector.survey(10)


async def test_tls_is_used_and_verified_against_the_given_name(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    ca = mariadb.certificates.ca.read_text()
    cipher = "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_cipher'"
    encrypted = []
    for endpoint in (
        mysql_reader,
        replace(mysql_reader, tls=TlsMode.REQUIRE),
        replace(mysql_reader, tls=TlsMode.VERIFY, ca=ca, host=HOST),
    ):
        async with opened(endpoint, HERE) as connector:
            encrypted.append((await query(connector, cipher)).rows != (("",),))
    assert encrypted == [False, True, True]
    async with opened(replace(mysql_reader, tls=TlsMode.VERIFY, ca=ca, host="other.example.com"), HERE) as connector:
        with pytest.raises(TlsFailed):
            await query(connector, ONE)


async def test_cancelling_ends_the_statement_over_tls_too(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    async with opened(replace(mysql_reader, tls=TlsMode.REQUIRE)) as connector:
        busy = asyncio.create_task(query(connector, "SELECT SLEEP(60)"))
        await until(lambda: _listed(mariadb) == 1)
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
        await until(lambda: _listed(mariadb) == 0, timeout_s=GONE_WITHIN_S)
        assert busy.cancelled()


def _listed(mariadb: MariaDb) -> int:
    """How many of the reader's connections the server lists."""
    return len(mariadb.run(f"SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '{READER}'"))


async def test_the_server_stops_a_statement_whose_client_is_gone_by_its_own_clock(
    mysql_reader: Endpoint, mariadb: MariaDb
) -> None:
    async with opened(mysql_reader) as connector:
        limit = "SELECT @@max_statement_time, @@lock_wait_timeout"
        assert (await query(connector, limit, Limits(timeout_s=7))).rows == ((7.0, 2),)


async def test_a_session_whose_rows_were_cut_off_is_not_used_again(mysql_reader: Endpoint, mariadb: MariaDb) -> None:
    mariadb.run(f"GRANT ALL ON {mysql_reader.database}.* TO {READER}@'%'")
    many = "SELECT a.seq FROM seq_1_to_1000000 a, seq_1_to_1000 b"
    async with opened(mysql_reader) as connector:
        result = await query(connector, many, Limits(max_rows=5))
        assert (len(result.rows), result.truncated) == (5, True)
        await until(lambda: _listed(mariadb) == 0)
        assert (await query(connector, ONE)).rows == ((1,),)


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
async def test_even_the_administrator_can_only_read(mysql_reader: Endpoint, mariadb: MariaDb, sql: str) -> None:
    mariadb.run(f"GRANT ALL ON *.* TO {READER}@'%'")
    state = ("CHECKSUM TABLE vendas, segredos", "SELECT @@max_connections")
    before = [mariadb.run(text, database=mysql_reader.database) for text in state]
    async with opened(mysql_reader) as connector:
        statement = sql.format(folder=mariadb.folder / "written")
        with pytest.raises((RefusedByPolicy, SqlInvalid)):
            await query(connector, statement)
    assert [mariadb.run(text, database=mysql_reader.database) for text in state] == before
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


async def test_a_server_that_asks_for_a_file_gets_none() -> None:
    # Sign-in and the driver's SET NAMES are answered well; then every statement is answered by the wish for a file.
    liar = Liar(OK, OK, WANTS_FILE)
    async with served(EngineKind.MYSQL, liar) as endpoint, opened(endpoint) as connector:
        with pytest.raises((RefusedByPolicy, DatabaseUnreachable)):
            await query(connector, ONE)
        await liar.is_left.wait()
    assert b"max_execution_time" in liar.sent[2]
    assert liar.sent[3:] == [b""]


async def test_a_server_that_asks_for_the_password_in_clear_does_not_get_it() -> None:
    liar = Liar(WANTS_PASSWORD)
    async with served(EngineKind.MYSQL, liar) as endpoint, opened(endpoint) as connector:
        with pytest.raises(TlsFailed):
            await query(connector, ONE)
    assert b"s3cr3t" not in b"".join(liar.sent)


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    liar = Liar()
    async with served(EngineKind.MYSQL, liar) as endpoint, opened(replace(endpoint, tls=TlsMode.REQUIRE)) as connector:
        with pytest.raises(TlsFailed):
            await query(connector, ONE)
        await liar.is_left.wait()
    assert liar.sent == [b""]


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
