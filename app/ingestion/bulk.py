"""Types and stores a large table: DuckDB reads it in the dialect that was detected, Arrow carries it into SQLite.

Every value is read by the same forms as in `small`: SQL takes the common ways of writing, and the distinct texts that
it leaves are read one by one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from app.connectors.catalog import DataType, Scalar
from app.ingestion.forms import is_one_of, literal
from app.ingestion.judge import ColumnPlan
from app.ingestion.marks import NULL_MARKS, WEAK_NULL_MARKS
from app.ingestion.options import IngestLimits, ReadOptions
from app.ingestion.report import MAX_REJECTED, RejectedValue
from app.ingestion.small import BLANKS, MISFIT, Loaded, file_habits, judge_column, plan_columns
from app.ingestion.stored import PRAGMAS, declaration, quoted
from app.ingestion.table import TableSource, Tally, read_rows

SAMPLE_ROWS = 2000
"""Rows from which the first plan is made; the whole column confirms or overturns it."""
MAX_DISTINCT = 300_000
"""Distinct texts of one column that are read one by one when a column has to be judged anew."""
BATCH_ROWS = 20_000
CHUNK_ROWS = 2_000
"""Rows that are handed from Python's reader to DuckDB at a time."""

_DUCK_TYPES = {
    DataType.INTEGER: "BIGINT",
    DataType.REAL: "DOUBLE",
    DataType.BOOLEAN: "BOOLEAN",
    DataType.TEXT: "VARCHAR",
    DataType.DATE: "DATE",
    DataType.TIME: "TIME",
    DataType.TIMESTAMP: "TIMESTAMP",
}


def scan_file(source: TableSource, text: Path, *, has_head: bool = True) -> str:
    """FROM clause that reads the UTF-8 file `text`, which has lines of `source`; blank rows are left out.

    `has_head` tells whether the lines before the first row are among them.
    """
    dialect, width = source.dialect, source.cells
    listed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    escape = dialect.escape or dialect.quote
    skip = source.layout.data_line - 1 + source.skip_lines if has_head else 0
    filled = "(" + " OR ".join(f"c{i} IS NOT NULL" for i in range(source.layout.width)) + ")"
    if source.layout.has_trailing_mark:
        filled += f" AND (c{width - 1} IS NULL OR error('cells beyond the last column') IS NULL)"
    return (
        f"(SELECT * FROM read_csv({literal(str(text))}, auto_detect = false, header = false, skip = {skip},"  # noqa: S608
        f" delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)}, escape = {literal(escape)},"
        f" columns = {{{listed}}}, strict_mode = true) WHERE {filled})"
    )


def scan_rows(con: duckdb.DuckDBPyConnection, rows: Iterator[Sequence[str]], width: int) -> str:
    """FROM clause over `rows`, filled up or cut to `width`, which are copied into the table `raw`."""
    names = [f"c{i}" for i in range(width)]
    schema = pa.schema([(name, pa.string()) for name in names])

    def batches() -> Iterator[pa.RecordBatch]:
        while chunk := [[*row[:width], *[""] * (width - len(row))] for row in islice(rows, CHUNK_ROWS)]:
            columns = [pa.array(column, pa.string()) for column in zip(*chunk, strict=True)]
            yield pa.record_batch(columns, schema=schema)

    con.register("given", pa.RecordBatchReader.from_batches(schema, batches()))
    con.execute("CREATE TABLE raw AS SELECT * FROM given")
    con.unregister("given")
    return "raw"


def load_bulk(
    con: duckdb.DuckDBPyConnection,
    source: TableSource,
    scans: Sequence[str],
    *,
    options: ReadOptions,
    limits: IngestLimits,
) -> Loaded:
    """Fills the DuckDB table `typed` (columns v0, v1, …) from the texts of `scans`, which are the rows of `source`.

    The scans are read side by side, their rows stored one scan after another.
    Raises duckdb.Error when a file behind one of them does not keep to its dialect.
    """
    sample = list(islice(read_rows(source, Tally(), limits), SAMPLE_ROWS))
    raw = [[row[i] if i < len(row) else "" for row in sample] for i in range(source.layout.width)]
    padded = frozenset(i for i, column in enumerate(raw) if any(text != text.strip(BLANKS) for text in column))
    counts: list[Mapping[str, int]] = [Counter(text.strip(BLANKS) for text in column) for column in raw]
    plans = plan_columns(source, counts, options)
    _fill(con, scans, plans, padded)
    doubtful = [i for i, seen in enumerate(counts) if _is_doubtful(con, i, plans[i], seen)]
    if doubtful:
        for i in doubtful:
            counts[i] = _whole_column(con, scans, i)
        habits = file_habits(source, counts, options)
        plans = tuple(
            judge_column(header, seen, habits, options) if i in doubtful else plan
            for i, (header, seen, plan) in enumerate(zip(source.layout.headers, counts, plans, strict=True))
        )
        _fill(con, scans, plans, padded)
    return _settle(con, source, plans)


