"""Measures what an SQLite file holds: tables, keys, and for each column its type towards people and its statistics."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.connectors.catalog import (
    Catalog,
    ColumnProfile,
    DataType,
    ForeignKey,
    Scalar,
    TableProfile,
    ValueCount,
)

MAX_COMMON = 20
"""Most frequent values kept for a column."""
MAX_COMMON_LENGTH = 200
"""Longer texts, in characters, are not kept as examples or bounds."""
MISFIT_SHARE = 0.05
"""Share of texts in a column declared as numbers above which the column is taken as text."""

_DECLARED = (
    ("BOOL", DataType.BOOLEAN),
    ("DATETIME", DataType.TIMESTAMP),
    ("TIMESTAMP", DataType.TIMESTAMP),
    ("DATE", DataType.DATE),
    ("TIME", DataType.TIME),
    ("INT", DataType.INTEGER),
    ("CHAR", DataType.TEXT),
    ("CLOB", DataType.TEXT),
    ("TEXT", DataType.TEXT),
    ("STRING", DataType.TEXT),
    ("REAL", DataType.REAL),
    ("FLOA", DataType.REAL),
    ("DOUB", DataType.REAL),
    ("NUM", DataType.REAL),
    ("DEC", DataType.REAL),
    ("MONEY", DataType.REAL),
)
"""First part of a declared type that is found decides; extends SQLite's affinity rules (datatype3.html, 3.1)."""
_TEMPORAL = (DataType.DATE, DataType.TIMESTAMP, DataType.TIME)
_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


@dataclass(frozen=True, slots=True)
class _Counts:
    """Values of one column by the way they are stored; blanks are empty texts."""

    filled: int
    blank: int
    integers: int
    reals: int
    texts: int
    bits: int
    dates: int
    stamps: int
    times: int
    longest: int | None


def profile_sqlite(path: Path) -> Catalog:
    """Tables and views of the SQLite file at `path` with declared keys and measured columns; reads it whole.

    Views that the file cannot run are left out. Texts that are not UTF-8 are read with replacement marks.
    """
    with _opened(path) as db:
        names = db.execute(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"
            " AND substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid"
        ).fetchall()
        tables = [table for name, kind in names if (table := _table(db, name, is_view=kind == "view")) is not None]
    return Catalog(dialect="sqlite", tables=tuple(tables))


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        yield db
    finally:
        db.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(db: sqlite3.Connection, name: str, *, is_view: bool) -> TableProfile | None:
    try:
        declared = db.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()
        rows = db.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608
    except sqlite3.OperationalError:
        if is_view:
            return None
        raise
    visible = [row for row in declared if row[6] != 1]
    columns = tuple(_column(db, name, row[1], row[2] or "") for row in visible)
    key = tuple(row[1] for row in sorted(visible, key=lambda r: r[5]) if row[5])
    return TableProfile(
        name=name, label=name, rows=rows, columns=columns, primary_key=key, foreign_keys=_foreign_keys(db, name)
    )


def _foreign_keys(db: sqlite3.Connection, table: str) -> tuple[ForeignKey, ...]:
    """Declared references of one column; `to` is empty in SQLite when the target's primary key is meant."""
    found = []
    for _, _, target, column, to, *_ in db.execute(f"PRAGMA foreign_key_list({_quoted(table)})").fetchall():
        info = db.execute(f"PRAGMA table_info({_quoted(target)})").fetchall()
        key = next((row[1] for row in info if row[5] == 1), None)
        reference = next((row[1] for row in info if to and row[1].casefold() == to.casefold()), to or key)
        if reference:
            found.append(ForeignKey(column=column, references_table=target, references_column=reference))
    return tuple(found)


def _column(db: sqlite3.Connection, table: str, name: str, declared: str) -> ColumnProfile:
    counts, nulls = _count(db, table, name)
    kind = _type(declared, counts)
    distinct, common = _common(db, table, name)
    minimum, maximum, mean = _bounds(db, table, name, kind)
    return ColumnProfile(
        name=name,
        type=kind,
        label=name,
        nulls=nulls,
        distinct=distinct,
        minimum=minimum,
        maximum=maximum,
        mean=mean,
        common=common,
        max_length=counts.longest,
    )


