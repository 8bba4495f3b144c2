"""Adding the rows of one read file to the table of another: a new database, with the columns of the first."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from app.connectors.catalog import Catalog, ColumnProfile, DataType, TableProfile
from app.core.errors.files import AppendMismatch
from app.core.i18n import Text
from app.core.storage import COLUMNAR, DATABASE, VALUES
from app.ingestion.columnar import copy_sqlite
from app.ingestion.duck import duck
from app.ingestion.options import IngestLimits, Progress, ReadOptions, Stage
from app.ingestion.profile import profile_sqlite
from app.ingestion.report import IngestReport
from app.ingestion.value_index import write_value_index

_FITS = {(DataType.INTEGER, DataType.REAL)}
"""Types whose stored values may go into a column of another type without losing anything."""
MAX_NAMED = 10
"""Differences that the sentence names; the list has them all."""


@dataclass(frozen=True, slots=True)
class Base:
    """The version that gets more rows: its local folder and its catalog."""

    folder: Path
    catalog: Catalog


def options_for(base: Catalog, options: ReadOptions) -> ReadOptions:
    """`options`, with texts of the base read as texts: a code stays a code even where all new ones are numbers."""
    texts = {column.label: column.type for column in base.tables[0].columns if column.type is DataType.TEXT}
    return replace(options, types={**texts, **options.types})


def append(
    base: Base, part: Path, report: IngestReport, limits: IngestLimits, progress: Callable[[Progress], None]
) -> IngestReport:
    """Adds the table in the folder `part`, described by `report`, to a copy of the base's, and leaves that in `part`.

    Columns are matched by name, whatever their order; letter case does not count. A whole that is large gets a columnar
    copy, as a file read at once does. Blocks.
    Raises AppendMismatch with the `differences` when they are not the same.
    """
    table, added = base.catalog.tables[0], report.catalog.tables[0]
    _require_same(table, added)
    progress(Progress(Stage.WRITING, report.rows))
    joint = part / "joint.sqlite"
    shutil.copyfile(base.folder / DATABASE, joint)
    _insert(joint, part / DATABASE, table, added)
    # Artefacts of the part alone, whichever they are, do not describe the whole.
    for path in list(part.iterdir()):
        if path != joint:
            path.unlink()
    joint.replace(part / DATABASE)
    progress(Progress(Stage.PROFILING, report.rows))
    catalog = _catalog(part / DATABASE, base.catalog)
    write_value_index(part / DATABASE, catalog, part / VALUES)
    if limits.columnar_rows is not None and (catalog.tables[0].rows or 0) >= limits.columnar_rows:
        with duck(part) as con:
            copy_sqlite(con, part / DATABASE, part / COLUMNAR, {table.name: catalog.tables[0]})
    return _report(report, table, catalog)


def _require_same(base: TableProfile, part: TableProfile) -> None:
    differences = list(_differences(base, part))
    if differences:
        named = [f"{d['column']} ({d['expected'] or '-'} → {d['found'] or '-'})" for d in differences]
        summary = ", ".join(named[:MAX_NAMED]) + (", …" if len(named) > MAX_NAMED else "")
        raise AppendMismatch(summary=summary, differences=differences)


def _differences(base: TableProfile, part: TableProfile) -> Iterator[dict[str, str | None]]:
    """Columns that are missing, new, or of a type that does not fit: `{column, expected, found}`."""
    found = {column.name.casefold(): column for column in part.columns}
    for column in base.columns:
        other = found.pop(column.name.casefold(), None)
        if other is None or not _fits(other, column, part.rows or 0):
            yield {"column": column.name, "expected": column.type.value, "found": other.type.value if other else None}
    for column in found.values():
        yield {"column": column.name, "expected": None, "found": column.type.value}


def _fits(part: ColumnProfile, base: ColumnProfile, rows: int) -> bool:
    return part.type is base.type or part.nulls == rows or (part.type, base.type) in _FITS


def _insert(joint: Path, part: Path, table: TableProfile, added: TableProfile) -> None:
    names = {column.name.casefold(): column.name for column in added.columns}
    columns = ", ".join(_quoted(column.name) for column in table.columns)
    values = ", ".join(_quoted(names[column.name.casefold()]) for column in table.columns)
    target = f"{joint.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(target, uri=True, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        database.execute("ATTACH ? AS part", (f"{part.resolve().as_uri()}?mode=ro&immutable=1",))
        database.execute("BEGIN")
        database.execute(
            f"INSERT INTO main.{_quoted(table.name)} ({columns}) "  # noqa: S608  (quoted names)
            f"SELECT {values} FROM part.{_quoted(added.name)} ORDER BY rowid"
        )
        database.execute("COMMIT")


def _catalog(database: Path, base: Catalog) -> Catalog:
    """The whole as it is now, under the names, types and units that the base's columns have."""
    known = {column.name: column for column in base.tables[0].columns}
    measured = profile_sqlite(database).tables[0]
    columns = tuple(
        replace(column, label=known[column.name].label, type=known[column.name].type, unit=known[column.name].unit)
        for column in measured.columns
    )
    return replace(base, tables=(replace(measured, label=base.tables[0].label, columns=columns),))


def _report(report: IngestReport, base: TableProfile, catalog: Catalog) -> IngestReport:
    """The report on the added file, with its rows counted as in the whole table."""
    before = base.rows or 0
    note = Text(
        en=f"{report.rows} rows were added to {before}.", pt=f"{report.rows} linhas foram acrescentadas a {before}."
    )
    return replace(
        report,
        table=base.name,
        rows=before + report.rows,
        rejected=tuple(replace(value, row=value.row + before) for value in report.rejected),
        notes=(*report.notes, note),
        catalog=catalog,
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
