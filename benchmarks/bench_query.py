"""Six analytical questions on a large table: the connector over the columnar copy, DuckDB itself, and SQLite.

Usage: python -m benchmarks.bench_query [ROWS]. Prints JSON lines; times are medians of the repeats, in milliseconds.
SQLite is asked once and stopped after SQLITE_S, so that its time may be a lower bound.
DuckDB itself reads the same file in this process with as many threads as a child of the connector.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb

from app.connectors.base import CheckedStatement, Limits
from app.connectors.catalog import Catalog
from app.connectors.duckdb import DuckdbConnector
from app.connectors.duckdb_pool import THREADS, DuckdbPool
from app.ingestion.options import IngestLimits
from app.ingestion.pipeline import ingest
from benchmarks.bench_ingest import write_sales
from benchmarks.figures import report

REPEATS = 7
SQLITE_S = 20.0
TARGET = "<= 1.3"
QUESTIONS = {
    "sum by category": "SELECT categoria, sum(total) FROM vendas GROUP BY categoria",
    "top 10": "SELECT cliente, sum(total) AS t FROM vendas GROUP BY cliente ORDER BY t DESC LIMIT 10",
    "filtered count": "SELECT count(*) FROM vendas WHERE cidade = 'Belém' AND quantidade > 10",
    "distinct": "SELECT count(DISTINCT cliente) FROM vendas",
    "month trend": "SELECT {month} AS mes, sum(total) FROM vendas GROUP BY 1 ORDER BY 1",
    "join": "SELECT a.cidade, count(*) FROM vendas a"
    " JOIN (SELECT cliente, max(id) AS id FROM vendas GROUP BY cliente) b ON a.id = b.id GROUP BY a.cidade",
}
MONTHS = {"duckdb": "strftime(data, '%Y-%m')", "sqlite": "strftime('%Y-%m', data)"}


async def main() -> None:
    """Makes the table, asks every question on all three sides and prints times and ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="agentgraph-bench-") as folder:
        path, out = Path(folder) / "vendas.csv", Path(folder) / "out"
        write_sales(path, rows)
        made = ingest(path, out, name=path.name, limits=IngestLimits(columnar_rows=1))
        report("rows", rows, "rows")
        await _compare(out, made.catalog)


async def _compare(out: Path, catalog: Catalog) -> None:
    pool = DuckdbPool(children=1)
    await pool.start()
    served = DuckdbConnector(out / "data.duckdb", Catalog("duckdb", catalog.tables), pool)
    config: dict[str, str | bool | int | float | list[str]] = {"threads": THREADS}
    try:
        with (
            closing(duckdb.connect(out / "data.duckdb", read_only=True, config=config)) as bare,
            closing(sqlite3.connect(out / "data.sqlite")) as stored,
        ):
            deadline = Deadline()
            stored.set_progress_handler(deadline.is_over, 100_000)
            for name, question in QUESTIONS.items():
                sql = {dialect: question.format(month=month) for dialect, month in MONTHS.items()}
                statement = CheckedStatement(sql["duckdb"], "duckdb", ())
                ours = await _median(partial(served.query, statement, Limits()))
                duck = await _median(partial(_direct, bare, sql["duckdb"]))
                lite = await _median(partial(_until, deadline, stored, sql["sqlite"]), 1)
                _print(name, ours, duck, lite)
    finally:
        await pool.close()


class Deadline:
    """Ends a statement of SQLite that takes longer than SQLITE_S."""

    def __init__(self) -> None:
        self.at = 0.0

    def is_over(self) -> bool:
        """Called by SQLite between its steps; True stops it."""
        return time.perf_counter() > self.at


async def _until(deadline: Deadline, con: sqlite3.Connection, sql: str) -> object:
    deadline.at = time.perf_counter() + SQLITE_S
    try:
        return con.execute(sql).fetchall()
    except sqlite3.OperationalError:
        return None


async def _direct(con: duckdb.DuckDBPyConnection, sql: str) -> object:
    return con.execute(sql).fetchall()


def _print(name: str, ours: float, duck: float, lite: float) -> None:
    report(f"{name}: agentgraph", ours * 1000, "ms")
    report(f"{name}: DuckDB", duck * 1000, "ms")
    report(f"{name}: SQLite", lite * 1000, "ms")
    report(f"{name}: agentgraph / DuckDB", ours / duck, "ratio", target=TARGET)
    report(f"{name}: SQLite / agentgraph", lite / ours, "ratio")


async def _median(ask: Callable[[], Awaitable[object]], repeats: int = REPEATS) -> float:
    """Seconds of one answer, after one that warms up when there are several."""
    seconds = []
    for _ in range(repeats + (repeats > 1)):
        started = time.perf_counter()
        await ask()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[-repeats:])


if __name__ == "__main__":
    asyncio.run(main())
