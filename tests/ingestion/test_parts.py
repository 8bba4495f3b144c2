"""A large text is parted only where a record ends, and its parts make the table that the whole makes."""

import csv
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingestion.options import IngestLimits
from app.ingestion.parts import split_records
from app.ingestion.pipeline import ingest

CELLS = st.text(st.sampled_from('ab ,"\n\r;é'), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=60), st.integers(2, 5))
def test_parts_joined_are_the_file_and_each_holds_whole_records(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], most: int
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    path = folder / "whole.csv"
    path.write_bytes(text.getvalue().encode())

    made = split_records(path, folder, quote='"', parts=most, part_bytes=20)

    assert b"".join(part.read_bytes() for part in made) == path.read_bytes()
    assert len(made) <= most
    read = [row for part in made for row in csv.reader(io.StringIO(part.read_bytes().decode(), newline=""))]
    assert read == list(csv.reader(io.StringIO(text.getvalue(), newline="")))


def test_table_of_a_parted_file_has_every_row_in_its_place(tmp_path: Path) -> None:
    count = 20_000
    path = tmp_path / "notas.csv"
    lines = (f'{row},"linha {row}\nsegunda, com ""aspas"""\n' for row in range(1, count + 1))
    path.write_text("id,nota\n" + "".join(lines), encoding="utf-8")

    report = ingest(path, tmp_path / "out", name="notas.csv", limits=IngestLimits(small_bytes=0, part_bytes=1000))

    assert (report.rows, report.repaired_rows) == (count, 0)
    with closing(sqlite3.connect(tmp_path / "out" / "data.sqlite")) as db:
        assert db.execute("SELECT count(*), sum(id = rowid) FROM notas").fetchall() == [(count, count)]
        assert db.execute("SELECT nota FROM notas WHERE id = 10001").fetchone() == (
            'linha 10001\nsegunda, com "aspas"',
        )
