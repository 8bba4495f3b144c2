"""Measures the typed table of the bulk path while DuckDB still holds it: column statistics and values to index."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import duckdb

from app.connectors.catalog import ColumnProfile, DataType, Scalar, ValueCount
from app.ingestion.profile import MAX_COMMON, MAX_COMMON_LENGTH
from app.ingestion.value_index import MAX_VALUE_LENGTH, MAX_VALUES_PER_COLUMN

MANY = 250_000
"""Distinct values from which on none of them is worth being called common; they are only counted."""


def count_typed(con: duckdb.DuckDBPyConnection) -> int:
    """Rows of the table `typed`."""
    (found,) = con.execute("SELECT count(*) FROM typed").fetchone() or (0,)
    return int(found)


def profile_typed(con: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, DataType]]) -> list[ColumnProfile]:
    """Statistics of the columns v0, v1, … of the table `typed`, under their SQL names and types."""
    parts = [part for i, (_, kind) in enumerate(columns) for part in _aggregates(f"v{i}", kind)]
    row = con.execute(f"SELECT {', '.join(parts)} FROM typed").fetchone() or ()  # noqa: S608
    profiles = []
    for i, (name, kind) in enumerate(columns):
        nulls, low, high, mean, longest, estimate = row[i * 6 : i * 6 + 6]
        distinct, common = _common(con, i) if estimate <= MANY else (_distinct(con, i), ())
        profiles.append(
            ColumnProfile(
                name=name,
                type=kind,
                label=name,
                nulls=nulls,
                distinct=distinct,
                minimum=_scalar(low),
                maximum=_scalar(high),
                mean=mean,
                common=common,
                max_length=longest,
            )
        )
    return profiles


def _aggregates(column: str, kind: DataType) -> list[str]:
    is_number = kind in (DataType.INTEGER, DataType.REAL)
    mean = f"avg({column})" if is_number else f"avg(CAST({column} AS TINYINT))" if kind is DataType.BOOLEAN else "NULL"
    longest = f"max(length({column}))" if kind is DataType.TEXT else "NULL"
    return [
        f"count(*) - count({column})",
        f"min({column})",
        f"max({column})",
        mean,
        longest,
        f"approx_count_distinct({column})",
    ]


def _distinct(con: duckdb.DuckDBPyConnection, column: int) -> int:
    (found,) = con.execute(f"SELECT count(DISTINCT v{column}) FROM typed").fetchone() or (0,)  # noqa: S608
    return int(found)


def _common(con: duckdb.DuckDBPyConnection, column: int) -> tuple[int, tuple[ValueCount, ...]]:
    """Distinct values and the most frequent ones; all of them stay counted in the table `counted<column>`."""
    con.execute(
        f"CREATE OR REPLACE TABLE counted{column} AS SELECT v{column} AS v, count(*) AS n FROM typed"  # noqa: S608
        f" WHERE v{column} IS NOT NULL GROUP BY 1"
    )
    table = f"counted{column}"
    rows = con.execute(
        f"SELECT v, n, (SELECT count(*) FROM {table}) FROM {table} ORDER BY n DESC, v LIMIT {MAX_COMMON}"  # noqa: S608
    ).fetchall()
    counted = ((_scalar(value), n) for value, n, _ in rows)
    return (rows[0][2] if rows else 0), tuple(ValueCount(value, n) for value, n in counted if value is not None)


def _scalar(value: object) -> Scalar:
    """`value` as it is stored in SQLite; None for texts too long to keep."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ")
        return text.rstrip("0") if "." in text else text
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= MAX_COMMON_LENGTH else None
    return value if isinstance(value, (int, float)) else None


def indexed_values(con: duckdb.DuckDBPyConnection, column: int) -> Iterator[str]:
    """Distinct texts of a profiled column that are short enough to be names, most frequent first."""
    found = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [f"counted{column}"]).fetchone()
    source = f"counted{column}" if found else f"(SELECT v{column} AS v, count(*) AS n FROM typed GROUP BY 1)"  # noqa: S608
    rows = con.execute(
        f"SELECT v FROM {source} WHERE length(v) BETWEEN 1 AND {MAX_VALUE_LENGTH}"  # noqa: S608
        f" ORDER BY n DESC, v LIMIT {MAX_VALUES_PER_COLUMN}"
    ).fetchall()
    return (value for (value,) in rows)
