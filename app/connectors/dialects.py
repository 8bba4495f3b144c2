"""Engines that are reached through their SQLAlchemy dialect: which driver, with which arguments, and what it is told.

Only drivers whose sockets are Python's own are named here: those connections `children.egress` judges. Whoever adds one
looks for that first; a driver with a network library of its own would pass the wall unseen.
"""

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.connectors.endpoint import Endpoint
from app.core.engines import EngineKind, TlsMode
from app.core.errors.databases import OptionRefused

SNOWFLAKE_DOMAIN = ".snowflakecomputing.com"
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Times:
    """How long things may take, in seconds."""

    connect_s: float
    statement_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEngine:
    """What one engine does in its own way; everything that a child gets of it is JSON."""

    title: str
    """As people call it."""
    dialect: str
    """sqlglot's name of the dialect that it speaks."""
    driver: str
    """SQLAlchemy's name of the dialect and driver."""
    module: str
    """Module that is there when the driver is installed."""
    package: str
    """What to install for that."""
    url: Callable[[Endpoint], Values]
    """Parts of SQLAlchemy's URL. Raises OptionRefused."""
    arguments: Callable[[Endpoint, Times], Values] = lambda _endpoint, _times: {}
    """What the driver is told besides."""
    options: Callable[[Endpoint], Values] = lambda _endpoint: {}
    """What SQLAlchemy's dialect is told. Raises OptionRefused."""
    opening: Callable[[Endpoint, Times], tuple[str, ...]] = lambda _endpoint, _times: ()
    """Statements before each of the user's, by which it can only read and ends in time, where the engine has that."""
    explain: str = "EXPLAIN {}"
    """How the engine plans a statement that does not run."""
    tls_argument: str | None = None
    """The driver's argument that takes a TLS context; None: it makes its own, and trusts the authorities it knows."""
    tls_modes: frozenset[TlsMode] = field(default=frozenset(TlsMode))
    """How its connections may be protected."""
    has_host: bool = True
    """Whether people name a host; else the driver knows its hosts itself, which the rules of egress judge as well."""


def installed(engine: OtherEngine) -> bool:
    """Whether the driver can be imported."""
    try:
        return importlib.util.find_spec(engine.module) is not None
    except ModuleNotFoundError:
        return False


def _signed_in(endpoint: Endpoint, **more: Any) -> Values:
    return {
        "username": endpoint.user,
        "password": endpoint.password,
        "host": endpoint.host,
        "port": endpoint.port,
        "database": endpoint.database,
        **more,
    }


def _seconds(seconds: float) -> int:
    return max(1, round(seconds))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _oracle_arguments(endpoint: Endpoint, times: Times) -> Values:
    return {
        "dsn": None,
        "host": endpoint.host,
        "port": endpoint.port,
        "service_name": endpoint.database,
        "protocol": "tcp" if endpoint.tls is TlsMode.DISABLE else "tcps",
        "ssl_server_dn_match": endpoint.tls is TlsMode.VERIFY,
        "tcp_connect_timeout": times.connect_s,
    }


def _oracle_opening(endpoint: Endpoint, _times: Times) -> tuple[str, ...]:
    schema = tuple(f"ALTER SESSION SET CURRENT_SCHEMA = {_quoted(name)}" for name in endpoint.schemas[:1])
    return (*schema, "SET TRANSACTION READ ONLY")


def _clickhouse_arguments(endpoint: Endpoint, times: Times) -> Values:
    return {
        "secure": endpoint.tls is not TlsMode.DISABLE,
        "verify": endpoint.tls is TlsMode.VERIFY,
        "connect_timeout": _seconds(times.connect_s),
        "send_receive_timeout": _seconds(times.statement_s) + 1,
        # 2 lets the driver set what it needs; statements cannot, since the gate refuses SETTINGS.
        "settings": {"readonly": 2, "max_execution_time": _seconds(times.statement_s)},
    }


def _snowflake_url(endpoint: Endpoint) -> Values:
    account = endpoint.host.removesuffix(SNOWFLAKE_DOMAIN)
    if account == endpoint.host:
        raise OptionRefused(reason=f"the host must be the account's, which ends in {SNOWFLAKE_DOMAIN}")
    database = "/".join((endpoint.database, *endpoint.schemas[:1]))
    return {"username": endpoint.user, "password": endpoint.password, "host": account, "database": database}


