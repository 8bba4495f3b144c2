"""The SQLite file that a table becomes: its declaration and how rows are written into it."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from app.connectors.catalog import DataType

PRAGMAS = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"
"""For a file that is thrown away when writing fails."""


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def declaration(table: str, columns: Sequence[tuple[str, DataType]]) -> str:
    """CREATE TABLE with the product's own type names, whose SQLite affinities keep the stored forms as they are."""
    listed = ", ".join(f"{quoted(name)} {kind.name}" for name, kind in columns)
    return f"CREATE TABLE {quoted(table)} ({listed})"


def write_rows(
    path: Path, table: str, columns: Sequence[tuple[str, DataType]], rows: Iterable[Sequence[object]]
) -> None:
    """Makes the SQLite file `path` with one table of `rows`, in their order."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(PRAGMAS)
        places = ", ".join("?" * len(columns))
        with db:
            db.execute(declaration(table, columns))
            db.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", rows)  # noqa: S608
