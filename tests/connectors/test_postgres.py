"""What only PostgreSQL does: ways in which a connection fails, schemas, and rights of logins."""

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import asyncpg
import pytest

from app.connectors.base import CheckedStatement, Limits
from app.connectors.endpoint import Endpoint, Link
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.core.egress import EgressRules
from app.core.engines import TlsMode
from app.core.errors import RefusedByPolicy
from app.core.errors_databases import (
    ConnectionFailed,
    ConnectionRefused,
    DatabaseMissing,
    EgressRefused,
    HostUnknown,
    LoginRefused,
    SchemaUnreadable,
    TlsFailed,
)
from tests.connectors.subjects import LOCAL, postgres_endpoint

pytestmark = pytest.mark.anyio

READER = "leitora"
PASSWORD = "senha da leitora"


@pytest.fixture
async def owner(empty_database_url: str, superuser: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """The superuser's connection to a database with two schemas, and a login that may read some tables of both."""
    owner = await asyncpg.connect(empty_database_url, user=superuser["user"], password=superuser["password"])
    await owner.execute(f"""
        DROP ROLE IF EXISTS {READER};
        CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}';
        CREATE TABLE vendas (id int, valor numeric(9, 2)); INSERT INTO vendas VALUES (1, 10.50);
        CREATE TABLE segredos (id int); INSERT INTO segredos VALUES (42);
        CREATE SCHEMA "Estoque"; CREATE TABLE "Estoque"."Peças" ("Código" text, preço float8);
        CREATE TABLE "Estoque".vendas (outra int);
        GRANT USAGE ON SCHEMA public, "Estoque" TO {READER};
        GRANT SELECT ON vendas, "Estoque"."Peças", "Estoque".vendas TO {READER};
    """)
    yield owner
    await owner.execute(f"DROP OWNED BY {READER}; DROP ROLE {READER}")
    await owner.close()


@pytest.fixture
def reader(owner: asyncpg.Connection, empty_database_url: str) -> Endpoint:
    """The reader's way in."""
    return postgres_endpoint(empty_database_url, user=READER, password=PASSWORD)


def opened(endpoint: Endpoint, rules: EgressRules = LOCAL) -> DatabaseConnector:
    return DatabaseConnector(POSTGRES, endpoint, rules, Link(connect_timeout_s=5), Room(5))


async def test_a_login_that_only_reads_has_no_warnings_and_sees_what_it_may_read(reader: Endpoint) -> None:
    connector = opened(replace(reader, schemas=("public", "Estoque")))
    survey = await connector.survey(10)
    assert (survey.examination.privileges.warnings, survey.examination.privileges.grants) == ((), ())
    assert [table.name for table in survey.catalog.tables] == ["vendas", "Peças"]
    assert [column.name for column in survey.catalog.tables[0].columns] == ["id", "valor"]
    result = await connector.query(CheckedStatement('SELECT "Código" FROM "Peças"', "postgres", ()), Limits())
    assert result.rows == ()
    await connector.close()


async def test_a_superuser_is_warned_of(reader: Endpoint, superuser: dict[str, str], owner: asyncpg.Connection) -> None:
    connector = opened(replace(reader, user=superuser["user"], password=superuser["password"]))
    privileges = (await connector.examine()).privileges
    assert set(privileges.warnings) == {
        "superuser",
        "administers",
        "reads_server_files",
        "can_write",
        "can_create",
    }
    for statement in privileges.grants:
        await owner.execute(statement.replace("<password>", PASSWORD))
    await connector.close()
    mended = opened(replace(reader, user="agentgraph_reader"))
    assert (await mended.examine()).privileges.warnings == ()
    await mended.close()
    await owner.execute("DROP OWNED BY agentgraph_reader; DROP ROLE agentgraph_reader")


async def test_the_tables_to_include_are_the_only_ones(reader: Endpoint) -> None:
    connector = opened(replace(reader, schemas=("public", "Estoque"), tables=("Peças",)))
    assert [table.name for table in (await connector.introspect()).tables] == ["Peças"]
    await connector.close()


async def test_what_the_login_may_not_read_is_refused_by_the_server(reader: Endpoint) -> None:
    connector = opened(reader)
    with pytest.raises(RefusedByPolicy):
        await connector.query(CheckedStatement("SELECT * FROM segredos", "postgres", ()), Limits())
    await connector.close()


async def test_a_login_without_a_table_is_told_so(reader: Endpoint, owner: asyncpg.Connection) -> None:
    await owner.execute(f"REVOKE SELECT ON vendas FROM {READER}")
    connector = opened(reader)
    with pytest.raises(SchemaUnreadable):
        await connector.survey(10)
    await connector.close()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"password": "wrong"}, LoginRefused),
        ({"user": "nobody"}, LoginRefused),
        ({"database": "absent"}, DatabaseMissing),
        ({"port": 1}, ConnectionRefused),
        ({"host": "no-such-host.invalid"}, HostUnknown),
        ({"tls": TlsMode.REQUIRE}, TlsFailed),
        ({"tls": TlsMode.VERIFY, "ca": "rubbish"}, TlsFailed),
        ({"host": "10.1.2.3"}, EgressRefused),
        ({"host": "169.254.169.254"}, EgressRefused),
        ({"host": "/var/run/postgresql"}, EgressRefused),
        ({"host": "127.0.0.1,10.0.0.1"}, EgressRefused),
    ],
)
async def test_each_way_a_connection_fails_has_its_own_error(
    reader: Endpoint, changed: dict[str, object], error: type[ConnectionFailed]
) -> None:
    connector = opened(replace(reader, **changed))  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        await connector.query(CheckedStatement("SELECT 1", "postgres", ()), Limits())
    told = f"{caught.value} {caught.value.fields}"
    assert PASSWORD not in told
    assert READER not in told
    await connector.close()


async def test_the_address_that_was_judged_is_the_one_connected_to(reader: Endpoint) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def rebinding(_host: str, _port: int) -> list[str]:
        return next(answers)

    rules = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),), resolver=rebinding)
    first, second = opened(replace(reader, host="db.example.com"), rules), opened(reader, rules)
    result = await first.query(CheckedStatement("SELECT count(*) FROM vendas", "postgres", ()), Limits())
    assert result.rows == ((1,),)
    await first.close()
    renamed = opened(replace(reader, host="db.example.com"), rules)
    with pytest.raises(EgressRefused):
        await renamed.query(CheckedStatement("SELECT 1", "postgres", ()), Limits())
    await renamed.close()
    await second.close()
