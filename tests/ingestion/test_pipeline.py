"""A file goes in, a database, an index and a report come out, or nothing at all."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.connectors.catalog import DataType
from app.connectors.value_index import SqliteValueIndex
from app.core.errors.files import FileRejected
from app.core.i18n import Language
from app.ingestion.options import IngestLimits, Progress, ReadOptions, Stage
from app.ingestion.pipeline import ingest
from app.ingestion.report import REPORT_JSON, IngestReport
from tests.data import data_path

Write = Callable[[str | bytes], Path]
SALES = """Relatório de vendas;;;;
Emitido em 03/01/2024;;;;

Código;Data da venda;Loja;Valor (R$);Ativo
001;31/12/2023;São Paulo;R$ 1.234,56;sim
002;01/02/2023;Goiânia;R$ 10,00;não
003;15/03/2023;#NULO#;-;sim
Fonte: sistema de vendas
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(content: str | bytes) -> Path:
        path = tmp_path / "input.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


BULK = IngestLimits(small_bytes=0)
"""Has a small file read as a large one is."""


def read(path: Path, tmp_path: Path, limits: IngestLimits | None = None, **options: object) -> IngestReport:
    return ingest(path, tmp_path / "out", name=path.name, limits=limits, options=ReadOptions(**options))  # type: ignore[arg-type]


def stored(tmp_path: Path, sql: str = "SELECT * FROM input") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tmp_path / "out" / "data.sqlite")) as db:
        return db.execute(sql).fetchall()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_brazilian_report_with_preamble_and_footer(write: Write, tmp_path: Path, encoding: str) -> None:
    report = read(write(SALES.encode(encoding)), tmp_path)
    assert stored(tmp_path) == [
        ("001", "2023-12-31", "São Paulo", 1234.56, 1),
        ("002", "2023-02-01", "Goiânia", 10.0, 0),
        ("003", "2023-03-15", None, None, 1),
    ]
    assert [c.header for c in report.columns] == ["Código", "Data da venda", "Loja", "Valor (R$)", "Ativo"]
    assert [c.name for c in report.columns] == ["Código", "Data_da_venda", "Loja", "Valor_R", "Ativo"]
    assert [line.text for line in report.skipped][-1] == "Fonte: sistema de vendas"
    assert report.skipped_count == 3


@pytest.mark.parametrize("rows", [2, 90_000])
def test_the_decimal_mark_of_one_column_can_be_said(write: Write, tmp_path: Path, rows: int) -> None:
    """`1.234` has two readings, and a caller may know that they differ between columns."""
    content = "item;peso;valor\n" + "a;1.234;1.234\n" * rows
    report = read(write(content), tmp_path, decimals={"peso": "."})
    assert stored(tmp_path, "SELECT DISTINCT peso, valor FROM input") == [(1.234, 1234)]
    assert [(c.type, c.decimal) for c in report.columns[1:]] == [(DataType.REAL, "."), (DataType.INTEGER, None)]


def test_report_says_what_was_decided_and_survives_json(write: Write, tmp_path: Path) -> None:
    report = read(write(SALES), tmp_path)
    value = next(c for c in report.columns if c.name == "Valor_R")
    assert (report.delimiter, report.rows, value.type, value.unit, value.decimal) == (";", 3, DataType.REAL, "R$", ",")
    assert REPORT_JSON.validate_json(REPORT_JSON.dump_json(report)) == report
    assert report.catalog.tables[0].columns[3].label == "Valor (R$)"


def test_value_index_comes_with_the_table(write: Write, tmp_path: Path) -> None:
    read(write(SALES), tmp_path)
    index = SqliteValueIndex(tmp_path / "out" / "values.sqlite")
    best = index.lookup(["sao paulo"])[0]
    index.close()
    assert (best.table, best.column, best.value, best.score) == ("input", "Loja", "São Paulo", 1.0)


