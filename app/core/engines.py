"""Engines of databases that can be connected, and how a connection may be protected."""

from enum import StrEnum


class EngineKind(StrEnum):
    """Engines with a connector of their own."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    """MySQL and MariaDB, which are told apart by what the server says of itself."""
    SQLSERVER = "sqlserver"


class TlsMode(StrEnum):
    """How much a connection is protected on its way."""

    DISABLE = "disable"
    REQUIRE = "require"
    """Encrypted, whoever the server is."""
    VERIFY = "verify"
    """Encrypted, and the certificate is that of the host, signed by a known authority or by the given one."""
