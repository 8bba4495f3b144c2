"""Opens what a batch line points at: an SQLite file as it is, or files that are ingested into a folder first."""

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.connectors.catalog import Catalog, TableProfile
from app.connectors.value_index import SqliteValueIndex
from app.core.errors import ValidationFailed
from app.core.i18n import Text
from app.ingestion.pipeline import DATABASE, VALUES, ingest
from app.ingestion.profile import profile_sqlite
from app.ingestion.value_index import write_value_index


@dataclass(frozen=True, slots=True)
class BatchSource:
    """A database with its catalog and its value index, ready to be asked."""

    database: Path
    catalog: Catalog
    values: SqliteValueIndex


class BatchSources:
    """The sources of one run, each opened once; a context manager that removes what it wrote."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = tempfile.TemporaryDirectory(prefix="agentgraph-batch-")
        self._opened: dict[tuple[str, ...], BatchSource] = {}

    def __enter__(self) -> "BatchSources":
        return self

    def __exit__(self, *_: object) -> None:
        for source in self._opened.values():
            source.values.close()
        self._folder.cleanup()

    def of(self, item: dict[str, object]) -> BatchSource:
        """The source of a line with `db`, `csv` or `files`. Raises ValidationFailed, FileRejected, OSError."""
        key = _paths(item)
        if key not in self._opened:
            paths = [self._existing(path) for path in key]
            target = Path(tempfile.mkdtemp(dir=self._folder.name))
            self._opened[key] = _open_database(paths[0], target) if item.get("db") else _open_files(paths, target)
        return self._opened[key]

    def _existing(self, path: str) -> Path:
        found = self._root / path
        if not found.is_file():
            raise FileNotFoundError(f"there is no file {path}")
        return found


def read_item(line: str) -> dict[str, object]:
    """A JSON line as an object. Raises ValueError, ValidationFailed."""
    item = json.loads(line)
    if not isinstance(item, dict):
        raise malformed("a line must be an object with the text field question")
    return item


def question_of(item: dict[str, object]) -> str:
    """The question of a line. Raises ValidationFailed."""
    question = item.get("question")
    if not isinstance(question, str):
        raise malformed("a line must be an object with the text field question")
    return question


def malformed(reason: str) -> ValidationFailed:
    """The error of a line that is not as the door wants it."""
    return ValidationFailed(Text(en=reason, pt=reason))


def _paths(item: dict[str, object]) -> tuple[str, ...]:
    named = item.get("db") or item.get("csv")
    if isinstance(named, str):
        return (named,)
    files = item.get("files")
    if isinstance(files, list) and files and all(isinstance(file, str) for file in files):
        return tuple(files)
    raise malformed("a line must name db, csv or files")


def _open_database(path: Path, target: Path) -> BatchSource:
    catalog = profile_sqlite(path)
    return _indexed(path, catalog, target)


def _open_files(paths: Sequence[Path], target: Path) -> BatchSource:
    reports = []
    for number, path in enumerate(paths):
        folder = target / str(number)
        reports.append((folder, ingest(path, folder, name=path.name)))
    if len(reports) == 1:
        folder, report = reports[0]
        return BatchSource(folder / DATABASE, report.catalog, SqliteValueIndex(folder / VALUES))
    tables: list[TableProfile] = []
    joint = target / DATABASE
    for folder, report in reports:
        tables += _copy_tables(folder / DATABASE, joint, report.catalog)
    return _indexed(joint, Catalog("sqlite", tuple(tables)), target)


def _copy_tables(source: Path, joint: Path, catalog: Catalog) -> tuple[TableProfile, ...]:
    """Adds the tables of `source` to the database `joint`."""
    with closing(sqlite3.connect(joint)) as connection, connection:
        connection.execute("ATTACH ? AS part", (str(source),))
        for table in catalog.tables:
            name = table.name.replace('"', '""')
            row = connection.execute("SELECT sql FROM part.sqlite_schema WHERE name = ?", (table.name,)).fetchone()
            connection.execute(row[0])
            connection.execute(f'INSERT INTO main."{name}" SELECT * FROM part."{name}"')  # noqa: S608 (quoted name)
    return catalog.tables


def _indexed(database: Path, catalog: Catalog, target: Path) -> BatchSource:
    write_value_index(database, catalog, target / VALUES)
    return BatchSource(database, catalog, SqliteValueIndex(target / VALUES))
