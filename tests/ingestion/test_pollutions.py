"""Broken files become the table that a person would see in them."""

import csv
from pathlib import Path

import pytest

from app.services.batch.ingest import ingest_files
from tests.ingestion.pollutions import Polluted, pollutions, source_rows

FILES = {polluted.name: polluted for polluted in pollutions(source_rows(24), every_place=False)}
MERGED_TEXT = ("delimiter 5 missing", "delimiter 6 missing")
"""A quote after other text in a cell opens nothing, so the commas behind it still part cells."""
SHIFTED_NAMES = "twice in line 0"
"""A name beyond the last column is left out with the empty column that it would name."""


def read(polluted: Polluted, folder: Path) -> list[list[str]]:
    source, target = folder / "input.csv", folder / "read.csv"
    source.write_bytes(polluted.content)
    list(ingest_files([source], sqlite=None, csv=target))
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def trimmed(row: tuple[str, ...] | list[str]) -> list[str]:
    cells = list(row)
    while cells and not cells[-1]:
        cells.pop()
    return cells


@pytest.mark.parametrize(
    "name", [name for name in FILES if not name.startswith(MERGED_TEXT) and not name.endswith(SHIFTED_NAMES)]
)
def test_rows_and_names_survive_pollution(name: str, tmp_path: Path) -> None:
    polluted = FILES[name]
    found = read(polluted, tmp_path)
    assert [trimmed(row) for row in found[1:]] == [trimmed(row) for row in polluted.rows]
    assert not polluted.header or trimmed(found[0]) == trimmed(polluted.header)


@pytest.mark.parametrize(
    "name", [name for name in FILES if name.startswith(MERGED_TEXT) or name.endswith(SHIFTED_NAMES)]
)
def test_what_cannot_be_told_costs_its_own_line_only(name: str, tmp_path: Path) -> None:
    polluted = FILES[name]
    found = {tuple(trimmed(row)) for row in read(polluted, tmp_path)[1:]}
    assert sum(tuple(trimmed(row)) not in found for row in polluted.rows) <= 1


def test_file_without_content_leaves_an_empty_table_and_other_errors_none(tmp_path: Path) -> None:
    target = tmp_path / "read.csv"
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (empty,) = ingest_files([tmp_path / "empty.csv"], sqlite=None, csv=target)
    assert str(empty["error"]).startswith("empty")
    assert target.read_bytes() == b""
    (binary,) = ingest_files([tmp_path / "binary.csv"], sqlite=None, csv=target)
    assert str(binary["error"]).startswith("binary")
    assert not target.exists()
