"""The `ingest` door of the command line: files in, one report a file out, for people's batches and for measuring."""

import csv
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from app.core.errors import AgentGraphError
from app.core.errors.files import FileRejected
from app.core.i18n import Language
from app.ingestion.containers import unpack
from app.ingestion.options import IngestLimits, ReadOptions
from app.ingestion.pipeline import DATABASE, ingest
from app.ingestion.report import IngestReport
from app.ingestion.table import Tally, detect_table, read_rows


def ingest_files(paths: Sequence[Path], *, sqlite: Path | None, csv: Path | None) -> Iterator[dict[str, object]]:
    """Reads each of `paths` and gives its report, `error` in place of the rest when it cannot be read.

    With `sqlite` the tables are kept in that database, one a file; with `csv` the table is written there as it was
    read, before typing (the last file's, when there are several); it is empty for a file without content, and absent
    after any other error.
    """
    if sqlite is not None:
        sqlite.unlink(missing_ok=True)
    for path in paths:
        if csv is not None:
            csv.unlink(missing_ok=True)
        try:
            yield _ingest(path, sqlite, csv)
        except (AgentGraphError, OSError) as error:
            if csv is not None and isinstance(error, FileRejected) and error.fields.get("reason") == "empty":
                csv.touch()
            yield {"path": str(path), "error": _sentence(error)}


def _sentence(error: AgentGraphError | OSError) -> str:
    if isinstance(error, AgentGraphError):
        return f"{error.fields.get('reason', error.code)}: {error.sentence(Language.EN)}"
    return f"unreadable: {error.strerror}"


def _ingest(path: Path, sqlite: Path | None, text: Path | None) -> dict[str, object]:
    if text is not None:
        _write_text(path, text)
    with tempfile.TemporaryDirectory(prefix="agentgraph-ingest-") as folder:
        report = ingest(path, Path(folder), name=path.name)
        if sqlite is not None:
            _keep(Path(folder) / DATABASE, sqlite, report.table)
    return {"path": str(path)} | _line(report)


def _line(report: IngestReport) -> dict[str, object]:
    return {
        "rows": report.rows,
        "cols": len(report.columns),
        "header": [column.header for column in report.columns] if report.has_header else None,
        "types": [column.type.value for column in report.columns],
        "delimiter": report.delimiter or None,
        "encoding": report.encoding,
        "quote": report.quote,
        "header_rows": report.header_rows,
        "skipped": report.skipped_count,
        "rejected": report.rejected_count,
        "error": None,
    }


def _write_text(path: Path, target: Path) -> None:
    """The table as it stands in the file: names, then rows with as many cells as they have."""
    limits = IngestLimits()
    with tempfile.TemporaryDirectory(prefix="agentgraph-ingest-") as folder:
        given = unpack(path, Path(folder), ReadOptions(), limits)
        source = detect_table(given.path, given.options, limits)
        headers = source.layout.headers if source.layout.has_header else source.names
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(headers)
            writer.writerows(read_rows(source, Tally(), limits))


def _keep(database: Path, target: Path, table: str) -> None:
    """Moves the table into `target`, under another name when there is one of its name."""
    if not target.exists():
        shutil.copyfile(database, target)
        return
    with closing(sqlite3.connect(target)) as db:
        taken = {name.casefold() for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        name = next(
            n for n in (table, *(f"{table}_{i}" for i in range(2, len(taken) + 3))) if n.casefold() not in taken
        )
        db.execute("ATTACH ? AS source", (str(database),))
        statement = db.execute("SELECT sql FROM source.sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        quoted, wanted = ('"' + n.replace('"', '""') + '"' for n in (table, name))
        with db:
            db.execute(statement.replace(quoted, wanted, 1))
            db.execute(f"INSERT INTO {wanted} SELECT * FROM source.{quoted}")  # noqa: S608
        db.execute("DETACH source")
