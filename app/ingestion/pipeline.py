"""Turns a file that people have into one immutable SQLite database, its value index and a report; blocks."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from app.connectors.catalog import Catalog, ColumnProfile, DataType, TableProfile
from app.core.errors.files import FileRejected
from app.core.i18n import Text
from app.ingestion.bulk import export, load_bulk, scan_file, scan_rows
from app.ingestion.bulk_profile import count_typed, indexed_values, profile_typed
from app.ingestion.columnar import COLUMNAR, copy_sqlite, copy_typed
from app.ingestion.containers import unpack
from app.ingestion.duck import duck
from app.ingestion.names import table_name
from app.ingestion.options import IngestLimits, Progress, ReadOptions, Stage
from app.ingestion.parts import split_records
from app.ingestion.profile import profile_sqlite
from app.ingestion.report import (
    MAX_REJECTED,
    ColumnReport,
    IngestReport,
    RejectedValue,
    SkippedLine,
)
from app.ingestion.small import Loaded, load_small
from app.ingestion.table import MAX_LISTED, TableSource, Tally, detect_table, read_rows
from app.ingestion.value_index import text_columns, write_value_index, write_values

DATABASE = "data.sqlite"
VALUES = "values.sqlite"
MAX_PARTS = 2
"""Parts of a file that are read side by side: each takes memory."""

_NO_MEMORY = Text(
    en="The table needs more memory than reading a file may take.",
    pt="A tabela precisa de mais memória do que a leitura de um arquivo pode usar.",
)
_WRONG_ENCODING = Text(
    en="The file is not written in the encoding that was asked for.",
    pt="O arquivo não está escrito na codificação pedida.",
)
_CELLS_BEYOND = Text(en="Cells beyond the last column.", pt="Células além da última coluna.")


@dataclass(slots=True)
class _Job:
    """One run: what is read, where it goes, and what is known so far."""

    source: TableSource
    table: str
    options: ReadOptions
    limits: IngestLimits
    folder: Path
    size: int
    progress: Callable[[Progress], None]
    tally: Tally
    notes: tuple[Text, ...]
    """What was found while the file was opened."""

    def tell(self, stage: Stage, rows: int = 0, share: float = 0.0) -> None:
        """Reports progress; `share` is the part of the file that is done."""
        self.progress(Progress(stage, rows, int(self.size * share), self.size))

    def is_columnar(self, rows: int) -> bool:
        """True when a table of so many rows gets a columnar copy."""
        return self.limits.columnar_rows is not None and rows >= self.limits.columnar_rows


def ingest(
    source: Path,
    target_dir: Path,
    *,
    name: str,
    options: ReadOptions | None = None,
    limits: IngestLimits | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """Reads the file `source`, called `name` by its owner, and writes `data.sqlite` and `values.sqlite`.

    It may be delimited text, a spreadsheet or Parquet, as it is or packed with zip or gzip.

    A table of `limits.columnar_rows` rows or more is also written to `data.duckdb`. All of them appear in `target_dir`
    whole or not at all. Raises FileRejected with a `reason` for what cannot become a table: empty, binary, too_large,
    too_many_columns, unknown_encoding, wrong_encoding, and those of `containers.unpack`.
    """
    tell = progress or (lambda _: None)
    tell(Progress(Stage.DETECTING, total_bytes=source.stat().st_size))
    bounds = limits or IngestLimits()
    with _work_folder(target_dir) as folder:
        given = unpack(source, folder, options or ReadOptions(), bounds)
        size = given.path.stat().st_size
        try:
            found = detect_table(given.path, given.options, bounds)
            job = _Job(found, table_name(name), given.options, bounds, folder, size, tell, Tally(), given.notes)
            loaded, catalog = _load_small(job) if size <= bounds.small_bytes else _load_bulk(job)
        except duckdb.OutOfMemoryException as error:
            raise FileRejected(_NO_MEMORY, reason="too_large") from error
        except UnicodeError as error:
            raise FileRejected(_WRONG_ENCODING, reason="wrong_encoding") from error
        for artefact in (VALUES, COLUMNAR, DATABASE):
            if (folder / artefact).exists():
                (folder / artefact).replace(target_dir / artefact)
    report = _report(job, name, loaded, catalog)
    job.tell(Stage.DONE, report.rows, 1.0)
    return report


@contextmanager
def _work_folder(target_dir: Path) -> Iterator[Path]:
    """A folder beside the result, on the same disk so that renaming is atomic; it is gone afterwards."""
    target_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".ingest-", suffix=".part", dir=target_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _load_small(job: _Job) -> tuple[Loaded, Catalog]:
    rows = list(read_rows(job.source, job.tally, job.limits))
    job.tell(Stage.WRITING, len(rows), 0.5)
    loaded = load_small(job.source, rows, job.folder / DATABASE, table=job.table, options=job.options)
    job.tell(Stage.PROFILING, len(rows), 0.9)
    table = profile_sqlite(job.folder / DATABASE).tables[0]
    catalog = _catalog(job, loaded, table.columns, table.rows or 0)
    write_value_index(job.folder / DATABASE, catalog, job.folder / VALUES)
    if job.is_columnar(len(rows)):
        with duck(job.folder, memory_bytes=job.limits.memory_bytes) as con:
            copy_sqlite(con, job.folder / DATABASE, job.folder / COLUMNAR, {job.table: catalog.tables[0]})
    return loaded, catalog


def _load_bulk(job: _Job) -> tuple[Loaded, Catalog]:
    job.tell(Stage.READING)
    with duck(job.folder, memory_bytes=job.limits.memory_bytes) as con:
        loaded = _fill(job, con)
        columns = _columns(job, loaded)
        with con.cursor() as cursor, ThreadPoolExecutor(1) as thread:
            described = thread.submit(_describe, job, cursor, loaded, columns)
            try:
                rows = export(
                    con,
                    job.folder / DATABASE,
                    table=job.table,
                    columns=columns,
                    advance=lambda done: job.tell(Stage.WRITING, done, 0.5),
                )
                catalog = described.result()
            except BaseException:
                cursor.interrupt()
                raise
        job.tally.rows = rows
        if job.is_columnar(rows):
            copy_typed(con, job.folder / COLUMNAR, table=job.table, columns=columns)
        job.tell(Stage.PROFILING, rows, 0.9)
    return loaded, catalog


def _describe(
    job: _Job, con: duckdb.DuckDBPyConnection, loaded: Loaded, columns: Sequence[tuple[str, DataType]]
) -> Catalog:
    """Profiles the table `typed` and writes its value index."""
    catalog = _catalog(job, loaded, profile_typed(con, columns), count_typed(con))
    places = {name: i for i, (name, _) in enumerate(columns)}
    values = ((table, name, indexed_values(con, places[name])) for table, name in text_columns(catalog))
    write_values(job.folder / VALUES, values)
    return catalog


def _fill(job: _Job, con: duckdb.DuckDBPyConnection) -> Loaded:
    """Loads the file as it is when it keeps to its dialect, else through Python's own reader."""
    source, limits = job.source, job.limits
    if _is_regular(source):
        try:
            return _load_parts(job, con, _utf8(job))
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            job.tell(Stage.READING)
    scan = scan_rows(con, read_rows(source, job.tally, limits), source.layout.width)
    return load_bulk(con, source, [scan], options=job.options, limits=limits)


