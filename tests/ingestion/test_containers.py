"""Spreadsheets, Parquet, zip and gzip become the table that a CSV of the same content becomes."""

import datetime as dt
import gzip
import io
import sqlite3
import zipfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from app.connectors.catalog import DataType
from app.core.errors.files import FileRejected
from app.ingestion.options import IngestLimits, ReadOptions
from app.ingestion.pipeline import DATABASE, ingest
from app.ingestion.report import IngestReport
from tests.ingestion.workbooks import packed, xlsx

CSV = "nome;valor;data\nAna;1.234,56;31/12/2024\nBeto;2,50;01/02/2025\n".encode("cp1252")
ROWS = [("Ana", 1234.56, "2024-12-31"), ("Beto", 2.5, "2025-02-01")]


def parquet_file(columns: dict[str, object]) -> bytes:
    """A Parquet file of `columns`."""
    target = io.BytesIO()
    parquet.write_table(pa.table(columns), target)
    return target.getvalue()


def read(
    folder: Path, content: bytes, options: ReadOptions | None = None, limits: IngestLimits | None = None
) -> tuple[IngestReport, list[tuple[object, ...]]]:
    """The report and the stored rows of a file, whose name says nothing of its kind."""
    source, target = folder / "file.bin", folder / "out"
    source.write_bytes(content)
    report = ingest(source, target, name="file.bin", options=options, limits=limits)
    with closing(sqlite3.connect(target / DATABASE)) as db:
        return report, db.execute(f'SELECT * FROM "{report.table}"').fetchall()


def refused(folder: Path, content: bytes, options: ReadOptions | None = None) -> str:
    """The reason for which a file is refused, after seeing that nothing of it stayed."""
    with pytest.raises(FileRejected) as caught:
        read(folder, content, options, IngestLimits(max_bytes=200 * 1024**2))
    assert list((folder / "out").iterdir()) == []
    return str(caught.value.fields["reason"])


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CSV),
        packed({"dados.csv": CSV}),
        packed({"__MACOSX/._dados.csv": b"x", "leia-me.pdf": b"%PDF", "dados/venda.csv": CSV}),
        packed({"dados.csv.gz": gzip.compress(CSV)}),
    ],
    ids=["gzip", "zip", "zip with other files", "gzip in zip"],
)
def test_a_packed_csv_is_read_as_the_csv_is(tmp_path: Path, content: bytes) -> None:
    report, rows = read(tmp_path, content)

    assert rows == ROWS
    assert report.notes


def test_a_member_can_be_chosen(tmp_path: Path) -> None:
    content = packed({"a.csv": b"x,y\n1,2\n", "b.csv": CSV})

    _, rows = read(tmp_path, content, ReadOptions(member="b.csv"))

    assert rows == ROWS


def test_a_spreadsheet_keeps_what_its_cells_are(tmp_path: Path) -> None:
    content = xlsx(
        {
            "Vendas": [
                ["Relatório de vendas"],
                [],
                ["nome", "valor", "data", "pago", "qtd", "cpf"],
                ["Ana", 1234.567, dt.date(2024, 12, 31), True, 3, "01234567890"],
                ["Beto", 2.125, dt.date(2025, 2, 1), False, 4, "11122233344"],
            ]
        }
    )

    report, rows = read(tmp_path, content)

    assert rows == [
        ("Ana", 1234.567, "2024-12-31", 1, 3, "01234567890"),
        ("Beto", 2.125, "2025-02-01", 0, 4, "11122233344"),
    ]
    kinds = [DataType.TEXT, DataType.REAL, DataType.DATE, DataType.BOOLEAN, DataType.INTEGER, DataType.TEXT]
    assert [column.type for column in report.columns] == kinds
    assert report.skipped[0].text == "Relatório de vendas"


def test_a_sheet_can_be_chosen(tmp_path: Path) -> None:
    content = xlsx({"Capa": [], "Um": [["a", "b"], [1, 2]], "Dois": [["c", "d"], [3, 4]]})

    (first, rows), (_, chosen) = read(tmp_path, content), read(tmp_path, content, ReadOptions(sheet="Dois"))

    assert (rows, chosen) == ([(1, 2)], [(3, 4)])
    assert first.notes[0].en == "The sheet 'Um' was read; the file has: Capa, Um, Dois."


