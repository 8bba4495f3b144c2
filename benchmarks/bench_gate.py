"""Times the SQL gate for typical statements, and a whole query on a small file: `python -m benchmarks.bench_gate`.

Prints one JSON object a line: `{figure, value, unit, target}`.
"""

import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from app.connectors.base import Limits
from app.connectors.catalog import Catalog, TableProfile
from app.connectors.sql_gate import check
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool

TABLES = ("vendas", "clientes")
TYPICAL = (
    "SELECT c.nome, SUM(v.quantidade * v.preco) AS total FROM vendas v JOIN clientes c ON c.id = v.cliente_id"
    " WHERE v.regiao = 'Sul' AND v.dia >= '2024-01-01' GROUP BY c.nome ORDER BY total DESC LIMIT {n}"
)
ROUNDS = 500


def main() -> None:
    """Prints the figures."""
    seen_first = _times([TYPICAL.format(n=n) for n in range(1, ROUNDS + 1)])
    seen_before = _times([TYPICAL.format(n=10)] * (ROUNDS + 1))[1:]
    _print("gate, typical statement, first seen, p50", statistics.median(seen_first), 1.5)
    _print("gate, typical statement, first seen, p95", _p95(seen_first), None)
    _print("gate, typical statement, seen before, p50", statistics.median(seen_before), 0.1)
    _print("gate, typical statement, seen before, p95", _p95(seen_before), None)
    query = asyncio.run(_query_times())
    _print("query through a child, 10 rows, p50", statistics.median(query), 1.5)
    _print("query through a child, 10 rows, p95", _p95(query), None)


def _times(statements: list[str]) -> list[float]:
    check("SELECT 1", dialect="sqlite", tables=TABLES)
    times = []
    for sql in statements:
        started = time.perf_counter()
        check(sql, dialect="sqlite", tables=TABLES)
        times.append((time.perf_counter() - started) * 1000)
    return times


async def _query_times() -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        pool = SqlitePool(children=1)
        connector = SqliteConnector(_make_file(Path(folder)), _catalog(), pool)
        statement = check(TYPICAL.format(n=10), dialect="sqlite", tables=TABLES)
        await connector.query(statement, Limits())
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            await connector.query(statement, Limits())
            times.append((time.perf_counter() - started) * 1000)
        await pool.close()
        return times


def _catalog() -> Catalog:
    return Catalog("sqlite", tuple(TableProfile(name, name, None, ()) for name in TABLES))


def _make_file(folder: Path) -> Path:
    path = folder / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("""
        CREATE TABLE clientes(id INTEGER PRIMARY KEY, nome TEXT);
        CREATE TABLE vendas(id INTEGER PRIMARY KEY, cliente_id INTEGER, regiao TEXT, quantidade INTEGER,
                            preco REAL, dia DATE);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
          INSERT INTO clientes SELECT i, 'Cliente ' || i FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
          INSERT INTO vendas SELECT i, 1 + i % 20, 'Sul', i, 1.5, '2024-05-05' FROM n;
    """)
    connection.close()
    return path


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _print(figure: str, value_ms: float, target_ms: float | None) -> None:
    print(json.dumps({"figure": figure, "value": round(value_ms, 4), "unit": "ms", "target": target_ms}))


if __name__ == "__main__":
    main()