def _count(db: sqlite3.Connection, table: str, name: str) -> tuple[_Counts, int]:
    c = _quoted(name)
    row = db.execute(
        f"SELECT count({c}), total({c} = ''), total(typeof({c}) = 'integer'), total(typeof({c}) = 'real'),"  # noqa: S608
        f" total(typeof({c}) = 'text' AND {c} <> ''), total({c} IN (0, 1)),"
        f" total(length({c}) = 10 AND {c} GLOB '{_DATE}' AND date({c}) IS NOT NULL),"
        f" total(length({c}) > 10 AND {c} GLOB '{_DATE}[ T][0-9]*' AND julianday({c}) IS NOT NULL),"
        f" total({c} GLOB '[0-9]*:[0-9][0-9]*' AND length({c}) BETWEEN 5 AND 12 AND time({c}) IS NOT NULL),"
        f" max(CASE WHEN typeof({c}) = 'text' THEN length({c}) END), count(*) - count({c}) FROM {_quoted(table)}"
    ).fetchone()
    filled, blank, integers, reals, texts, bits, dates, stamps, times = (int(value) for value in row[:9])
    counts = _Counts(filled, blank, integers, reals, texts, bits, dates, stamps, times, longest=row[9])
    return counts, int(row[10])


def _type(declared: str, counts: _Counts) -> DataType:
    """The declared type unless the values contradict it; texts that all are ISO dates are dates."""
    upper = declared.upper()
    wanted = next((kind for part, kind in _DECLARED if part in upper), None)
    known = counts.filled - counts.blank
    if known == 0:
        return wanted or DataType.TEXT
    if counts.dates + counts.stamps + counts.times and counts.texts == known:
        temporal = _temporal(counts, known)
        if temporal is not None:
            return temporal
    if counts.texts > MISFIT_SHARE * known:
        return DataType.TEXT
    return _numeric(wanted, counts, exact="NUM" in upper or "DEC" in upper)


def _temporal(counts: _Counts, known: int) -> DataType | None:
    if counts.dates == known:
        return DataType.DATE
    if counts.dates + counts.stamps == known:
        return DataType.TIMESTAMP
    return DataType.TIME if counts.times == known else None


def _numeric(wanted: DataType | None, counts: _Counts, *, exact: bool) -> DataType:
    """Type of a column whose values are numbers; NUMERIC and DECIMAL columns of whole numbers are integers."""
    if wanted is DataType.BOOLEAN and counts.bits == counts.integers and not counts.reals:
        return DataType.BOOLEAN
    if counts.reals or (wanted is DataType.REAL and not exact):
        return DataType.REAL
    return DataType.INTEGER if counts.integers else DataType.TEXT


def _common(db: sqlite3.Connection, table: str, name: str) -> tuple[int, tuple[ValueCount, ...]]:
    c = _quoted(name)
    rows = db.execute(
        f"SELECT v, n, groups FROM (SELECT v, n, count(*) OVER () AS groups FROM (SELECT {c} AS v, count(*) AS n"  # noqa: S608
        f" FROM {_quoted(table)} WHERE {c} IS NOT NULL GROUP BY {c})) ORDER BY n DESC, v LIMIT {MAX_COMMON}"
    ).fetchall()
    kept = (ValueCount(value, count) for value, count, _ in rows if _is_short(value))
    return (rows[0][2] if rows else 0), tuple(kept)


def _bounds(db: sqlite3.Connection, table: str, name: str, kind: DataType) -> tuple[Scalar, Scalar, float | None]:
    c = _quoted(name)
    stored = "'text'" if kind is DataType.TEXT or kind in _TEMPORAL else "'integer', 'real'"
    low, high, mean = db.execute(
        f"SELECT min({c}), max({c}), avg({c}) FROM {_quoted(table)} WHERE typeof({c}) IN ({stored}) AND {c} <> ''"  # noqa: S608
    ).fetchone()
    is_number = kind in (DataType.INTEGER, DataType.REAL, DataType.BOOLEAN)
    return (low if _is_short(low) else None), (high if _is_short(high) else None), (mean if is_number else None)


def _is_short(value: object) -> bool:
    return not isinstance(value, bytes) and (not isinstance(value, str) or len(value) <= MAX_COMMON_LENGTH)
