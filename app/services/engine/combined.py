"""Several files of one agent as one immutable database, so that a question can join them."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from app.connectors.catalog import Catalog, ForeignKey, TableProfile
from app.core.ids import new_id
from app.core.storage import COLUMNAR, COMBINED, DATABASE, MEMBERS, FileStore
from app.ingestion.columnar import copy_columnar, copy_sqlite
from app.ingestion.duck import duck

TableNames = dict[str, str]
"""Table name in the combined database by name in the file's own."""


def combined_folder(store: FileStore, version_ids: Sequence[UUID]) -> Path:
    """Where the database over these versions, in this order, is kept."""
    digest = hashlib.sha256(b"".join(version_id.bytes for version_id in version_ids)).hexdigest()
    return store.path(f"{COMBINED}/{digest[:40]}")


def combine(
    folder: Path, version_ids: Sequence[UUID], parts: Sequence[Path], catalogs: Sequence[Catalog]
) -> tuple[Path, Catalog, list[TableNames]]:
    """The combined database (built unless it is there), its catalog, and each part's table names in it.

    It is a DuckDB file when one of the parts has a columnar copy, else an SQLite file. Tables are copied as they are;
    one whose name is taken already gets a number. Blocks for the time of the copy.
    """
    names = _names(catalogs)
    is_columnar = any((part / COLUMNAR).exists() for part in parts)
    path = folder / (COLUMNAR if is_columnar else DATABASE)
    if not folder.exists():
        _build(path, version_ids, parts, catalogs, names)
    os.utime(folder)
    tables = [_renamed(table, own) for catalog, own in zip(catalogs, names, strict=True) for table in catalog.tables]
    return path, Catalog(dialect=catalogs[0].dialect, tables=tuple(tables)), names


def _names(catalogs: Sequence[Catalog]) -> list[TableNames]:
    taken: set[str] = set()
    names: list[TableNames] = []
    for catalog in catalogs:
        own = {table.name: _free(table.name, taken) for table in catalog.tables}
        names.append(own)
    return names


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate.casefold())
    return candidate


def _build(
    path: Path,
    version_ids: Sequence[UUID],
    parts: Sequence[Path],
    catalogs: Sequence[Catalog],
    names: Sequence[TableNames],
) -> None:
    """Builds beside the place and renames: the folder is there whole or not at all, whoever builds it first."""
    folder = path.parent
    building = folder.with_name(f"{folder.name}.{new_id().hex}")
    building.mkdir(mode=0o700, parents=True)
    (building / MEMBERS).write_text("\n".join(map(str, version_ids)), "ascii")
    try:
        if path.name == COLUMNAR:
            _fill_columnar(building, parts, catalogs, names)
        else:
            _fill_sqlite(building / DATABASE, parts, names)
        if not folder.exists():
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _fill_columnar(
    building: Path, parts: Sequence[Path], catalogs: Sequence[Catalog], names: Sequence[TableNames]
) -> None:
    with duck(building) as con:
        for part, catalog, own in zip(parts, catalogs, names, strict=True):
            if (part / COLUMNAR).exists():
                copy_columnar(con, part / COLUMNAR, building / COLUMNAR, own)
            else:
                tables = {own[table.name]: table for table in catalog.tables}
                copy_sqlite(con, part / DATABASE, building / COLUMNAR, tables)


def _fill_sqlite(target: Path, parts: Sequence[Path], names: Sequence[TableNames]) -> None:
    uri = f"{target.resolve().as_uri()}?mode=rwc"
    database = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        for part, own in zip(parts, names, strict=True):
            _copy(database, part / DATABASE, own)
    finally:
        database.close()


def _copy(database: sqlite3.Connection, source: Path, names: TableNames) -> None:
    database.execute("ATTACH ? AS part", (f"{source.resolve().as_uri()}?mode=ro&immutable=1",))
    try:
        database.execute("BEGIN")
        for name, new_name in names.items():
            columns = database.execute("SELECT name, type FROM pragma_table_info(?, 'part')", (name,)).fetchall()
            declared = ", ".join(f"{_quoted(column)} {kind}" for column, kind in columns)
            database.execute(f"CREATE TABLE main.{_quoted(new_name)} ({declared})")
            database.execute(
                f"INSERT INTO main.{_quoted(new_name)} SELECT * FROM part.{_quoted(name)}"  # noqa: S608 (quoted names)
            )
        database.execute("COMMIT")
    finally:
        database.execute("DETACH part")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _renamed(table: TableProfile, names: TableNames) -> TableProfile:
    keys = tuple(
        ForeignKey(key.column, names.get(key.references_table, key.references_table), key.references_column)
        for key in table.foreign_keys
    )
    return replace(table, name=names[table.name], foreign_keys=keys)
