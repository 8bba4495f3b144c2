"""What a SQLAlchemy dialect tells of a schema: tables, views, columns, keys and comments, as far as it knows them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.engine.reflection import Inspector, ObjectKind
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from app.connectors.catalog import DataType

_BY_CLASS: dict[type, DataType] = {
    bool: DataType.BOOLEAN,
    int: DataType.INTEGER,
    float: DataType.REAL,
    Decimal: DataType.REAL,
    datetime: DataType.TIMESTAMP,
    date: DataType.DATE,
    time: DataType.TIME,
}


def describe(connection: Connection, schema: str | None, wanted: frozenset[str]) -> dict[str, Any]:
    """`{server, tables}` of `schema` (None: the login's default one), cut to the tables `wanted` unless that is empty.

    Names come as the database stores them. Keys and comments are left out where the dialect cannot tell them.
    """
    inspector = inspect(connection)
    columns = inspector.get_multi_columns(schema=schema, kind=ObjectKind.ANY)
    keys = _told(lambda: inspector.get_multi_pk_constraint(schema=schema))
    references = _told(lambda: inspector.get_multi_foreign_keys(schema=schema))
    comments = _told(lambda: inspector.get_multi_table_comment(schema=schema, kind=ObjectKind.ANY))
    tables = [
        _table(inspector, place[1], found, keys=keys.get(place), references=references.get(place, ()),
               comment=comments.get(place))
        for place, found in columns.items()
    ]  # fmt: skip
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    return {
        "server": f"{connection.dialect.name} {version}".strip(),
        "tables": [table for table in tables if not wanted or table["name"] in wanted],
    }


def _told(ask: Callable[[], Any]) -> Mapping[Any, Any]:
    try:
        return dict(ask())
    except (NotImplementedError, SQLAlchemyError):
        return {}


def _table(
    inspector: Inspector, name: str, columns: Any, *, keys: Any, references: Any, comment: Any
) -> dict[str, Any]:
    stored = _stored(inspector, name)
    return {
        "name": stored,
        "columns": [
            [_stored(inspector, column["name"]), _type(column["type"]).value, column.get("comment")]
            for column in columns
        ],
        "key": [_stored(inspector, part) for part in (keys or {}).get("constrained_columns", ())],
        "references": [
            [_stored(inspector, own), _stored(inspector, key["referred_table"]), _stored(inspector, other)]
            for key in references
            if key.get("referred_schema") in {None, inspector.default_schema_name}
            for own, other in zip(key["constrained_columns"], key["referred_columns"], strict=False)
        ],
        "comment": (comment or {}).get("text"),
    }


def _stored(inspector: Inspector, name: str) -> str:
    """A name as the database stores it: some dialects write names in small letters that are stored in capitals."""
    dialect = inspector.dialect
    if not dialect.requires_name_normalize:
        return str(name)
    return str(dialect.denormalize_name(name))


def _type(kind: TypeEngine[Any]) -> DataType:
    try:
        class_ = kind.python_type
    except NotImplementedError:
        return DataType.TEXT
    if class_ is Decimal and getattr(kind, "scale", None) == 0:
        return DataType.INTEGER
    return _BY_CLASS.get(class_, DataType.TEXT)
