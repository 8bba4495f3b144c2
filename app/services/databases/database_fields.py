"""What people send of a connection as the values of its row, and what has to be sent together."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from app.connectors.endpoint import DEFAULT_PORTS, take_apart
from app.connectors.new_table import WRITABLE
from app.core.egress import host_name
from app.core.engines import FILE_ENGINES, EngineKind, TlsMode
from app.core.errors import ValidationFailed
from app.core.i18n import Text
from app.models import SourceDatabase
from app.schemas.databases import DatabaseChange, DatabaseConnect, DatabaseReplace

PLAIN = (
    "name",
    "description",
    "engine",
    "host",
    "port",
    "database",
    "tls",
    "ca",
    "schemas",
    "tables",
    "timeout_s",
    "max_rows",
    "max_bytes",
    "max_connections",
    "cache_ttl_s",
    "write_schema",
)
"""Fields whose column has the same name; `user` is `username`."""
WAY = ("engine", "host", "port", "username", "tls", "ca")
"""Where the password goes, and how: it is not sent anywhere else without being given again."""
SEEN = (*WAY, "database", "schemas", "tables")
"""What the schema depends on."""
_OF_DSN = ("engine", "host", "port", "database", "user", "password")
_NEEDED = ("engine", "database")
_OF_SERVER = ("host", "username")
_NOT_OF_FILE = ("host", "port", "username", "ca", "schemas")
_MANY_SCHEMAS = frozenset({EngineKind.POSTGRESQL})
_ONE_OF_MANY = frozenset({EngineKind.ORACLE, EngineKind.SNOWFLAKE, EngineKind.BIGQUERY, EngineKind.REDSHIFT})
"""Engines in which the schema that bare names are looked up in can be named."""
_WITHOUT_HOST = frozenset({EngineKind.BIGQUERY})
"""Engines whose driver knows the hosts, and whose password says who enters."""
_POINTERS = {"username": "user"}
_NOT_NULL = ("name", "description", "engine", "host", "port", "database", "user", "tls", "schemas", "tables")
_TWICE = Text(
    en="Send either the connection string or its fields, not both.",
    pt="Envie a string de conexão ou os campos dela, não ambos.",
)
_MISSING = Text(
    en="Needed, unless a connection string gives it.", pt="Necessário, a menos que a string de conexão o traga."
)
_AGAIN = Text(
    en="Send the password again: the server, the user or the protection of the connection changes.",
    pt="Envie a senha de novo: o servidor, o usuário ou a proteção da conexão muda.",
)
_ONE_SCHEMA = Text(
    en="This engine is asked in one schema: the database itself or the user's default one; Oracle, Snowflake, BigQuery"
    " and Redshift take the name of one.",
    pt="Este tipo de banco é consultado em um só esquema: o próprio banco ou o padrão do usuário; Oracle, Snowflake,"
    " BigQuery e Redshift aceitam o nome de um.",
)
_NO_SERVER = Text(
    en="A file has no server: leave this out, and the password too.",
    pt="Um arquivo não tem servidor: omita este campo, e a senha também.",
)
_NO_TABLES = Text(
    en="Tables can be made in PostgreSQL, MySQL and MariaDB only.",
    pt="Só é possível criar tabelas em PostgreSQL, MySQL e MariaDB.",
)
_NULL = Text(en="This field cannot be null.", pt="Este campo não pode ser nulo.")

Values = dict[str, Any]
"""Values of columns, without the secret."""


def values_of_new(wanted: DatabaseConnect) -> tuple[Values, str]:
    """The columns of a new row, and the password. Raises ValidationFailed, OptionRefused, EgressRefused."""
    sent = wanted.model_dump(include={*PLAIN, "user", "password"})
    if wanted.dsn is not None:
        given = [name for name in _OF_DSN if sent[name] is not None]
        if given:
            raise ValidationFailed(_TWICE, pointer=f"/{given[0]}")
        tls = sent["tls"]
        sent |= take_apart(wanted.dsn.get_secret_value())
        sent["tls"] = tls or sent["tls"]
    absent = [name for name in _NEEDED if not sent[name]]
    if absent:
        raise ValidationFailed(_MISSING, pointer=f"/{absent[0]}")
    password = sent.pop("password")
    if password is not None and sent["engine"] in FILE_ENGINES:
        raise ValidationFailed(_NO_SERVER, pointer="/password")
    return _columns(sent), _revealed(password)


def values_of_replaced(wanted: DatabaseReplace) -> Values:
    """The columns of a row that takes the place of another. Raises EgressRefused."""
    return _columns(wanted.model_dump(include={*PLAIN, "user"}))


def values_of_changed(wanted: DatabaseChange) -> Values:
    """The columns that change. Raises ValidationFailed, EgressRefused."""
    sent = wanted.model_dump(include={*PLAIN, "user"}, exclude_unset=True)
    for name in _NOT_NULL:
        if name in sent and sent[name] is None:
            raise ValidationFailed(_NULL, pointer=f"/{name}")
    if sent.get("cache_ttl_s", 0) is None:
        raise ValidationFailed(_NULL, pointer="/cache_ttl_s")
    changed = {("username" if name == "user" else name): value for name, value in sent.items()}
    return _normal(changed)


def require_password(database: SourceDatabase, values: Mapping[str, Any], password: SecretStr | None) -> None:
    """Raises ValidationFailed when the stored password would be sent another way than its owner meant it for.

    Files take none.
    """
    if values.get("engine", database.engine) in FILE_ENGINES:
        if password is not None:
            raise ValidationFailed(_NO_SERVER, pointer="/password")
    elif password is None and differs(database, values, WAY):
        raise ValidationFailed(_AGAIN, pointer="/password")


def require_fitting(database: SourceDatabase) -> None:
    """Raises ValidationFailed when a connection has what its engine does not know, or lacks what it needs."""
    engine = EngineKind(database.engine)
    is_file = engine in FILE_ENGINES
    for name in _NOT_OF_FILE if is_file else () if engine in _WITHOUT_HOST else _OF_SERVER:
        if bool(getattr(database, name)) is is_file:
            raise ValidationFailed(_NO_SERVER if is_file else _MISSING, pointer=f"/{_POINTERS.get(name, name)}")
    if engine not in _MANY_SCHEMAS and len(database.schemas) > (engine in _ONE_OF_MANY):
        raise ValidationFailed(_ONE_SCHEMA, pointer="/schemas")
    if database.write_schema is not None and engine not in WRITABLE:
        raise ValidationFailed(_NO_TABLES, pointer="/write_schema")


def differs(database: SourceDatabase, values: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Whether `values` change one of the columns `names`."""
    return any(name in values and values[name] != getattr(database, name) for name in names)


def _columns(sent: Values) -> Values:
    values = {name: sent[name] for name in PLAIN} | {"username": sent["user"]}
    engine = EngineKind(values["engine"])
    if engine in FILE_ENGINES:
        values["tls"] = values["tls"] or TlsMode.DISABLE
    values["host"], values["username"] = values["host"] or "", values["username"] or ""
    values["port"] = values["port"] or DEFAULT_PORTS.get(engine, 0)
    values["tls"] = values["tls"] or TlsMode.VERIFY
    return _normal(values)


def _normal(values: Values) -> Values:
    if values.get("host"):
        values["host"] = host_name(values["host"])
    return {name: value.value if isinstance(value, EngineKind | TlsMode) else value for name, value in values.items()}


def _revealed(password: SecretStr | str | None) -> str:
    return password.get_secret_value() if isinstance(password, SecretStr) else password or ""
