"""Functions that a statement may call: allow-lists by name for each dialect, and by sqlglot's class for shared ones.

A name belongs here when it computes from its arguments alone (or reads the clock) and its cost is bounded by its input
or by `resources`. Anything that reads files, other tables, settings, other sessions, or runs text as SQL stays out.
"""

from sqlglot import exp

from app.connectors.sql_gate import function_names as names

_BY_DIALECT: dict[str, frozenset[str]] = {
    "sqlite": names.SQLITE,
    "postgres": names.POSTGRES,
    "mysql": names.MYSQL,
    "tsql": names.TSQL,
    "duckdb": names.DUCKDB,
    "": names.SQLITE | names.POSTGRES | names.MYSQL | names.DUCKDB,
}
_CATALOG_READERS: dict[str, frozenset[str]] = {"postgres": names.POSTGRES_CATALOG, "duckdb": names.DUCKDB_CATALOG}
_NO_SUCH_ENGINE_FUNCTION = frozenset({"sqlite", ""})
"""Dialects whose engine has none of the session functions: the engine's «no such function» says more than a refusal."""


def is_allowed(node: exp.Func, dialect: str, *, any_table: bool) -> bool:
    """Whether this call may stay in the tree; `any_table` also allows functions that describe the catalogue."""
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return _is_allowed_name(node.name.lower(), dialect, any_table=any_table)
    return _is_allowed_class(type(node).__name__, dialect)


def _is_allowed_name(name: str, dialect: str, *, any_table: bool) -> bool:
    if name in _BY_DIALECT[dialect]:
        return True
    if dialect in _NO_SUCH_ENGINE_FUNCTION and name in names.PORTABLE:
        return True
    return any_table and name in _CATALOG_READERS.get(dialect, frozenset())


def _is_allowed_class(name: str, dialect: str) -> bool:
    return name in names.SHARED_CLASSES or (dialect in _NO_SUCH_ENGINE_FUNCTION and name in names.SESSION_CLASSES)