def _stripped(operand: str) -> str:
    """`operand` without blanks around it; the tests spare most values the slower trim."""
    tests = " OR ".join(
        f"starts_with({operand}, {literal(blank)}) OR ends_with({operand}, {literal(blank)})" for blank in BLANKS
    )
    return f"CASE WHEN {tests} THEN trim({operand}, {literal(BLANKS)}) ELSE {operand} END"


def _fill(
    con: duckdb.DuckDBPyConnection, scans: Sequence[str], plans: Sequence[ColumnPlan], padded: frozenset[int]
) -> None:
    """Makes `typed`: the values v0, v1, … and beside each column that is no text the texts x0, x1, … that SQL left.

    Blanks are taken off texts and off the columns `padded`; elsewhere values with blanks are among those left.
    """
    inner = ", ".join(
        f"{_stripped(f'c{i}')} AS c{i}" if plan.type is DataType.TEXT or i in padded else f"c{i}"
        for i, plan in enumerate(plans)
    )
    values = ", ".join(f"{_value(plan, f'c{i}')} AS v{i}" for i, plan in enumerate(plans))
    left = [
        f"CASE WHEN v{i} IS NULL THEN c{i} END AS x{i}"
        for i, plan in enumerate(plans)
        if plan.type is not DataType.TEXT
    ]
    kept = ", ".join([*(f"v{i}" for i in range(len(plans))), *left])
    selections = [f"SELECT {kept} FROM (SELECT *, {values} FROM (SELECT {inner} FROM {scan}))" for scan in scans]  # noqa: S608
    con.execute("DROP TABLE IF EXISTS typed")
    con.execute(f"CREATE TABLE typed AS {selections[0]} LIMIT 0")
    _insert_side_by_side(con, selections)


def _insert_side_by_side(con: duckdb.DuckDBPyConnection, selections: Sequence[str]) -> None:
    """Runs each selection in a thread and a transaction of its own; their rows stand in the order of the commits."""
    with ExitStack() as stack:
        cursors = [stack.enter_context(con.cursor()) for _ in selections]
        threads = stack.enter_context(ThreadPoolExecutor(len(cursors)))
        for cursor in cursors:
            cursor.begin()
        running = [
            threads.submit(cursor.execute, f"INSERT INTO typed {selection}")
            for cursor, selection in zip(cursors, selections, strict=True)
        ]
        try:
            for insertion in as_completed(running):
                insertion.result()
        except duckdb.Error:
            for cursor in cursors:
                cursor.interrupt()
            raise
        for cursor in cursors:
            cursor.commit()


def _value(plan: ColumnPlan, operand: str) -> str:
    if plan.type is DataType.TEXT:
        # The length spares most values the slower comparison.
        is_mark = f"length({operand}) <= {max(map(len, NULL_MARKS))} AND {is_one_of(operand, NULL_MARKS)}"
        return f"CASE WHEN {is_mark} THEN NULL ELSE {operand} END"
    return plan.form.expression(operand) or f"CAST(NULL AS {_DUCK_TYPES[plan.type]})"


def _left(con: duckdb.DuckDBPyConnection, column: int) -> dict[str, int]:
    """Texts of a column that SQL did not read, as they stand, with their numbers of rows."""
    rows = con.execute(f"SELECT x{column}, count(*) FROM typed WHERE x{column} IS NOT NULL GROUP BY 1").fetchall()  # noqa: S608
    return dict(rows)


def _is_doubtful(con: duckdb.DuckDBPyConnection, column: int, plan: ColumnPlan, sample: Mapping[str, int]) -> bool:
    """True when the sample cannot have told the truth: it was empty, or the whole column holds what does not fit."""
    if plan.type is DataType.TEXT:
        if any(text not in NULL_MARKS and text not in WEAK_NULL_MARKS for text in sample):
            return False
        return con.execute(f"SELECT count(*) FROM typed WHERE v{column} IS NOT NULL").fetchone() != (0,)  # noqa: S608
    return any(_is_misfit(plan, text) for text in _left(con, column))