def _snowflake_opening(_endpoint: Endpoint, times: Times) -> tuple[str, ...]:
    return (f"ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = {_seconds(times.statement_s)}",)


def _bigquery_options(endpoint: Endpoint) -> Values:
    """The key of a service account, which people send as the password."""
    try:
        key = json.loads(endpoint.password)
    except ValueError as error:
        raise OptionRefused(reason="the password must be the JSON key of a service account") from error
    if not isinstance(key, dict) or key.get("type") != "service_account":
        raise OptionRefused(reason="the password must be the JSON key of a service account")
    return {"credentials_info": key}


def _redshift_arguments(endpoint: Endpoint, times: Times) -> Values:
    return {
        "ssl": endpoint.tls is not TlsMode.DISABLE,
        "sslmode": "verify-full" if endpoint.tls is TlsMode.VERIFY else "verify-ca",
        # Of the socket, so that it also bounds the wait for an answer.
        "timeout": _seconds(times.statement_s) + 1,
    }


def _redshift_opening(endpoint: Endpoint, times: Times) -> tuple[str, ...]:
    schema = tuple(f"SET search_path TO {_quoted(name)}" for name in endpoint.schemas[:1])
    milliseconds = max(1, round(times.statement_s * 1000))
    return (*schema, f"SET statement_timeout TO {milliseconds}", "SET TRANSACTION READ ONLY")


DIALECTS: Mapping[EngineKind, OtherEngine] = {
    EngineKind.ORACLE: OtherEngine(
        title="Oracle",
        dialect="oracle",
        driver="oracle+oracledb",
        module="oracledb",
        package="oracledb",
        url=_signed_in,
        arguments=_oracle_arguments,
        opening=_oracle_opening,
        # EXPLAIN PLAN writes to a table; a query that gives no row is planned, and hardly runs.
        explain="SELECT NULL FROM ({}) WHERE 1 = 0",
        tls_argument="ssl_context",
    ),
    EngineKind.CLICKHOUSE: OtherEngine(
        title="ClickHouse",
        dialect="clickhouse",
        driver="clickhousedb+connect",
        module="clickhouse_connect",
        package="clickhouse-connect",
        url=_signed_in,
        arguments=_clickhouse_arguments,
    ),
    EngineKind.SNOWFLAKE: OtherEngine(
        title="Snowflake",
        dialect="snowflake",
        driver="snowflake",
        module="snowflake.sqlalchemy",
        package="snowflake-sqlalchemy",
        url=_snowflake_url,
        arguments=lambda _endpoint, times: {"login_timeout": _seconds(times.connect_s)},
        opening=_snowflake_opening,
        explain="EXPLAIN USING TEXT {}",
        tls_modes=frozenset({TlsMode.VERIFY}),
    ),
    EngineKind.BIGQUERY: OtherEngine(
        title="BigQuery",
        dialect="bigquery",
        driver="bigquery",
        module="sqlalchemy_bigquery",
        package="sqlalchemy-bigquery",
        url=lambda endpoint: {"host": endpoint.database, "database": next(iter(endpoint.schemas), None)},
        # Its other way to fetch rows has a network library of its own, which the wall around the child does not see.
        arguments=lambda _endpoint, _times: {"prefer_bqstorage_client": False},
        options=_bigquery_options,
        explain="SELECT NULL FROM ({}) WHERE FALSE",
        tls_modes=frozenset({TlsMode.VERIFY}),
        has_host=False,
    ),
    EngineKind.REDSHIFT: OtherEngine(
        title="Redshift",
        dialect="redshift",
        driver="redshift+redshift_connector",
        module="sqlalchemy_redshift",
        package="sqlalchemy-redshift redshift-connector",
        url=_signed_in,
        arguments=_redshift_arguments,
        opening=_redshift_opening,
        tls_modes=frozenset({TlsMode.DISABLE, TlsMode.VERIFY}),
    ),
}
"""The engines that a setting can open."""
