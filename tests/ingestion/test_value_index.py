"""The value index finds stored values however they are typed."""

import sqlite3
from pathlib import Path

import pytest

from app.connectors.value_index import SqliteValueIndex, fold
from app.ingestion.profile import profile_sqlite
from app.ingestion.value_index import write_value_index

CITIES = ["São Paulo", "Rio de Janeiro", "Belo Horizonte", "São José do Rio Preto", "Niterói", "Goiânia", "C++", "-"]


@pytest.fixture
def index(tmp_path: Path) -> SqliteValueIndex:
    source = tmp_path / "data.sqlite"
    with sqlite3.connect(source) as db:
        db.execute("CREATE TABLE lojas(cidade TEXT, vendas INTEGER)")
        db.executemany("INSERT INTO lojas VALUES (?, 1)", [(city,) for city in CITIES])
    db.close()
    write_value_index(source, profile_sqlite(source), tmp_path / "values.sqlite")
    return SqliteValueIndex(tmp_path / "values.sqlite")


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("sao paulo", "São Paulo"),
        ("SÃO  PAULO", "São Paulo"),
        ("niteroi", "Niterói"),
        ("sao-paulo", "São Paulo"),
        ("belo horizonti", "Belo Horizonte"),
        ("goiania", "Goiânia"),
        ("goiânea", "Goiânia"),
        ("janeiro", "Rio de Janeiro"),
    ],
)
def test_value_is_found_without_accents_case_and_with_a_slip(index: SqliteValueIndex, phrase: str, value: str) -> None:
    best = index.lookup([phrase])[0]
    index.close()
    assert (best.table, best.column, best.value, best.phrase) == ("lojas", "cidade", value, phrase)


def test_equal_value_scores_one_and_ranks_before_longer_ones(index: SqliteValueIndex) -> None:
    matches = index.lookup(["rio", "rio de janeiro"])
    index.close()
    assert matches[0].value == "Rio de Janeiro"
    assert matches[0].score == 1.0
    assert all(match.score < 1.0 for match in matches[1:])


def test_unknown_and_empty_phrases_find_nothing(index: SqliteValueIndex) -> None:
    assert index.lookup(["xylophone", "", "   "]) == []
    index.close()


def test_limit_counts_for_each_phrase(index: SqliteValueIndex) -> None:
    matches = index.lookup(["sao", "rio"], limit=1)
    index.close()
    assert sorted(match.phrase for match in matches) == ["rio", "sao"]


def test_folding_drops_accents_case_and_punctuation() -> None:
    assert fold("Águas  de Lindóia-SP") == "aguas de lindoia sp"
    assert fold("++") == "++"
