"""Profiles of SQLite files that ingestion did not write."""

import sqlite3
from pathlib import Path

import pytest

from app.connectors.catalog import Catalog, ColumnProfile, DataType, ForeignKey, ValueCount
from app.ingestion.profile import profile_sqlite

SCRIPT = """
CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT, born DATE, rating REAL, active BOOLEAN, note);
CREATE TABLE books(isbn VARCHAR(20) PRIMARY KEY, author INTEGER REFERENCES authors, year INTEGER, price NUMERIC(10,2),
    copies DECIMAL, seen TEXT, mixed INTEGER);
CREATE VIEW old_books AS SELECT isbn, year FROM books WHERE year < 1950;
CREATE VIEW broken AS SELECT x FROM nowhere;
INSERT INTO authors VALUES
    (1, 'Ana', '1980-01-31', 4.5, 1, NULL),
    (2, 'Bia', '1990-12-01', 3, 0, NULL), (3, 'Ana', NULL, NULL, 1, NULL);
INSERT INTO books VALUES
    ('0001', 1, 1949, 10.5, 3, '2024-01-01 10:00:00', 'n/a'),
    ('0002', 2, 2001, 7, 4, '2024-01-02 11:30:00', 3);
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    path = tmp_path / "library.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(SCRIPT)
    db.close()
    return profile_sqlite(path)


def column(catalog: Catalog, table: str, name: str) -> ColumnProfile:
    found = catalog.table(table)
    assert found is not None
    return next(c for c in found.columns if c.name == name)


def test_tables_and_runnable_views_with_their_keys(catalog: Catalog) -> None:
    assert [t.name for t in catalog.tables] == ["authors", "books", "old_books"]
    books = catalog.table("books")
    assert books is not None
    assert books.primary_key == ("isbn",)
    assert books.foreign_keys == (ForeignKey("author", "authors", "id"),)
    assert books.rows == 2


@pytest.mark.parametrize(
    ("table", "name", "kind"),
    [
        ("authors", "id", DataType.INTEGER),
        ("authors", "name", DataType.TEXT),
        ("authors", "born", DataType.DATE),
        ("authors", "rating", DataType.REAL),
        ("authors", "active", DataType.BOOLEAN),
        ("authors", "note", DataType.TEXT),
        ("books", "isbn", DataType.TEXT),
        ("books", "year", DataType.INTEGER),
        ("books", "price", DataType.REAL),
        ("books", "copies", DataType.INTEGER),
        ("books", "seen", DataType.TIMESTAMP),
        ("books", "mixed", DataType.TEXT),
        ("old_books", "year", DataType.INTEGER),
    ],
)
def test_type_is_the_declared_one_checked_against_the_values(
    catalog: Catalog, table: str, name: str, kind: DataType
) -> None:
    assert column(catalog, table, name).type is kind


def test_statistics_of_a_column(catalog: Catalog) -> None:
    rating, name = column(catalog, "authors", "rating"), column(catalog, "authors", "name")
    assert (rating.nulls, rating.distinct, rating.minimum, rating.maximum, rating.mean) == (1, 2, 3.0, 4.5, 3.75)
    assert name.common == (ValueCount("Ana", 2), ValueCount("Bia", 1))
    assert (name.minimum, name.maximum, name.max_length) == ("Ana", "Bia", 3)
