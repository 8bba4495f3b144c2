"""Engines of databases that can be connected, and how a connection may be protected."""

from enum import StrEnum


class EngineKind(StrEnum):
    """Engines that can be connected."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    """MySQL and MariaDB, which are told apart by what the server says of itself."""
    SQLSERVER = "sqlserver"
    SQLITE = "sqlite"
    """A file in the folder that the installation opens to connections."""
    DUCKDB = "duckdb"
    """Likewise."""
    ORACLE = "oracle"
    """This one and the next four go through their SQLAlchemy dialect; none was tried on the original."""
    CLICKHOUSE = "clickhouse"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"
    REDSHIFT = "redshift"


FILE_ENGINES = frozenset({EngineKind.SQLITE, EngineKind.DUCKDB})
"""Engines without a server: nobody signs in, and no network is crossed."""
OTHER_ENGINES = frozenset(
    {EngineKind.ORACLE, EngineKind.CLICKHOUSE, EngineKind.SNOWFLAKE, EngineKind.BIGQUERY, EngineKind.REDSHIFT}
)
"""Engines without a connector of their own: closed until a setting names them and their driver is installed."""


class Support(StrEnum):
    """How far an engine is supported."""

    FULL = "full"
    """It has a connector of its own, which the tests hold to the whole contract."""
    BEST_EFFORT = "best_effort"
    """It goes through its SQLAlchemy dialect, and was not tried on the original."""


class TlsMode(StrEnum):
    """How much a connection is protected on its way."""

    DISABLE = "disable"
    REQUIRE = "require"
    """Encrypted, whoever the server is."""
    VERIFY = "verify"
    """Encrypted, and the certificate is that of the host, signed by a known authority or by the given one."""
