"""The columnar copy holds what the SQLite file holds."""

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from app.ingestion.options import IngestLimits
from app.ingestion.pipeline import SMALL_BYTES, ingest

HEADER = "código;região;preço;dia;visto;hora;pago;nota\n"
ROWS = (
    "0012;São Paulo;1.234,56;31/12/2024;31/12/2024 23:59;07:05;sim;ok\n",
    "0013;Belém;-0,5;01/02/1999;01/01/2024 00:00;23:59;não;ação\n",
    "0014;;;;;;;\n",
)
STORED = (
    'SELECT "código", "região", "preço", CAST(dia AS {text}), CAST(visto AS {text}), CAST(hora AS {text}),'
    " CAST(pago AS INTEGER), nota FROM vendas"
)


def write(folder: Path, times: int) -> Path:
    """A CSV file with the rows above, so many times."""
    path = folder / "vendas.csv"
    path.write_text(HEADER + "".join(ROWS) * times, encoding="utf-8")
    return path


def copied(folder: Path) -> list[tuple[object, ...]]:
    """The rows of the columnar copy, in their stored order and forms."""
    with closing(duckdb.connect(folder / "data.duckdb", read_only=True)) as con:
        return con.execute(STORED.format(text="VARCHAR")).fetchall()


def stored(folder: Path) -> list[tuple[object, ...]]:
    """The rows of the SQLite file."""
    with closing(sqlite3.connect(folder / "data.sqlite")) as db:
        return db.execute(STORED.format(text="TEXT")).fetchall()


@pytest.mark.parametrize("times", [40, SMALL_BYTES // 100])
def test_a_large_table_is_also_written_in_columns_with_the_same_values(tmp_path: Path, times: int) -> None:
    report = ingest(write(tmp_path, times), tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=100))
    assert report.catalog.dialect == "sqlite"
    assert len(copied(tmp_path / "out")) == 3 * times
    assert copied(tmp_path / "out") == stored(tmp_path / "out")


def test_the_copy_has_types_that_duckdb_computes_with(tmp_path: Path) -> None:
    ingest(write(tmp_path, 40), tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=100))
    with closing(duckdb.connect(tmp_path / "out" / "data.duckdb", read_only=True)) as con:
        types = [str(row[1]) for row in con.execute("DESCRIBE vendas").fetchall()]
    assert types == ["VARCHAR", "VARCHAR", "DOUBLE", "DATE", "TIMESTAMP", "TIME", "BOOLEAN", "VARCHAR"]


@pytest.mark.parametrize("rows", [121, None])
def test_a_smaller_table_has_no_copy(tmp_path: Path, rows: int | None) -> None:
    ingest(write(tmp_path, 40), tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=rows))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["data.sqlite", "values.sqlite"]
