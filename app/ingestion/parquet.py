"""Parquet as delimited text in UTF-8, in batches of bounded size."""

from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from app.connectors.catalog import DataType
from app.core.errors.files import FileRejected
from app.core.i18n import Text
from app.ingestion.duck import duck
from app.ingestion.forms import literal
from app.ingestion.options import IngestLimits
from app.ingestion.stored import quoted

BATCH_ROWS = 2048

_TYPES = {
    "BOOLEAN": DataType.BOOLEAN,
    "DATE": DataType.DATE,
    "TIME": DataType.TIME,
    "FLOAT": DataType.REAL,
    "DOUBLE": DataType.REAL,
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), DataType.INTEGER
    ),
    **dict.fromkeys(
        ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), DataType.TIMESTAMP
    ),
}
_DAMAGED = Text(
    en="The Parquet file is damaged, encrypted or of a kind that is not known.",
    pt="O arquivo Parquet está danificado, cifrado ou é de um tipo desconhecido.",
)
_TOO_LARGE = Text(
    en="As text, the file is larger than {limit_bytes} bytes.",
    pt="Como texto, o arquivo é maior que {limit_bytes} bytes.",
)
_TOO_WIDE = Text(
    en="The table has {columns} columns; the limit is {limit}.",
    pt="A tabela tem {columns} colunas; o limite é {limit}.",
)


def parquet_to_text(path: Path, target: Path, folder: Path, limits: IngestLimits) -> dict[str, DataType]:
    """Writes the Parquet file `path` to `target` with a line of names; gives the types it declares, by name.

    Lists and structures become text. Raises FileRejected (damaged, too_large, too_many_columns).
    """
    source = f"read_parquet({literal(str(path))}, hive_partitioning = false)"
    try:
        with duck(folder, memory_bytes=limits.memory_bytes) as con:
            described = con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
            kinds = {str(row[0]): str(row[1]) for row in described}
            if len(kinds) > limits.max_columns:
                raise FileRejected(_TOO_WIDE, reason="too_many_columns", columns=len(kinds), limit=limits.max_columns)
            listed = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in kinds)
            _write(con.sql(f"SELECT {listed} FROM {source}").to_arrow_reader(BATCH_ROWS), target, limits)  # noqa: S608
    except (duckdb.Error, pa.ArrowInvalid) as error:
        raise FileRejected(_DAMAGED, reason="damaged") from error
    return {name: _type_of(kind) for name, kind in kinds.items()}


def _type_of(kind: str) -> DataType:
    return DataType.REAL if kind.startswith("DECIMAL") else _TYPES.get(kind, DataType.TEXT)


def _write(reader: pa.RecordBatchReader, target: Path, limits: IngestLimits) -> None:
    with target.open("wb") as file, csv.CSVWriter(file, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            if file.tell() > limits.max_bytes:
                raise FileRejected(_TOO_LARGE, reason="too_large", limit_bytes=limits.max_bytes)
