"""Parquet files of results, read again."""

import io
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.services.queries.result_files import parquet_of
from app.services.results import JsonCell


def read(columns: list[tuple[str, str]], rows: list[list[JsonCell]]) -> "pa.Table":
    """The table in the file."""
    return pq.read_table(io.BytesIO(parquet_of(columns, rows)))


@pytest.mark.parametrize(
    ("kind", "cells", "values"),
    [
        ("integer", [1, None, 2], [1, None, 2]),
        ("integer", [1, "9007199254740993"], [1, 9007199254740993]),
        ("integer", ["123456789012345678901", 2], ["123456789012345678901", "2"]),
        ("real", [1.5, None, 2], [1.5, None, 2.0]),
        ("real", ["1234.50", 1.25], [Decimal("1234.50"), Decimal("1.25")]),
        ("text", ["=SOMA(A1)", "á", None], ["=SOMA(A1)", "á", None]),
        ("date", ["2024-02-29", None], [date(2024, 2, 29), None]),
        ("time", ["13:05:00"], [time(13, 5)]),
        (
            "timestamp",
            ["2024-02-29T13:05:00", "2024-02-29 13:05:01"],
            [datetime.fromisoformat(f"2024-02-29T13:05:0{s}") for s in (0, 1)],
        ),
        ("timestamp", ["2024-02-29T13:05:00+00:00"], ["2024-02-29T13:05:00+00:00"]),
        ("boolean", [1, 0, None, True], [True, False, None, True]),
        ("date", ["2024-02-29", "amanhã"], ["2024-02-29", "amanhã"]),
        ("integer", [1, "n/d"], ["1", "n/d"]),
        ("boolean", [1, 2], ["1", "2"]),
        ("integer", [None, None], [None, None]),
    ],
)
def test_cells_keep_their_type_or_become_text(kind: str, cells: list[JsonCell], values: list[object]) -> None:
    assert read([("c", kind)], [[cell] for cell in cells])["c"].to_pylist() == values


def test_columns_of_the_same_name_and_no_rows_make_a_file() -> None:
    columns = [("n", "integer"), ("n", "text"), ("n_2", "real")]
    table = read(columns, [])
    assert table.column_names == ["n", "n_2", "n_2_2"]
    assert [str(kind) for kind in table.schema.types] == ["int64", "string", "double"]