def test_progress_ends_with_done(write: Write, tmp_path: Path) -> None:
    seen: list[Progress] = []
    ingest(write("a,b\n1,2\n"), tmp_path / "out", name="x.csv", progress=seen.append)
    assert seen[0].stage is Stage.DETECTING
    assert seen[-1] == Progress(Stage.DONE, rows=1, bytes_read=8, total_bytes=8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (bytes(range(256)) * 20, "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(300), "binary"),
        (",".join("abc" for _ in range(1001)).encode(), "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason_and_leaves_nothing(
    write: Write, tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(FileRejected) as caught:
        read(write(content), tmp_path)
    assert caught.value.fields["reason"] == reason
    assert caught.value.sentence(Language.PT)
    assert not list((tmp_path / "out").glob("**/*")) if (tmp_path / "out").exists() else True


def test_file_beyond_the_size_limit_is_refused(write: Write, tmp_path: Path) -> None:
    with pytest.raises(FileRejected) as caught:
        ingest(write("a,b\n1,2\n"), tmp_path / "out", name="x.csv", limits=IngestLimits(max_bytes=4))
    assert caught.value.fields["reason"] == "too_large"


def test_failure_in_the_middle_leaves_nothing_behind(write: Write, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage is Stage.PROFILING:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ingest(write("a,b\n1,2\n"), tmp_path / "out", name="x.csv", progress=stop)
    assert list((tmp_path / "out").iterdir()) == []


def test_header_only_file_becomes_an_empty_table(write: Write, tmp_path: Path) -> None:
    report = read(write("nome,cidade,valor\n"), tmp_path)
    assert (report.rows, [c.name for c in report.columns]) == (0, ["nome", "cidade", "valor"])


def test_ragged_rows_are_kept_and_told(write: Write, tmp_path: Path) -> None:
    report = read(write("a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3\n" + "1,2,3\n" * 20), tmp_path)
    assert stored(tmp_path)[1:3] == [(4, 5, None), (6, 7, 8)]
    assert (report.short_rows, report.long_rows, report.rejected[0].row, report.rejected[0].value) == (1, 1, 3, "9")


def test_duplicate_and_empty_headers_get_names(write: Write, tmp_path: Path) -> None:
    report = read(write("nome,Nome,,total\nana,x,1,2.5\nbia,y,2,3.5\n"), tmp_path)
    assert [c.name for c in report.columns] == ["nome", "Nome_2", "column_3", "total"]


def test_stray_quote_does_not_swallow_the_rest(write: Write, tmp_path: Path) -> None:
    rows = "\n".join(f"{i},text {i},{i * 2}" for i in range(50))
    report = read(write(f'id,name,double\n{rows}\n50,"broken,100\n51,fine,102\n'), tmp_path)
    assert report.rows == 52
    assert stored(tmp_path)[-1] == (51, "fine", 102)


def test_nul_bytes_and_huge_fields_are_read(write: Write, tmp_path: Path) -> None:
    read(write("a,b\nx\x00y,1\n" + "z" * 3_000_000 + ",2\n"), tmp_path)
    assert stored(tmp_path, "SELECT length(a), b FROM input") == [(2, 1), (3_000_000, 2)]


def test_carriage_returns_alone_end_lines(write: Write, tmp_path: Path) -> None:
    read(write("a;b\r1;x\r2;y"), tmp_path)
    assert stored(tmp_path) == [(1, "x"), (2, "y")]


def test_value_that_does_not_fit_is_listed_with_its_row(write: Write, tmp_path: Path) -> None:
    rows = [str(i) for i in range(1, 1001)]
    rows[499] = "abc"
    report = read(write("n,m\n" + "".join(f"{row},1\n" for row in rows)), tmp_path)
    assert report.columns[0].type is DataType.INTEGER
    assert [(r.row, r.column, r.value) for r in report.rejected] == [(500, "n", "abc")]
    assert stored(tmp_path, "SELECT count(*) FROM input WHERE n IS NULL") == [(1,)]


def test_options_of_the_caller_win(write: Write, tmp_path: Path) -> None:
    content = "1|2\n3|4\n"
    report = read(write(content), tmp_path, delimiter="|", has_header=True, types={"1": DataType.TEXT})
    assert [c.header for c in report.columns] == ["1", "2"]
    assert stored(tmp_path) == [("3", 4)]


def test_bulk_and_small_paths_give_the_same(write: Write, tmp_path: Path) -> None:
    rows = "".join(
        f"{i};{i % 28 + 1:02d}/0{i % 9 + 1}/2023;cliente {i % 7} ;{i * 1000 + 5:,}".replace(",", ".")
        + f",{i % 100:02d};{'sim' if i % 3 else 'não'};{'-' if i % 5 == 0 else i};0{i % 10};{i % 24}:05;R$ {i},5\n"
        for i in range(4000)
    )
    late = 'x;31/12/2023;"a ""b""; c";7,5;sim;1;01;1:05;R$ (3)\n'
    path = write("id;data;cliente;valor;ok;n;código;hora;preço\n" + rows + late)
    small = read(path, tmp_path)
    expected = stored(tmp_path)
    bulk = read(path, tmp_path, BULK)
    assert stored(tmp_path) == expected
    assert [(c.name, c.type, c.rejected) for c in bulk.columns] == [(c.name, c.type, c.rejected) for c in small.columns]
    assert bulk.rejected == small.rejected
    for one, other in zip(bulk.catalog.tables[0].columns, small.catalog.tables[0].columns, strict=True):
        assert one.mean == pytest.approx(other.mean)
        assert replace(one, mean=None) == replace(other, mean=None)


def test_broken_large_file_is_read_by_the_careful_reader(write: Write, tmp_path: Path) -> None:
    report = read(write("a,b,c\n" + "1,2,3\n" * 500 + '4,"open,6\n' + "7,8\n" + "1,2,3\n" * 500), tmp_path, BULK)
    assert (report.rows, report.repaired_rows, report.short_rows) == (1002, 1, 1)
    assert stored(tmp_path, "SELECT sum(a), count(c) FROM input") == [(1011, 1001)]


@pytest.mark.parametrize(
    "relative", ["csv/brazil/ibge_estados.csv", "csv/csv_spectrum/json.csv", "csv/duckdb/auto__tab.csv"]
)
def test_real_files_load(tmp_path: Path, relative: str) -> None:
    report = ingest(data_path(relative), tmp_path / "out", name=relative)
    assert report.rows > 0
    assert report.rejected_count == 0
