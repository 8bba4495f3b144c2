"""Copies an SQLite file into a database on a server, with its keys, for figures on real data."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Table:
    """One table with all its rows."""

    name: str
    columns: list[tuple[str, str]]
    """Names and types, in words that PostgreSQL and MySQL both know."""
    key: list[str]
    references: list[tuple[str, str, str]]
    """Column, table and column that it refers to."""
    rows: list[tuple[Any, ...]]

    def create(self, quote: str) -> str:
        """The statement that makes it, without what it refers to."""
        lines = [f"{quote}{column}{quote} {kind}" for column, kind in self.columns]
        if self.key:
            lines.append(f"PRIMARY KEY ({', '.join(f'{quote}{column}{quote}' for column in self.key)})")
        return f"CREATE TABLE {quote}{self.name}{quote} ({', '.join(lines)})"

    def refer(self, quote: str) -> list[str]:
        """The statements that add its references."""
        return [
            f"ALTER TABLE {quote}{self.name}{quote} ADD FOREIGN KEY ({quote}{column}{quote})"
            f" REFERENCES {quote}{other}{quote} ({quote}{referred}{quote})"
            for column, other, referred in self.references
        ]


def tables_of(path: Path) -> list[Table]:
    """The tables of an SQLite file."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source:
        names = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [_table(source, name) for name in names if not name.startswith("sqlite_")]


def _table(source: sqlite3.Connection, name: str) -> Table:
    information = list(source.execute(f'PRAGMA table_info("{name}")'))
    rows = list(source.execute(f'SELECT * FROM "{name}"'))
    columns = [(entry[1], _type(entry[2], [row[place] for row in rows])) for place, entry in enumerate(information)]
    made = [tuple(_cell(cell, kind) for cell, (_, kind) in zip(row, columns, strict=True)) for row in rows]
    key = [entry[1] for entry in sorted(information, key=lambda entry: entry[5]) if entry[5]]
    references = [(entry[3], entry[2], entry[4]) for entry in source.execute(f'PRAGMA foreign_key_list("{name}")')]
    return Table(name, columns, key, [reference for reference in references if reference[2]], made)


def _type(declared: str, cells: list[Any]) -> str:
    """What was declared counts where the cells agree, since SQLite keeps anything anywhere.

    Text that is whole numbers throughout becomes one: servers compare it with numbers, and let it refer to them, only
    then.
    """
    known = [cell for cell in cells if cell not in {None, ""}]
    if "INT" in declared.upper() and all(isinstance(cell, int) for cell in known):
        return "bigint"
    if known and all(isinstance(cell, str) and _WHOLE.fullmatch(cell) for cell in known):
        return "bigint"
    return "double precision" if known and all(isinstance(cell, int | float) for cell in known) else "varchar(400)"


def _cell(cell: Any, kind: str) -> Any:
    if kind == "varchar(400)":
        return None if cell is None else str(cell)
    if cell in {None, ""}:
        return None
    return float(cell) if kind == "double precision" else int(cell)


async def copy_to_postgres(url: str, tables: list[Table]) -> None:
    """Makes and fills the tables in an empty database; references that do not hold are left out."""
    target = await asyncpg.connect(url)
    for table in tables:
        await target.execute(table.create('"'))
        await target.copy_records_to_table(table.name, records=table.rows)
    for statement in (statement for table in tables for statement in table.refer('"')):
        try:
            await target.execute(statement)
        except asyncpg.PostgresError:
            continue
    await target.execute("ANALYZE")
    await target.close()


def copy_to_mysql(connection: Any, tables: list[Table]) -> None:
    """Makes and fills the tables through `connection` to an empty database; references as above."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(table.create("`"))
            if table.rows:
                marks = ", ".join(["%s"] * len(table.columns))
                cursor.executemany(f"INSERT INTO `{table.name}` VALUES ({marks})", table.rows)
        for statement in (statement for table in tables for statement in table.refer("`")):
            try:
                cursor.execute(statement)
            except connection.Error:
                continue
