"""What only PostgreSQL does: rights of logins, and a name that leads elsewhere the second time."""

from dataclasses import replace
from ipaddress import ip_network

import asyncpg
import pytest

from app.connectors.endpoint import Endpoint
from app.core.egress import EgressRules
from app.core.errors.databases import EgressRefused, SchemaUnreadable
from tests.connectors.readers import ONE, PASSWORD, READER, opened, query

pytestmark = pytest.mark.anyio


async def test_a_superuser_is_warned_of_and_the_grants_mend_it(
    postgres_reader: Endpoint, superuser: dict[str, str], postgres_owner: asyncpg.Connection
) -> None:
    async with opened(replace(postgres_reader, user=superuser["user"], password=superuser["password"])) as connector:
        privileges = (await connector.examine()).privileges
    assert set(privileges.warnings) == {"superuser", "administers", "reads_server_files", "can_write", "can_create"}
    for statement in privileges.grants:
        await postgres_owner.execute(statement.replace("<password>", PASSWORD))
    async with opened(replace(postgres_reader, user="agentgraph_reader")) as mended:
        assert (await mended.examine()).privileges.warnings == ()
    await postgres_owner.execute("DROP OWNED BY agentgraph_reader; DROP ROLE agentgraph_reader")


async def test_a_login_without_a_table_is_told_so(
    postgres_reader: Endpoint, postgres_owner: asyncpg.Connection
) -> None:
    await postgres_owner.execute(f"REVOKE SELECT ON vendas FROM {READER}")
    async with opened(postgres_reader) as connector:
        with pytest.raises(SchemaUnreadable):
            await connector.survey(10)


async def test_the_address_that_was_judged_is_the_one_connected_to(postgres_reader: Endpoint) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def rebinding(_host: str, _port: int) -> list[str]:
        return next(answers)

    rules = EgressRules(allowed_networks=(ip_network("127.0.0.0/8"),), resolver=rebinding)
    named = replace(postgres_reader, host="db.example.com")
    async with opened(named, rules) as first:
        assert (await query(first, "SELECT count(*) FROM vendas")).rows == ((1,),)
    async with opened(named, rules) as again:
        with pytest.raises(EgressRefused):
            await query(again, ONE)
