"""Engines without a connector of their own: SQLAlchemy in a child behind a wall, tried on PostgreSQL through pg8000."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

import pytest

from app.connectors.catalog import ForeignKey
from app.connectors.dialect_database import DialectDatabase, require_fitting
from app.connectors.dialect_pool import DialectPool
from app.connectors.dialects import DIALECTS, OtherEngine, Times
from app.connectors.endpoint import Endpoint, Link
from app.connectors.registry import Registry
from app.core.config import Settings
from app.core.egress import EgressRules
from app.core.engines import OTHER_ENGINES, EngineKind, TlsMode
from app.core.errors.databases import (
    ConnectionRefused,
    EgressRefused,
    EngineClosed,
    EngineNotInstalled,
    LoginRefused,
    OptionRefused,
)
from tests.connectors.pg8000 import THROUGH_PG8000
from tests.connectors.subjects import (
    GONE_WITHIN_S,
    LOCAL,
    TABLE,
    Record,
    ServerSubject,
    postgres_endpoint,
    seen_running,
)

pytestmark = pytest.mark.anyio

ELSEWHERE = Endpoint(EngineKind.ORACLE, "db.example.com", 2484, "vendas", "leitor", "segredo", tls=TlsMode.VERIFY)
SERVICE_KEY = '{"type": "service_account", "client_email": "leitor@projeto.iam"}'


@pytest.fixture
async def closed_pool() -> AsyncIterator[DialectPool]:
    """Children of an installation that opens no private network."""
    pool = DialectPool(EgressRules(), children=1)
    yield pool
    await pool.close()


async def test_tables_come_with_their_keys_comments_and_stored_values(dialect_subject: ServerSubject) -> None:
    survey = await dialect_subject.connector.survey(20)
    sales, lines = survey.catalog.table(TABLE), survey.catalog.table("itens")
    assert sales is not None
    assert lines is not None
    assert [column.type.value for column in sales.columns] == [
        "integer", "text", "real", "integer", "date", "time", "timestamp", "boolean",
    ]  # fmt: skip
    assert (sales.rows, sales.primary_key) == (3, ("id",))
    assert lines.foreign_keys == (ForeignKey("venda", TABLE, "id"),)
    assert (lines.description, lines.columns[1].description) == ("linhas de uma venda", "ordem na venda")
    assert ("vendas", "região", ("Sul", "Norte", "Maçã ☃")) in survey.values
    assert survey.examination.server.startswith("postgresql 1")
    assert survey.examination.privileges.warnings == ("rights_unknown",)


async def test_numbers_beyond_a_double_keep_their_digits(dialect_subject: ServerSubject) -> None:
    sql = "SELECT 12345678901234567890123456789::numeric, 0.10::numeric(9, 2), 2::numeric, 'a'::bytea"
    result = await dialect_subject.query(sql)
    assert result.rows == ((12345678901234567890123456789, Decimal("0.10"), 2, b"a"),)


async def test_who_stops_waiting_ends_the_statement_in_the_server(
    dialect_subject: ServerSubject, record_property: Record
) -> None:
    asked = asyncio.create_task(dialect_subject.query(dialect_subject.endless))
    await seen_running(dialect_subject, 1, within_s=10)
    asked.cancel()
    record_property("gone_after_cancel_s", await seen_running(dialect_subject, 0, within_s=GONE_WITHIN_S))
    assert (await dialect_subject.query("SELECT 1")).rows == ((1,),)


async def test_a_percent_sign_is_no_place_for_a_parameter(dialect_subject: ServerSubject) -> None:
    result = await dialect_subject.query(f"SELECT count(*) FROM {TABLE} WHERE região LIKE 'S%s'")
    assert result.rows == ((0,),)


async def test_a_login_that_is_refused_is_told_from_a_port_where_nobody_is(
    dialect_subject: ServerSubject, empty_database_url: str, dialect_pool: DialectPool
) -> None:
    endpoint = postgres_endpoint(empty_database_url)
    nobody = DialectDatabase(THROUGH_PG8000, replace(endpoint, password="errada"), LOCAL, Link(), dialect_pool)
    nowhere = DialectDatabase(THROUGH_PG8000, replace(endpoint, port=1), LOCAL, Link(), dialect_pool)
    with pytest.raises(LoginRefused):
        await nobody.examine()
    with pytest.raises(ConnectionRefused):
        await nowhere.examine()


async def test_the_child_connects_to_no_address_that_the_rules_refuse(
    empty_database_url: str, closed_pool: DialectPool
) -> None:
    """The parent is told other rules here, as if a name had led elsewhere between its look and the driver's."""
    endpoint = postgres_endpoint(empty_database_url)
    connector = DialectDatabase(THROUGH_PG8000, endpoint, LOCAL, Link(), closed_pool)
    with pytest.raises(EgressRefused):
        await connector.examine()


