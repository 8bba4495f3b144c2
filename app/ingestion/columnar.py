"""The columnar copy of a large table: one DuckDB file with the names and values of the SQLite file beside it.

Dates, times and booleans have DuckDB's own types here and not their stored forms, so that its functions work on them;
`app.connectors.children.duckdb_engine` gives them back in the stored forms.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from app.connectors.catalog import DataType, TableProfile
from app.ingestion.forms import literal
from app.ingestion.stored import quoted

COLUMNAR = "data.duckdb"
BATCH_ROWS = 20_000

_TYPES = {
    DataType.INTEGER: "BIGINT",
    DataType.REAL: "DOUBLE",
    DataType.BOOLEAN: "BOOLEAN",
    DataType.TEXT: "VARCHAR",
    DataType.DATE: "DATE",
    DataType.TIME: "TIME",
    DataType.TIMESTAMP: "TIMESTAMP",
}
_CARRIED: dict[DataType, pa.DataType] = {
    DataType.INTEGER: pa.int64(),
    DataType.BOOLEAN: pa.int64(),
    DataType.REAL: pa.float64(),
}
"""Arrow's types for the forms in which SQLite stores values; all others are text."""


def copy_typed(
    con: duckdb.DuckDBPyConnection, target: Path, *, table: str, columns: Sequence[tuple[str, DataType]]
) -> None:
    """Writes the columns v0, v1, … of the table `typed`, in the order of the file, to the new DuckDB file `target`."""
    listed = ", ".join(f"v{i} AS {quoted(name)}" for i, (name, _) in enumerate(columns))
    with attached(con, target) as place:
        con.execute(f"CREATE TABLE {place}.{quoted(table)} AS SELECT {listed} FROM typed")  # noqa: S608


def copy_sqlite(
    con: duckdb.DuckDBPyConnection, database: Path, target: Path, tables: Mapping[str, TableProfile]
) -> None:
    """Adds tables of the SQLite file `database` to the DuckDB file `target`, under the names that are the keys.

    Values must be stored in the forms of `app.ingestion.stored`. Raises duckdb.Error, ArrowInvalid for others.
    """
    # DuckDB reads the stream in a thread of its own, one batch after another.
    uri = f"{database.resolve().as_uri()}?mode=ro&immutable=1"
    source = sqlite3.connect(uri, uri=True, check_same_thread=False)
    with closing(source), attached(con, target) as place:
        for name, table in tables.items():
            con.register("stored", _reader(source, table))
            listed = ", ".join(
                f"CAST(c{i} AS {_TYPES[column.type]}) AS {quoted(column.name)}"
                for i, column in enumerate(table.columns)
            )
            con.execute(f"CREATE TABLE {place}.{quoted(name)} AS SELECT {listed} FROM stored")  # noqa: S608
            con.unregister("stored")


def copy_columnar(con: duckdb.DuckDBPyConnection, source: Path, target: Path, tables: Mapping[str, str]) -> None:
    """Adds tables of the DuckDB file `source` to the DuckDB file `target`; `tables` gives new names by old ones."""
    with attached(con, target) as place, attached(con, source, name="part", read_only=True) as part:
        for old, new in tables.items():
            con.execute(f"CREATE TABLE {place}.{quoted(new)} AS SELECT * FROM {part}.{quoted(old)}")  # noqa: S608


@contextmanager
def attached(
    con: duckdb.DuckDBPyConnection, path: Path, *, name: str = "copy", read_only: bool = False
) -> Iterator[str]:
    """The DuckDB file `path` under the schema that is yielded; written out and released afterwards."""
    con.execute(f"ATTACH {literal(str(path))} AS {name}{' (READ_ONLY)' if read_only else ''}")
    try:
        yield f"{name}.main"
    finally:
        con.execute(f"DETACH {name}")


def _reader(source: sqlite3.Connection, table: TableProfile) -> pa.RecordBatchReader:
    schema = pa.schema([(f"c{i}", _CARRIED.get(column.type, pa.string())) for i, column in enumerate(table.columns)])
    listed = ", ".join(quoted(column.name) for column in table.columns)
    cursor = source.execute(f"SELECT {listed} FROM {quoted(table.name)} ORDER BY rowid")  # noqa: S608

    def batches() -> Iterator[pa.RecordBatch]:
        while rows := cursor.fetchmany(BATCH_ROWS):
            arrays = [pa.array(cells, kind) for cells, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
            yield pa.record_batch(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
