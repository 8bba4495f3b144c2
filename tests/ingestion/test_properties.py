"""What is written is read back equal, whatever the values and the dialect."""

import csv
import sqlite3
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingestion.options import IngestLimits, ReadOptions
from app.ingestion.pipeline import ingest
from app.ingestion.table import Tally, detect_table, read_rows

WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\x00\r\n\\'`"), max_size=12)
NAMES = ["name", "note", "city", "remark"]


@given(
    rows=st.lists(st.lists(WORDS.map(str.strip), min_size=4, max_size=4), min_size=3, max_size=15),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
@settings(max_examples=60)
def test_quoted_text_is_read_back_as_it_was_written(rows: list[list[str]], delimiter: str) -> None:
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writerows([NAMES, *rows])
        options = ReadOptions(delimiter=delimiter, quote='"', has_header=True)
        source = detect_table(path, options, IngestLimits())
        assert list(read_rows(source, Tally(), IngestLimits())) == kept


@given(cents=st.lists(st.integers(-(10**11), 10**11), min_size=2, max_size=60), is_brazilian=st.booleans())
@settings(max_examples=40)
def test_sums_are_right_to_the_cent(cents: list[int], is_brazilian: bool) -> None:
    amounts = [Decimal(value) / 100 for value in cents]
    written = [f"{amount:,.2f}" for amount in amounts]
    if is_brazilian:
        written = [text.translate(str.maketrans(",.", ".,")) for text in written]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text("n;amount\n" + "".join(f"{i};{text}\n" for i, text in enumerate(written)))
        ingest(path, Path(folder) / "out", name="t.csv")
        with closing(apsw.Connection(str(Path(folder) / "out" / "data.sqlite"))) as db:
            total = db.execute("SELECT sum(amount) FROM t").fetchall()[0][0]
    assert round(Decimal(str(total)), 2) == sum(amounts)


@given(numbers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30))
@settings(max_examples=40)
def test_whole_numbers_of_64_bits_are_kept_exactly(numbers: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text("name,number\n" + "".join(f"x{i},{number}\n" for i, number in enumerate(numbers)))
        ingest(path, Path(folder) / "out", name="t.csv")
        with closing(sqlite3.connect(Path(folder) / "out" / "data.sqlite")) as db:
            found = [int(row[0]) for row in db.execute("SELECT number FROM t")]
    assert found == numbers
