"""What a connection to somebody's database is made of: fields, never a driver's own string or options."""

import re
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from app.core.egress import host_name
from app.core.engines import EngineKind, TlsMode
from app.core.errors import DatabaseUnreachable
from app.core.errors.databases import ConnectionFailed, ConnectionRefused, OptionRefused, TlsFailed

DEFAULT_PORTS = {
    EngineKind.POSTGRESQL: 5432,
    EngineKind.MYSQL: 3306,
    EngineKind.SQLSERVER: 1433,
    EngineKind.ORACLE: 2484,
    EngineKind.CLICKHOUSE: 8443,
    EngineKind.SNOWFLAKE: 443,
    EngineKind.REDSHIFT: 5439,
}
"""Where each engine listens, to encrypted connections where it has a port for those."""
_SCHEMES = {
    "postgresql": EngineKind.POSTGRESQL,
    "postgres": EngineKind.POSTGRESQL,
    "mysql": EngineKind.MYSQL,
    "mariadb": EngineKind.MYSQL,
    "mssql": EngineKind.SQLSERVER,
    "sqlserver": EngineKind.SQLSERVER,
}
_TLS_WORDS = {
    "disable": TlsMode.DISABLE,
    "disabled": TlsMode.DISABLE,
    "require": TlsMode.REQUIRE,
    "required": TlsMode.REQUIRE,
    "verify-full": TlsMode.VERIFY,
    "verify_identity": TlsMode.VERIFY,
}
_TLS_OPTIONS = frozenset({"sslmode", "ssl-mode"})
_NAME = re.compile(r"[^\x00-\x1f\x7f;={}]{1,128}")
"""Names of databases and users: nothing that ends a value in some driver's string."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One database and who enters it."""

    engine: EngineKind
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    tls: TlsMode = TlsMode.VERIFY
    ca: str | None = field(default=None, repr=False)
    """Certificates of authorities to trust instead of the system's, as PEM."""
    schemas: tuple[str, ...] = ()
    """Schemas to read, the first found wins for equal table names; empty: the engine's default one."""
    tables: tuple[str, ...] = ()
    """Tables to read; empty: all."""


@dataclass(frozen=True, slots=True)
class Link:
    """How connections are opened and kept."""

    connect_timeout_s: float = 5.0
    connections: int = 4
    idle_s: float = 60.0


def is_plain_name(text: str) -> bool:
    """Whether `text` can be the name of a database or user."""
    return _NAME.fullmatch(text) is not None


def take_apart(dsn: str) -> dict[str, Any]:
    """The fields of a connection string: `engine`, `host`, `port`, `database`, `user`, `password` and `tls` if named.

    Options other than the TLS mode are refused by name. Raises OptionRefused, EgressRefused.
    """
    try:
        parts = urlsplit(dsn)
        port = parts.port
    except ValueError as error:
        raise OptionRefused(reason="it is not a URL") from error
    engine = _SCHEMES.get(parts.scheme)
    if engine is None or not parts.hostname or parts.fragment:
        raise OptionRefused(reason="it must be engine://user:password@host/database")
    fields: dict[str, Any] = {
        "engine": engine,
        "host": host_name(unquote(parts.hostname)),
        "port": port or DEFAULT_PORTS[engine],
        "database": unquote(parts.path.removeprefix("/")),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.lower() not in _TLS_OPTIONS or value.lower() not in _TLS_WORDS:
            raise OptionRefused(reason=f"the option {name[:40]!r} is not accepted")
        fields["tls"] = _TLS_WORDS[value.lower()]
    if not (is_plain_name(fields["database"]) and is_plain_name(fields["user"])):
        raise OptionRefused(reason="it must name a database and a user")
    return fields


class NamedContext(ssl.SSLContext):
    """Verifies the certificate against the name that the user gave, while the connection goes to an address."""

    server_name: str | None = None

    def wrap_bio(self, *args: Any, **values: Any) -> ssl.SSLObject:
        """See `ssl.SSLContext.wrap_bio`."""
        return super().wrap_bio(*args, **{**values, "server_hostname": self.server_name})

    def wrap_socket(self, *args: Any, **values: Any) -> ssl.SSLSocket:
        """See `ssl.SSLContext.wrap_socket`."""
        return super().wrap_socket(*args, **{**values, "server_hostname": self.server_name})


def tls_context(endpoint: Endpoint) -> NamedContext | None:
    """The TLS context for `endpoint`; None where TLS is off. Raises TlsFailed when its CA is no certificate."""
    if endpoint.tls is TlsMode.DISABLE:
        return None
    context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.server_name = host_name(endpoint.host)
    if endpoint.tls is TlsMode.REQUIRE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif endpoint.ca is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(cadata=endpoint.ca)
        except (ssl.SSLError, ValueError) as error:
            raise TlsFailed from error
    return context


def network_error(error: OSError) -> DatabaseUnreachable:
    """The error of the product for one of the network while a connection is opened."""
    if isinstance(error, ssl.SSLError):
        return TlsFailed()
    if isinstance(error, ConnectionRefusedError | socket.gaierror):
        return ConnectionRefused()
    return ConnectionFailed()
