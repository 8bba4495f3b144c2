"""Engines of databases that can be connected, and how a connection may be protected."""

from enum import StrEnum


class EngineKind(StrEnum):
    """Engines with a connector of their own."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    """MySQL and MariaDB, which are told apart by what the server says of itself."""
    SQLSERVER = "sqlserver"
    SQLITE = "sqlite"
    """A file in the folder that the installation opens to connections."""
    DUCKDB = "duckdb"
    """Likewise."""


FILE_ENGINES = frozenset({EngineKind.SQLITE, EngineKind.DUCKDB})
"""Engines without a server: nobody signs in, and no network is crossed."""


class TlsMode(StrEnum):
    """How much a connection is protected on its way."""

    DISABLE = "disable"
    REQUIRE = "require"
    """Encrypted, whoever the server is."""
    VERIFY = "verify"
    """Encrypted, and the certificate is that of the host, signed by a known authority or by the given one."""
