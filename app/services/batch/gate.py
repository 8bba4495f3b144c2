"""The command line's `gate`: judges one statement a line and says which rule stopped it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from app.connectors.base import CheckedStatement
from app.connectors.sql_gate import check
from app.connectors.sql_gate.names.others import OTHER_DIALECTS
from app.core.errors import AgentGraphError, QuestionError, RefusedByPolicy, SqlInvalid, ValidationFailed
from app.core.i18n import Text

_DIALECTS = {
    "sqlite": ("sqlite",),
    "postgres": ("postgres",),
    "postgresql": ("postgres",),
    "mysql": ("mysql",),
    "mariadb": ("mysql",),
    "tsql": ("tsql",),
    "sqlserver": ("tsql",),
    "mssql": ("tsql",),
    "duckdb": ("duckdb",),
    **{name: (name,) for name in OTHER_DIALECTS},
    "generic": ("",),
    "": ("",),
}
_EVERY = ("sqlite", "postgres", "mysql", "tsql")
"""A statement of no stated dialect must be harmless in each of these."""


def gate_lines(lines: Iterable[str], root: Path) -> Iterator[dict[str, object]]:
    """Judges JSON lines `{id, sql, dialect, db?, tables?}`; paths start from `root`.

    Gives `{id, verdict, code, sql}` for each, where `code` is the rule (None when accepted) and `sql` the text that
    would run (None when refused), or `{id?, error}` for a line that cannot be judged.
    """
    for line in lines:
        if line.strip():
            yield _judge_line(line, root)


def _judge_line(line: str, root: Path) -> dict[str, object]:
    item: object = None
    try:
        item = json.loads(line)
        if not isinstance(item, dict) or not isinstance(item.get("sql"), str):
            raise _malformed("a line must be an object with the text field sql")
        return {"id": item.get("id"), **_judge(item["sql"], str(item.get("dialect") or ""), _tables(item, root))}
    except (ValueError, OSError, sqlite3.Error, AgentGraphError) as error:
        known = {"id": item["id"]} if isinstance(item, dict) and "id" in item else {}
        return {**known, "error": str(error) or type(error).__name__}


def _malformed(reason: str) -> ValidationFailed:
    return ValidationFailed(Text(en=reason, pt=reason))


def _tables(item: dict[str, object], root: Path) -> tuple[str, ...] | None:
    names = item.get("tables")
    if names is not None:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _malformed("tables must be a list of names")
        return tuple(names)
    database = item.get("db")
    return None if not database else tables_of_file(root / str(database))


@lru_cache(maxsize=256)
def tables_of_file(path: Path) -> tuple[str, ...]:
    """Names of the tables and views of an SQLite file. Raises OSError, sqlite3.Error."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path.name}")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall()
    finally:
        connection.close()
    return tuple(name for (name,) in rows if not name.lower().startswith("sqlite_"))


def _judge(sql: str, dialect: str, tables: tuple[str, ...] | None) -> dict[str, object]:
    passed: CheckedStatement | None = None
    try:
        for name in _DIALECTS.get(dialect.lower(), _EVERY):
            passed = check(sql, dialect=name, tables=tables)
    except RefusedByPolicy as error:
        return {"verdict": "refuse", "code": error.fields["rule"], "sql": None}
    except SqlInvalid as error:
        return {"verdict": "refuse", "code": error.code, "sql": None}
    except QuestionError as error:
        return {"verdict": "refuse", "code": error.code, "sql": None}
    return {"verdict": "accept", "code": None, "sql": passed.sql if passed else None}