def test_parquet_keeps_the_types_it_declares(tmp_path: Path) -> None:
    content = parquet_file(
        {
            "code": ["007", "1,5"],
            "cep": pa.array([1310100, None], pa.int32()),
            "price": pa.array([Decimal("1234.50"), Decimal("0.10")]),
            "flag": [True, False],
            "day": [dt.date(2024, 2, 1), dt.date(2024, 1, 2)],
            "at": [dt.datetime.fromisoformat("2024-02-01T12:30:00"), None],
            "list": [[1, 2], []],
            "tiny": [1e-7, 2.0],
        }
    )

    report, rows = read(tmp_path, content)

    assert rows == [
        ("007", 1310100, 1234.5, 1, "2024-02-01", "2024-02-01 12:30:00", "[1, 2]", 1e-7),
        ("1,5", None, 0.1, 0, "2024-01-02", None, "[]", 2.0),
    ]
    assert [column.type.value for column in report.columns] == (
        ["text", "integer", "real", "boolean", "date", "timestamp", "text", "real"]
    )


def _bomb(size: int) -> bytes:
    return gzip.compress(b"a,b\n" + b"0" * size, 9)


def _password(content: bytes) -> bytes:
    """An archive whose member says that it is encrypted."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (gzip.compress(CSV * 1000)[:-40], None, "damaged"),
        (b"\x1f\x8b\x08rubbish", None, "damaged"),
        (packed({"a.csv": CSV})[:60], None, "damaged"),
        (parquet_file({"a": [1, 2]})[:-30], None, "damaged"),
        (b"PAR1", None, "damaged"),
        (xlsx({"A": [["a"]]}).replace(b"PK\x01\x02", b"PK\x01\x03"), None, "damaged"),
        (packed({"[Content_Types].xml": b"<a", "xl/workbook.xml": b"<b"}), None, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, None, "damaged"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
            None,
            "encrypted",
        ),
        (_password(packed({"a.csv": CSV})), None, "encrypted"),
        (_bomb(70 * 1024**2), None, "bomb"),
        (packed({"a.csv": _bomb(70 * 1024**2)}), None, "bomb"),
        (packed({"a.zip": packed({"b.zip": packed({"c.zip": packed({"d.csv": CSV})})})}), None, "nested"),
        (packed({"a.csv": CSV, "b.csv": CSV}), None, "several_members"),
        (packed({"a.csv": CSV}), ReadOptions(member="b.csv"), "no_such_member"),
        (packed({}), None, "empty"),
        (gzip.compress(b""), None, "empty"),
        (xlsx({"A": [], "B": []}), None, "empty"),
        (xlsx({"A": [["a"], [1]]}), ReadOptions(sheet="B"), "no_such_sheet"),
    ],
    # Archives carry the second they were made in: as names of cases they would differ between the processes of one run.
    ids=[
        "gzip cut",
        "gzip of rubbish",
        "zip cut",
        "parquet cut",
        "parquet's mark alone",
        "workbook without a directory",
        "workbook that is no XML",
        "old office file",
        "old office file with a password",
        "zip with a password",
        "gzip bomb",
        "gzip bomb in a zip",
        "zip in zip in zip",
        "two tables",
        "no such member",
        "zip of nothing",
        "gzip of nothing",
        "workbook of nothing",
        "no such sheet",
    ],
)
def test_what_cannot_be_opened_is_refused_with_a_reason(
    tmp_path: Path, content: bytes, options: ReadOptions | None, reason: str
) -> None:
    assert refused(tmp_path, content, options) == reason


def test_a_sheet_that_declares_a_cell_at_its_far_end_is_refused_and_only_a_child_pays(tmp_path: Path) -> None:
    far = xlsx({"A": [["a", "b"], [1, 2]]})
    with zipfile.ZipFile(io.BytesIO(far)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    place = "xl/worksheets/sheet1.xml"
    parts[place] = parts[place].replace(b'<row r="2">', b'<row r="1048576">').replace(b'"B2"', b'"XFD1048576"')

    assert refused(tmp_path, packed(parts)) == "too_large"
