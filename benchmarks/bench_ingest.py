"""How fast a large file becomes ready, and in how much memory, against `sqlite3 .import` of it in the same run.

Usage: python -m benchmarks.bench_ingest [ROWS]. Prints JSON lines `{"figure", "value", "unit", "target"}`. Each side
runs in a process of its own; wall and processor seconds are those of the work, without starting the process.
"""

import csv
import json
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

COLUMNS = ("id", "data", "cliente", "cidade", "categoria", "quantidade", "preço", "desconto", "total", "observação")
TYPES = ("INTEGER", "TEXT", "TEXT", "TEXT", "TEXT", "INTEGER", "REAL", "REAL", "REAL", "TEXT")
CITIES = ("São Paulo", "Rio de Janeiro", "Goiânia", "Maceió", "Florianópolis", "Belém", "Brasília", "Niterói")
KINDS = ("Eletrônicos", "Vestuário", "Alimentação", "Móveis", "Livros")


def main() -> None:
    """Runs all sides, or the one named on the command line (`--ours`, `--columnar` or `--plain`, and the file)."""
    if len(sys.argv) > 2:
        side, given = sys.argv[1], Path(sys.argv[2])
        print(json.dumps(_plain(given) if side == "--plain" else _ours(given, is_columnar=side == "--columnar")))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="agentgraph-bench-") as folder:
        path = Path(folder) / "vendas.csv"
        write_sales(path, rows)
        base, ours, both = (_measure(side, path) for side in ("--plain", "--ours", "--columnar"))
        for line in _lines(rows, path.stat().st_size, base, {1.5: ours, 2.0: both}):
            print(json.dumps(line, ensure_ascii=False))


def _lines(
    rows: int, size: int, base: dict[str, float | str], sides: dict[float, dict[str, float | str]]
) -> Iterator[dict[str, object]]:
    """Figures of the import and of our sides, which stand under the greatest ratio that each aims at."""
    yield {"figure": "file", "value": round(size / 1e6, 1), "unit": "MB", "target": None}
    yield {"figure": "rows", "value": rows, "unit": "rows", "target": None}
    yield from _figures(base, None)
    for aim, side in sides.items():
        yield from _figures(side, 400)
        for key in ("wall", "cpu"):
            ratio = round(float(side[key]) / float(base[key]), 2)
            yield {"figure": f"{side['name']} ratio {key}", "value": ratio, "unit": "×", "target": aim}


def _figures(side: dict[str, float | str], peak: int | None) -> Iterator[dict[str, object]]:
    for key, unit in (("wall", "s"), ("cpu", "s"), ("peak_rss", "MB")):
        target = peak if key == "peak_rss" else None
        yield {"figure": f"{side['name']} {key}", "value": side[key], "unit": unit, "target": target}


def _measure(side: str, path: Path) -> dict[str, float | str]:
    command = [sys.executable, "-m", "benchmarks.bench_ingest", side, str(path)]
    found: dict[str, float | str] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def _ours(path: Path, *, is_columnar: bool) -> dict[str, float | str]:
    """Types, profile and value index included, and the columnar copy when asked for."""
    from app.ingestion.options import IngestLimits
    from app.ingestion.pipeline import ingest

    wall, cpu = time.perf_counter(), _cpu(resource.RUSAGE_SELF)
    limits, name = IngestLimits(columnar_rows=1 if is_columnar else None), "agentgraph"
    with tempfile.TemporaryDirectory(dir=path.parent) as out:
        ingest(path, Path(out), name=path.name, limits=limits)
    return _result(f"{name} with columnar copy" if is_columnar else name, wall, cpu, resource.RUSAGE_SELF)


def _plain(path: Path) -> dict[str, float | str]:
    """The command line's import into a table made before, or Python's csv where there is no command line."""
    target = path.parent / "plain.sqlite"
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(COLUMNS, TYPES, strict=True))
    with closing(sqlite3.connect(target)) as db:
        db.execute(f"CREATE TABLE vendas ({columns})")
    wall = time.perf_counter()
    program = shutil.which("sqlite3")
    if program:
        cpu = _cpu(resource.RUSAGE_CHILDREN)
        pragmas = ["PRAGMA journal_mode=OFF;", "PRAGMA synchronous=OFF;"]
        commands = [*pragmas, ".mode csv", ".separator ;", f'.import --skip 1 "{path}" vendas']
        subprocess.run([program, str(target)], input="\n".join(commands), text=True, capture_output=True, check=True)
        return _result("sqlite3 .import", wall, cpu, resource.RUSAGE_CHILDREN)
    cpu = _cpu(resource.RUSAGE_SELF)
    with closing(sqlite3.connect(target)) as db, path.open(encoding="utf-8", newline="") as file, db:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        db.executemany(f"INSERT INTO vendas VALUES ({', '.join('?' * len(COLUMNS))})", rows)
    return _result("python csv + executemany", wall, cpu, resource.RUSAGE_SELF)


def _cpu(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _result(name: str, wall: float, cpu: float, who: int) -> dict[str, float | str]:
    return {
        "name": name,
        "wall": round(time.perf_counter() - wall, 2),
        "cpu": round(_cpu(who) - cpu, 2),
        "peak_rss": round(resource.getrusage(who).ru_maxrss / 1024),
    }


def write_sales(path: Path, rows: int) -> None:
    """The same file at every run: pt-BR numbers and dates, UTF-8, ten columns, near 98 bytes a row."""
    source = random.Random(2024)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(";".join(COLUMNS) + "\n")
        for number in range(1, rows + 1):
            file.write(";".join(_row(source, number)) + "\n")


def _row(source: random.Random, number: int) -> tuple[str, ...]:
    count, cents, discount = source.randint(1, 20), source.randint(100, 99999), source.randint(0, 30)
    day = f"{source.randint(1, 28):02d}/{source.randint(1, 12):02d}/{source.randint(2018, 2024)}"
    who, note = f"Cliente {source.randint(1, 50000)}", f"pedido {source.randint(1, 1000)} entregue"
    total = count * cents * (100 - discount) / 10000
    where, kind = source.choice(CITIES), source.choice(KINDS)
    amounts = (_brazilian(cents / 100), f"0,{discount:02d}", _brazilian(total))
    return (str(number), day, who, where, kind, str(count), *amounts, note)


def _brazilian(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


if __name__ == "__main__":
    main()
