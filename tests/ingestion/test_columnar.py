"""The columnar copy holds what the SQLite file holds."""

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from app.core.errors.files import FileRejected
from app.ingestion.options import IngestLimits
from app.ingestion.pipeline import ingest

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


@pytest.mark.parametrize("times", [40, IngestLimits().small_bytes // 100])
def test_a_large_table_is_also_written_in_columns_with_the_same_values(tmp_path: Path, times: int) -> None:
    report = ingest(write(tmp_path, times), tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=100))
    assert report.catalog.dialect == "sqlite"
    assert len(copied(tmp_path / "out")) == 3 * times
    assert copied(tmp_path / "out") == stored(tmp_path / "out")


def test_rows_of_a_large_file_keep_its_order(tmp_path: Path) -> None:
    count, strange = 900_000, 654_321
    days = [f"{day:02d}/{month:02d}/2024" for day in range(1, 29) for month in range(1, 13)]
    lines = (
        f"{row};{'estranho' if row == strange else days[row % len(days)]};{row % 900},5;Cliente {row % 5000}\n"
        for row in range(1, count + 1)
    )
    path = tmp_path / "vendas.csv"
    path.write_text("id;dia;valor;cliente\n" + "".join(lines), encoding="utf-8")

    report = ingest(path, tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=100))

    with closing(sqlite3.connect(tmp_path / "out" / "data.sqlite")) as db:
        assert db.execute("SELECT count(*), min(id), max(id), sum(id = rowid) FROM vendas").fetchall() == [
            (count, 1, count, count)
        ]
        assert [row for (row,) in db.execute("SELECT id FROM vendas LIMIT 3")] == [1, 2, 3]
    with closing(duckdb.connect(tmp_path / "out" / "data.duckdb", read_only=True)) as con:
        assert con.execute("SELECT id FROM vendas LIMIT 3").fetchall() == [(1,), (2,), (3,)]
        assert con.execute("SELECT count(*) FROM vendas WHERE id = rowid + 1").fetchall() == [(count,)]
    assert [(rejected.row, rejected.value) for rejected in report.rejected] == [(strange, "estranho")]


def test_a_table_beyond_the_memory_of_reading_is_refused_with_a_code(tmp_path: Path) -> None:
    limits = IngestLimits(memory_bytes=1_000_000)
    with pytest.raises(FileRejected) as refused:
        ingest(write(tmp_path, limits.small_bytes // 100), tmp_path / "out", name="vendas.csv", limits=limits)
    assert refused.value.fields["reason"] == "too_large"
    assert list((tmp_path / "out").iterdir()) == []


def test_the_copy_has_types_that_duckdb_computes_with(tmp_path: Path) -> None:
    ingest(write(tmp_path, 40), tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=100))
    with closing(duckdb.connect(tmp_path / "out" / "data.duckdb", read_only=True)) as con:
        types = [str(row[1]) for row in con.execute("DESCRIBE vendas").fetchall()]
    assert types == ["VARCHAR", "VARCHAR", "DOUBLE", "DATE", "TIMESTAMP", "TIME", "BOOLEAN", "VARCHAR"]


@pytest.mark.parametrize("rows", [121, None])
def test_a_smaller_table_has_no_copy(tmp_path: Path, rows: int | None) -> None:
    ingest(write(tmp_path, 40), tmp_path / "out", name="vendas.csv", limits=IngestLimits(columnar_rows=rows))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["data.sqlite", "values.sqlite"]