def _read(plan: ColumnPlan, text: str) -> Scalar:
    bare = text.strip(BLANKS)
    return None if bare in plan.null_marks else plan.form.read(bare)


def _is_misfit(plan: ColumnPlan, text: str) -> bool:
    bare = text.strip(BLANKS)
    return bare not in plan.null_marks and plan.form.read(bare) is None


def _whole_column(con: duckdb.DuckDBPyConnection, scans: Sequence[str], column: int) -> dict[str, int]:
    whole = " UNION ALL ".join(f"SELECT c{column} FROM {scan}" for scan in scans)  # noqa: S608
    rows = con.execute(
        f"SELECT {_stripped(f'c{column}')} AS v, count(*) FROM ({whole}) WHERE c{column} IS NOT NULL GROUP BY 1"  # noqa: S608
        f" LIMIT {MAX_DISTINCT}"
    ).fetchall()
    return dict(rows)


def _settle(con: duckdb.DuckDBPyConnection, source: TableSource, plans: Sequence[ColumnPlan]) -> Loaded:
    """Reads one by one what SQL left, and lists what fits no type."""
    rejected: list[RejectedValue] = []
    counts = []
    for i, plan in enumerate(plans):
        left = {} if plan.type is DataType.TEXT else _left(con, i)
        read = {text: _read(plan, text) for text in left}
        _store(con, i, plan, {text: value for text, value in read.items() if value is not None})
        bad = [text for text in left if _is_misfit(plan, text)]
        counts.append(sum(left[text] for text in bad))
        if bad and len(rejected) < MAX_REJECTED:
            rejected += _locate(con, i, source.names[i], bad, MAX_REJECTED - len(rejected))
    return Loaded(tuple(plans), tuple(rejected), tuple(counts))


def _store(con: duckdb.DuckDBPyConnection, column: int, plan: ColumnPlan, values: Mapping[str, Scalar]) -> None:
    if not values:
        return
    kind = _DUCK_TYPES[plan.type]
    con.register("read", pa.table({"text": list(values), "value": [str(value) for value in values.values()]}))
    con.execute(
        f"UPDATE typed SET v{column} = CAST(read.value AS {kind}) FROM read WHERE typed.x{column} = read.text"  # noqa: S608
    )
    con.unregister("read")


def _locate(
    con: duckdb.DuckDBPyConnection, column: int, name: str, bad: Sequence[str], limit: int
) -> list[RejectedValue]:
    con.register("bad", pa.table({"text": list(bad)}))
    rows = con.execute(
        f"SELECT rowid + 1, x{column} FROM typed WHERE x{column} IN (SELECT text FROM bad) ORDER BY 1 LIMIT {limit}"  # noqa: S608
    ).fetchall()
    con.unregister("bad")
    return [RejectedValue(row, name, text.strip(BLANKS)[:200], MISFIT) for row, text in rows]


def export(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    *,
    table: str,
    columns: Sequence[tuple[str, DataType]],
    advance: Callable[[int], None],
) -> int:
    """Writes `typed` to the SQLite file `target`, in the order of the file; gives the number of rows."""
    written = 0

    def watched(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        nonlocal written
        for batch in reader:
            yield batch
            written += batch.num_rows
            advance(written)

    listed = ", ".join(_stored(kind, f"v{i}") + f" AS {quoted(name)}" for i, (name, kind) in enumerate(columns))
    reader = con.sql(f"SELECT {listed} FROM typed").to_arrow_reader(BATCH_ROWS)  # noqa: S608
    # With it comes all of Arrow's dataset module and pandas, which most processes never need.
    from adbc_driver_sqlite import dbapi as adbc

    with closing(adbc.connect(str(target), autocommit=True)) as db, closing(db.cursor()) as cursor:
        for statement in [*PRAGMAS.split(";")[:-1], declaration(table, columns)]:
            cursor.execute(statement)
        cursor.adbc_ingest(table, pa.RecordBatchReader.from_batches(reader.schema, watched(reader)), mode="append")
    return written


def _stored(kind: DataType, column: str) -> str:
    """SQL that gives the stored form: ISO texts for dates and times, 0 and 1 for booleans."""
    if kind in (DataType.DATE, DataType.TIME, DataType.TIMESTAMP):
        return f"CAST({column} AS VARCHAR)"
    return f"CAST({column} AS BIGINT)" if kind is DataType.BOOLEAN else column
