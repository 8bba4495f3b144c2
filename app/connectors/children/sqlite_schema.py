"""What an SQLite file holds, as the child tells it: tables, columns, keys."""

# ruff: noqa: S608  (the names of the file itself, quoted; a hardened handle binds no values)
from typing import Any

import apsw

_SAMPLE = 1_000
"""Values of a column that are looked at where its declaration does not say what they are."""
_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_FORMS = (("TIMESTAMP", f"{_DATE}[ T][0-9][0-9]:[0-9][0-9]*"), ("DATE", _DATE), ("TIME", "[0-9][0-9]:[0-9][0-9]*"))
"""Texts with which SQLite's own functions of date and time can reckon."""
_SURE = ("INT", "CHAR", "CLOB", "TEXT", "REAL", "FLOA", "DOUB", "NUM", "DEC", "BOOL")


def describe(handle: apsw.Connection) -> dict[str, Any]:
    """`{server, tables, stored}` of the file; views that cannot be run are left out."""
    names = handle.execute(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view')"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    ).fetchall()
    tables = [table for name, kind in names if (table := _table(handle, str(name), str(kind))) is not None]
    return {
        "server": f"SQLite {apsw.sqlite_lib_version()}",
        "tables": tables,
        "stored": [str(name) for name, _ in names],
    }


def _table(handle: apsw.Connection, name: str, kind: str) -> dict[str, Any] | None:
    try:
        columns = handle.execute(
            f"SELECT name, type, pk FROM pragma_table_xinfo({_text(name)}) WHERE hidden <> 1 ORDER BY cid"
        ).fetchall()
        described = [[column, _type(handle, name, str(column), str(declared)), None] for column, declared, _ in columns]
    except apsw.SQLError:
        return None
    keys = sorted((place, str(column)) for column, _, place in columns if place)
    references = handle.execute(
        f'SELECT "from", "table", "to" FROM pragma_foreign_key_list({_text(name)}) WHERE "to" IS NOT NULL'
    ).fetchall()
    return {
        "name": name,
        "comment": None,
        "rows": _rows(handle, name) if kind == "table" else None,
        "columns": described,
        "key": [column for _, column in keys],
        "references": [list(reference) for reference in references],
    }


def _type(handle: apsw.Connection, table: str, column: str, declared: str) -> str:
    """The declared type; where it is none, or one of time, what the first values show."""
    if any(part in declared.upper() for part in _SURE):
        return declared
    forms = ", ".join(f"total(v GLOB '{form}')" for _, form in _FORMS)
    (count, integers, numbers, *matches) = handle.execute(
        f"SELECT count(*), total(typeof(v) = 'integer'), total(typeof(v) IN ('integer', 'real')), {forms}"
        f" FROM (SELECT {_quoted(column)} AS v FROM {_quoted(table)} WHERE v IS NOT NULL LIMIT {_SAMPLE})"
    ).fetchall()[0]
    if not count:
        return declared
    if numbers == count:
        return "INTEGER" if integers == count else "REAL"
    return next((kind for (kind, _), found in zip(_FORMS, matches, strict=True) if found == count), "TEXT")


def _rows(handle: apsw.Connection, name: str) -> int | None:
    """The highest row number, which is found at once; None for tables without one."""
    try:
        found = handle.execute(f"SELECT max(rowid) FROM {_quoted(name)}").fetchone()
    except apsw.SQLError:
        return None
    return found[0] or 0 if found is not None else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
