"""What only SQL Server does: TLS within TDS, rights of logins, ends of statements, servers that send one elsewhere."""

import asyncio
from dataclasses import replace

import pytest

from app.connectors.base import Limits
from app.connectors.endpoint import Endpoint
from app.core.engines import EngineKind, TlsMode
from app.core.errors import RefusedByPolicy
from app.core.errors.databases import ConnectionFailed, SchemaUnreadable, TlsFailed
from tests.certificates import HOST, Certificates
from tests.connectors.readers import HERE, ONE, opened, query, served
from tests.fakes.tds import FakeSqlServer
from tests.waiting import until

pytestmark = pytest.mark.anyio


async def test_an_administrator_is_warned_of_with_the_grants_that_mend_it(sqlserver_reader: Endpoint) -> None:
    async with opened(replace(sqlserver_reader, user="chefe", password="x")) as connector:
        privileges = (await connector.examine()).privileges
    assert privileges.warnings == ("superuser", "reads_server_files", "can_write", "can_create")
    assert "GRANT SELECT ON SCHEMA::[dbo] TO agentgraph_reader;" in privileges.grants


async def test_a_login_without_a_table_is_told_so(sqlserver_reader: Endpoint) -> None:
    async with opened(replace(sqlserver_reader, user="ninguem", password="x")) as connector:
        with pytest.raises(SchemaUnreadable):
            await connector.survey(10)


async def test_tls_is_used_and_verified_against_the_given_name(
    sqlserver: FakeSqlServer, sqlserver_reader: Endpoint, certificates: Certificates
) -> None:
    sqlserver.needs_tls = True
    async with opened(sqlserver_reader) as connector:
        with pytest.raises(TlsFailed):
            await query(connector, ONE)
    ca = certificates.ca.read_text()
    verified = replace(sqlserver_reader, tls=TlsMode.VERIFY, ca=ca, host=HOST)
    for endpoint in (replace(sqlserver_reader, tls=TlsMode.REQUIRE), verified):
        async with opened(endpoint, HERE) as connector:
            assert (await query(connector, ONE)).rows == ((1,),)
    async with opened(replace(verified, host="other.example.com"), HERE) as connector:
        with pytest.raises(TlsFailed):
            await query(connector, ONE)


async def test_a_server_without_tls_gets_no_password_where_tls_is_wanted(
    sqlserver: FakeSqlServer, sqlserver_reader: Endpoint
) -> None:
    sqlserver.tls = None
    async with opened(replace(sqlserver_reader, tls=TlsMode.REQUIRE)) as connector:
        with pytest.raises(TlsFailed):
            await query(connector, ONE)


async def test_a_statement_is_ended_by_an_attention_over_tls_too(
    sqlserver: FakeSqlServer, sqlserver_reader: Endpoint
) -> None:
    async with opened(replace(sqlserver_reader, tls=TlsMode.REQUIRE)) as connector:
        busy = asyncio.create_task(query(connector, "WAITFOR DELAY '00:01:00'", Limits(timeout_s=60)))
        await until(lambda: any("WAITFOR DELAY" in text for text in sqlserver.running))
        assert sqlserver.attentions == 0
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)
        assert (sqlserver.running, sqlserver.attentions) == ([], 1)


async def test_whatever_a_statement_changed_is_undone(sqlserver: FakeSqlServer, sqlserver_reader: Endpoint) -> None:
    async with opened(replace(sqlserver_reader, user="chefe", password="x")) as connector:
        for sql in ("DELETE FROM vendas", "SELECT 1 AS x; DELETE FROM vendas", "DROP TABLE vendas"):
            with pytest.raises(RefusedByPolicy):
                await query(connector, sql)
        kept = await query(connector, "SELECT id, @@TRANCOUNT AS n FROM vendas")
    assert kept.rows == ((1, 1),)


async def test_a_cut_result_leaves_the_connection_well(sqlserver: FakeSqlServer, sqlserver_reader: Endpoint) -> None:
    many = "SELECT value FROM GENERATE_SERIES(1, 500000)"
    async with opened(sqlserver_reader) as connector:
        for limits in (Limits(max_rows=7), Limits(max_bytes=100)):
            assert (await query(connector, many, limits)).truncated
            assert (await query(connector, ONE)).rows == ((1,),)
        assert connector.open_sessions == 1
        assert sqlserver.sessions == 1


async def test_a_server_that_sends_its_client_elsewhere_is_left(
    sqlserver: FakeSqlServer, sqlserver_reader: Endpoint
) -> None:
    visits = []

    async def other(_incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        visits.append(1)
        outgoing.close()

    async with served(EngineKind.SQLSERVER, other), opened(sqlserver_reader) as connector:
        sqlserver.reroutes_to = "127.0.0.1"
        with pytest.raises(ConnectionFailed):
            await query(connector, ONE)
    assert visits == []
