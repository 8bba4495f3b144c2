"""What a DuckDB file holds, as the child tells it: tables, columns, keys and comments of its main schema."""

# ruff: noqa: S608  (put together from constants)
from collections import defaultdict
from typing import Any

import duckdb

_MAIN = "database_name = current_database() AND schema_name = 'main' AND NOT internal"


def describe(handle: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """`{server, tables, stored}` of the file."""
    tables = handle.execute(
        f"SELECT table_name, estimated_size, comment FROM duckdb_tables() WHERE {_MAIN}"
        f" UNION ALL SELECT view_name, NULL, comment FROM duckdb_views() WHERE {_MAIN} ORDER BY 1"
    ).fetchall()
    columns: defaultdict[str, list[list[str | None]]] = defaultdict(list)
    for table, *column in handle.execute(
        f"SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE {_MAIN} ORDER BY column_index"
    ).fetchall():
        columns[table].append(column)
    keys, references = _keys(handle)
    return {
        "server": f"DuckDB {duckdb.__version__}",
        "tables": [
            {
                "name": name,
                "comment": comment,
                "rows": rows,
                "columns": columns[name],
                "key": keys.get(name, []),
                "references": references[name],
            }
            for name, rows, comment in tables
        ],
        "stored": [name for (name,) in handle.execute("SELECT table_name FROM information_schema.tables").fetchall()],
    }


def _keys(handle: duckdb.DuckDBPyConnection) -> tuple[dict[str, list[str]], defaultdict[str, list[list[str]]]]:
    keys: dict[str, list[str]] = {}
    references: defaultdict[str, list[list[str]]] = defaultdict(list)
    for table, kind, own, other, referred in handle.execute(
        "SELECT table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names"
        " FROM duckdb_constraints() WHERE database_name = current_database() AND schema_name = 'main'"
    ).fetchall():
        if kind == "PRIMARY KEY":
            keys[table] = own
        elif kind == "FOREIGN KEY":
            references[table] += [[column, other, to] for column, to in zip(own, referred, strict=True)]
    return keys, references