async def test_the_child_looks_up_no_name_that_the_rules_refuse(empty_database_url: str) -> None:
    networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    pool = DialectPool(EgressRules(allowed_networks=networks, denied_hosts=("localhost",)), children=1)
    endpoint = replace(postgres_endpoint(empty_database_url), host="localhost")
    connector = DialectDatabase(THROUGH_PG8000, endpoint, EgressRules(allowed_networks=networks), Link(), pool)
    with pytest.raises(EgressRefused):
        await connector.examine()
    await pool.close()


async def test_a_driver_that_is_missing_is_named(empty_database_url: str, dialect_pool: DialectPool) -> None:
    missing = replace(THROUGH_PG8000, title="Nenhum", driver="postgresql+nenhum", package="nenhum")
    connector = DialectDatabase(missing, postgres_endpoint(empty_database_url), LOCAL, Link(), dialect_pool)
    with pytest.raises(EngineNotInstalled) as caught:
        await connector.examine()
    assert caught.value.fields == {"engine": "Nenhum", "package": "nenhum"}


@pytest.mark.parametrize("kind", sorted(OTHER_ENGINES))
async def test_engines_are_closed_until_a_setting_names_them(kind: EngineKind, settings: Settings) -> None:
    endpoint = replace(ELSEWHERE, engine=kind)
    with pytest.raises(EngineClosed):
        Registry(settings).open_server(endpoint, Link())
    opened = Registry(settings.model_copy(update={"other_engines": [kind]}))
    with pytest.raises(EngineNotInstalled) as caught:
        opened.open_server(endpoint, Link())
    assert caught.value.fields["package"] == DIALECTS[kind].package


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (EngineKind.SNOWFLAKE, {"tls": TlsMode.REQUIRE}),
        (EngineKind.BIGQUERY, {"tls": TlsMode.DISABLE}),
        (EngineKind.REDSHIFT, {"tls": TlsMode.REQUIRE}),
        (EngineKind.CLICKHOUSE, {"ca": "-----BEGIN CERTIFICATE-----"}),
    ],
)
async def test_a_protection_that_a_driver_cannot_give_is_refused(kind: EngineKind, changes: dict[str, Any]) -> None:
    require_fitting(DIALECTS[kind], ELSEWHERE)
    with pytest.raises(OptionRefused):
        require_fitting(DIALECTS[kind], replace(ELSEWHERE, **changes))


@pytest.mark.parametrize(
    ("kind", "changes", "url", "arguments", "opening"),
    [
        (
            EngineKind.ORACLE,
            {"schemas": ("LOJA",)},
            {"host": "db.example.com", "port": 2484, "username": "leitor"},
            {"dsn": None, "protocol": "tcps", "service_name": "vendas", "ssl_server_dn_match": True},
            ('ALTER SESSION SET CURRENT_SCHEMA = "LOJA"', "SET TRANSACTION READ ONLY"),
        ),
        (
            EngineKind.CLICKHOUSE,
            {},
            {"host": "db.example.com", "database": "vendas"},
            {"secure": True, "verify": True, "settings": {"readonly": 2, "max_execution_time": 9}},
            (),
        ),
        (
            EngineKind.SNOWFLAKE,
            {"host": "loja.eu.snowflakecomputing.com", "schemas": ("PUBLIC",)},
            {"host": "loja.eu", "database": "vendas/PUBLIC"},
            {},
            ("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 9",),
        ),
        (
            EngineKind.BIGQUERY,
            {"password": SERVICE_KEY, "schemas": ("loja",)},
            {"host": "vendas", "database": "loja"},
            {"prefer_bqstorage_client": False},
            (),
        ),
        (
            EngineKind.REDSHIFT,
            {"schemas": ('a"b',)},
            {"host": "db.example.com", "database": "vendas"},
            {"ssl": True, "sslmode": "verify-full"},
            ('SET search_path TO "a""b"', "SET statement_timeout TO 9000", "SET TRANSACTION READ ONLY"),
        ),
    ],
)
async def test_each_engine_is_told_to_read_only_and_to_end_in_time(
    kind: EngineKind, changes: dict[str, Any], url: dict[str, Any], arguments: dict[str, Any], opening: tuple[str, ...]
) -> None:
    engine, endpoint = DIALECTS[kind], replace(ELSEWHERE, engine=kind, **changes)
    assert url.items() <= engine.url(endpoint).items()
    assert arguments.items() <= engine.arguments(endpoint, Times(3, 9)).items()
    assert engine.opening(endpoint, Times(3, 9)) == opening


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (EngineKind.SNOWFLAKE, lambda engine: engine.url(ELSEWHERE)),
        (EngineKind.BIGQUERY, lambda engine: engine.options(ELSEWHERE)),
        (
            EngineKind.BIGQUERY,
            lambda engine: engine.options(replace(ELSEWHERE, password='{"type": "authorized_user"}')),
        ),
    ],
)
async def test_what_is_not_an_account_or_a_key_is_refused(kind: EngineKind, ask: Any) -> None:
    engine: OtherEngine = DIALECTS[kind]
    with pytest.raises(OptionRefused):
        ask(engine)