def _load_parts(job: _Job, con: duckdb.DuckDBPyConnection, text: Path) -> Loaded:
    """Loads the UTF-8 file `text`, a part for each processor; as one where that takes too much memory."""
    dialect, source = job.source.dialect, job.source
    # A backslash before a quote would mislead the count of quotes by which the parts are found.
    most = 1 if dialect.escape else min(os.cpu_count() or 1, MAX_PARTS)
    parts = split_records(text, job.folder, quote=dialect.quote, parts=most, part_bytes=job.limits.part_bytes)
    scans = [scan_file(source, part, has_head=number == 0) for number, part in enumerate(parts)]
    try:
        return load_bulk(con, source, scans, options=job.options, limits=job.limits)
    except duckdb.OutOfMemoryException:
        if len(parts) == 1:
            raise
        return load_bulk(con, source, [scan_file(source, text)], options=job.options, limits=job.limits)


def _is_regular(source: TableSource) -> bool:
    """True when DuckDB can be told the dialect; a stray footer or a broken row shows when it reads."""
    is_plain = len(source.dialect.delimiter) <= 4 and not source.dialect.skips_space
    return is_plain and source.layout.width > 1 and not source.encoding.replaces_errors


def _utf8(job: _Job) -> Path:
    """The file itself when it is UTF-8, else a copy in UTF-8."""
    codec = job.source.encoding.codec
    if codec in ("utf-8", "utf-8-sig"):
        return job.source.path
    copy = job.folder / "utf8.csv"
    with (
        job.source.path.open(encoding=codec, errors="replace", newline="") as old,
        copy.open("w", encoding="utf-8", newline="") as new,
    ):
        shutil.copyfileobj(old, new, 4 * 1024**2)
    return copy


