"""Functions that a statement may call: allow-lists by name for each dialect, and by sqlglot's class for shared ones.

A name belongs there when it computes from its arguments alone (or reads the clock) and its cost is bounded by its input
or by `resources`. Anything that reads files, other tables, settings, other sessions, or runs text as SQL stays out.
"""

import re

from sqlglot import exp

from app.connectors.sql_gate import clauses
from app.connectors.sql_gate.names import (
    closed,
    duckdb,
    mysql,
    others,
    postgres,
    postgres_operators,
    shared,
    sqlite,
    tsql,
)

_POSTGRES = postgres.CORE | postgres.EXTENSIONS | postgres_operators.OPERATORS
_BY_DIALECT: dict[str, frozenset[str]] = {
    "sqlite": sqlite.SQLITE,
    "postgres": _POSTGRES,
    "mysql": mysql.MYSQL,
    "tsql": tsql.TSQL,
    "duckdb": duckdb.DUCKDB,
    **others.FUNCTIONS,
    "": sqlite.SQLITE | _POSTGRES | mysql.MYSQL | duckdb.DUCKDB,
}
_CATALOG_READERS: dict[str, frozenset[str]] = {"postgres": postgres.CATALOG, "duckdb": duckdb.CATALOG}
_NO_SUCH_ENGINE_FUNCTION = frozenset({"sqlite", ""})
"""Dialects whose engine has none of the session functions: the engine's «no such function» says more than a refusal."""

_OWN_FUNCTIONS = frozenset({"sqlite", "postgres", "duckdb", ""})
"""Dialects of which all built-in functions are known, so that any other name is one of the user's own."""
_ENGINE_PREFIX = re.compile(
    r"(?:pg|lo|loread|lowrite|binary_upgrade|brin|gin|gist|spg|dblink|postgres|mysql|sqlite|duckdb|pragma|parquet|iceberg"
    r"|delta|ducklake|st_read|st_drivers|st_fromgdal|st_asgdal|fts\d|shell|httpserver|bt|heap|page|fsm|utl|dbms|xp|cron"
    r"|aws|azure|gcs|pgr|plv8|plpy|plr|pgml|partman|bigquery|snowflake|mssql|mongo|redis|kafka|gsheets?|prql|lance|zipfs"
    r"|netquack|tributary|ssh|ftp|__internal|_pg|apoc|spider|wsrep|binlog|test_)(?:_|[a-z]*$)"
)
"""What names begin with that engines and their extensions keep for their own workings."""
_ACTS = re.compile(
    r"(?:^|_)(?:read|write|load|file|files|exec|execute|eval|query|sql|http|https|url|curl|scan|fetch|connect|attach|detach"
    r"|import|export|copy|sleep|delay|wait|lock|unlock|notify|send|mail|email|shell|cmd|command|system|sys|env|getenv|setting"
    r"|settings|config|kill|drop|truncate|delete|insert|update|upsert|merge|create|alter|grant|revoke|nextval|setval|currval"
    r"|sequence|xml|xmlschema|logging|register|deregister|destroy|enable|disable|parquet|show|resource|reset|terminate"
    r"|cancel|vacuum|checkpoint|snapshot|password|secret|secrets"
    r"|maintenance|prompt|crawl|socket|webhook|publish|subscribe|remote|dynamic|script)(?:_|$)"
)
"""Words in a name that say that it acts, or reaches outside: such a function is refused wherever it may come from."""
_SYSTEM_SCHEMAS = re.compile(
    r"(?:pg_.*|information_schema|sys|system|master|msdb|tempdb|mysql|performance_schema|dbms_.*|utl_.*|ctxsys|cron|net|http"
    r"|dblink|aws_.*|xp_.*|temp|duckdb.*)$"
)


def is_allowed(node: exp.Func, dialect: str, *, any_table: bool) -> bool:
    """Whether this call may stay in the tree.

    `any_table` also allows functions that describe the catalogue, and the user's own ones where they can be told from
    the engine's.
    """
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return clauses.is_marked(node.name) or _is_allowed_name(node.name.lower(), dialect, any_table=any_table)
    return _is_allowed_class(type(node).__name__, dialect)


def is_allowed_qualified(dot: exp.Dot, dialect: str, *, any_table: bool) -> bool:
    """Whether a call through a schema or an object (`pg_catalog.upper(x)`, `x.value(…)`) may stay in the tree."""
    call = dot.expression
    if not isinstance(call, exp.Func):
        return isinstance(call, (exp.Identifier, exp.Star))
    if dialect == "tsql":
        return isinstance(call, exp.Anonymous) and call.name.lower() in tsql.METHODS
    return _is_allowed_through(dot.this.name.lower(), call, dialect, any_table=any_table)


def is_allowed_table_function(table: exp.Table, dialect: str, *, any_table: bool) -> bool:
    """Whether a table function may be called through the schema that `table` names."""
    call, method = table.this, table.name.lower()
    if dialect == "tsql":
        return method == "nodes" and not table.args.get("catalog")
    schema = table.catalog.lower() or table.db.lower()
    return isinstance(call, exp.Func) and _is_allowed_through(schema, call, dialect, any_table=any_table)


def _is_allowed_through(schema: str, call: exp.Func, dialect: str, *, any_table: bool) -> bool:
    if dialect == "postgres" and schema == "pg_catalog":
        return is_allowed(call, dialect, any_table=False)
    if dialect == "duckdb" and is_allowed(call, dialect, any_table=False):
        return True  # `text.upper()` is `upper(text)`, and the schemas of the engine have no others of these names.
    named = isinstance(call, exp.Anonymous) and not _SYSTEM_SCHEMAS.match(schema)
    return named and any_table and dialect in _OWN_FUNCTIONS and _is_own(call.name.lower())


def _is_allowed_name(name: str, dialect: str, *, any_table: bool) -> bool:
    if name in _BY_DIALECT[dialect]:
        return True
    if dialect in _NO_SUCH_ENGINE_FUNCTION and name in shared.PORTABLE:
        return True
    if not any_table:
        return False
    return name in _CATALOG_READERS.get(dialect, frozenset()) or (dialect in _OWN_FUNCTIONS and _is_own(name))


def _is_own(name: str) -> bool:
    """Whether no engine, and no extension that is known, has a function of this name."""
    return name not in closed.CLOSED and not _ENGINE_PREFIX.match(name) and not _ACTS.search(name)


def _is_allowed_class(name: str, dialect: str) -> bool:
    return name in shared.SHARED_CLASSES or (dialect in _NO_SUCH_ENGINE_FUNCTION and name in shared.SESSION_CLASSES)
