"""Writes the index by which a source's stored values are found from the words of a question."""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path

from app.connectors.catalog import Catalog, DataType
from app.connectors.value_index import ENTRY_CODE, INDEXES, MAX_POSTINGS, SCHEMA, fold

MAX_VALUES_PER_COLUMN = 50_000
"""Most frequent values of a column that are indexed; rarer ones of larger columns are not found by resemblance."""
MAX_VALUES = 200_000
"""Values indexed over all columns of a source."""
MAX_VALUE_LENGTH = 120
"""Longer texts, in characters, are prose and not names; they are left out."""


_ENTRY_BITS = 32
_ENTRY_MASK = 2**_ENTRY_BITS - 1

Values = tuple[str, str, Iterable[str]]
"""Table, column and distinct values, most frequent first."""


def write_value_index(database: Path, catalog: Catalog, target: Path) -> None:
    """Writes to `target` the index over the text columns of the SQLite file `database`.

    `target` appears whole or not at all: a `.part` file beside it is renamed at the end.
    """
    source = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    source.text_factory = lambda raw: raw.decode("utf-8", "replace")
    with closing(source):
        columns = ((table, column, _values(source, table, column)) for table, column in text_columns(catalog))
        write_values(target, columns)


def write_values(target: Path, columns: Iterable[Values]) -> None:
    """Writes to `target` the index over the values of `columns`, whole or not at all."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as index:
            index.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + SCHEMA)
            with index:
                _write_entries(index, columns)
            index.executescript(INDEXES)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write_entries(index: sqlite3.Connection, columns: Iterable[Values]) -> None:
    words: defaultdict[str, list[int]] = defaultdict(list)
    entry = 0
    for column_id, (table, column, values) in enumerate(columns):
        index.execute("INSERT INTO columns VALUES (?, ?, ?)", (column_id, table, column))
        rows = []
        for value in islice(values, MAX_VALUES - entry):
            entry += 1
            folded = fold(value)
            rows.append((entry, column_id, value, folded))
            tokens = folded.split()
            for token in tokens:
                words[token].append(len(tokens) << _ENTRY_BITS | entry)
        index.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
    index.executemany("INSERT INTO words VALUES (NULL, ?, ?, ?, ?)", _word_rows(words))


def _word_rows(words: Mapping[str, list[int]]) -> Iterator[tuple[str, str, int, bytes]]:
    for word, found in words.items():
        closest = found if len(found) == 1 else sorted(set(found))[:MAX_POSTINGS]
        packed = array(ENTRY_CODE, [key & _ENTRY_MASK for key in closest]).tobytes()
        yield word, word[::-1], len(found), packed


def text_columns(catalog: Catalog) -> list[tuple[str, str]]:
    """Text columns, those with the fewest distinct values first, so that a cap costs names last."""
    found = [
        (column.distinct or 0, table.name, column.name)
        for table in catalog.tables
        for column in table.columns
        if column.type is DataType.TEXT
    ]
    return [(table, column) for _, table, column in sorted(found)]


def _values(source: sqlite3.Connection, table: str, column: str) -> Iterator[str]:
    name = column.replace('"', '""')
    rows = source.execute(
        f'SELECT "{name}" FROM "{table.replace(chr(34), chr(34) * 2)}" WHERE typeof("{name}") = \'text\''  # noqa: S608
        f' AND length("{name}") BETWEEN 1 AND ? GROUP BY "{name}" ORDER BY count(*) DESC, "{name}" LIMIT ?',
        (MAX_VALUE_LENGTH, MAX_VALUES_PER_COLUMN),
    )
    return (value for (value,) in rows if value.strip())