def _columns(job: _Job, loaded: Loaded) -> list[tuple[str, DataType]]:
    return [(name, plan.type) for name, plan in zip(job.source.names, loaded.plans, strict=True)]


def _catalog(job: _Job, loaded: Loaded, profiles: Sequence[ColumnProfile], rows: int) -> Catalog:
    """The measured profiles under the names and types that were decided."""
    headers = job.source.layout.headers
    columns = tuple(
        replace(
            profile,
            label=header or profile.name,
            type=plan.type,
            unit=plan.unit,
            max_length=profile.max_length if plan.type is DataType.TEXT else None,
        )
        for profile, header, plan in zip(profiles, headers, loaded.plans, strict=True)
    )
    return Catalog("sqlite", (TableProfile(name=job.table, label=job.table, rows=rows, columns=columns),))


def _report(job: _Job, name: str, loaded: Loaded, catalog: Catalog) -> IngestReport:
    source, tally = job.source, job.tally
    outside = [*source.layout.preamble, *tally.footer]
    beyond = tuple(RejectedValue(row, None, text, _CELLS_BEYOND) for row, text in tally.long)
    return IngestReport(
        file_name=name,
        table=job.table,
        encoding=source.encoding.label,
        encoding_confidence=source.encoding.confidence,
        delimiter=source.dialect.delimiter,
        quote=source.dialect.quote,
        escape=source.dialect.escape,
        dialect_confidence=round(source.reading.consistency * source.reading.plausibility, 4),
        has_header=source.layout.has_header,
        header_rows=source.layout.header_rows,
        rows=catalog.tables[0].rows or 0,
        columns=tuple(_column_report(job, loaded, i) for i in range(source.layout.width)),
        skipped=tuple(SkippedLine(r.line, " ".join(r.cells).strip()[:500]) for r in outside[:MAX_LISTED]),
        skipped_count=len(outside),
        blank_rows=tally.blank,
        short_rows=tally.short_count,
        long_rows=tally.long_count,
        repaired_rows=tally.repaired,
        rejected=(*loaded.rejected, *beyond)[:MAX_REJECTED],
        rejected_count=sum(loaded.rejected_counts) + tally.long_count,
        notes=(*job.notes, *_notes(job)),
        catalog=catalog,
    )


def _column_report(job: _Job, loaded: Loaded, place: int) -> ColumnReport:
    plan = loaded.plans[place]
    return ColumnReport(
        header=job.source.layout.headers[place],
        name=job.source.names[place],
        type=plan.type,
        reason=plan.reason,
        note=plan.note,
        unit=plan.unit,
        decimal=plan.decimal,
        grouping=plan.grouping,
        rejected=loaded.rejected_counts[place],
    )


def _notes(job: _Job) -> Iterator[Text]:
    source, tally = job.source, job.tally
    if source.encoding.replaces_errors:
        yield Text(
            en="Some bytes are not UTF-8; they were read as Windows-1252.",
            pt="Alguns bytes não são UTF-8; foram lidos como Windows-1252.",
        )
    if not source.layout.has_header:
        yield Text(en="The file names no columns.", pt="O arquivo não nomeia as colunas.")
    if source.layout.header_rows > 1:
        yield Text(
            en="The header spans several lines; they were joined.", pt="O cabeçalho tem várias linhas; foram unidas."
        )
    if tally.short_count:
        yield Text(
            en=f"{tally.short_count} rows have missing cells.", pt=f"{tally.short_count} linhas têm células a menos."
        )
    if tally.long_count:
        yield Text(
            en=f"{tally.long_count} rows have cells beyond the last column, which were left out.",
            pt=f"{tally.long_count} linhas têm células além da última coluna, que ficaram de fora.",
        )
    if tally.repaired:
        yield Text(
            en=f"{tally.repaired} rows with stray quotes or delimiters were mended.",
            pt=f"{tally.repaired} linhas com aspas ou delimitadores soltos foram corrigidas.",
        )
