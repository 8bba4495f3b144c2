"""The command line's context: what a model would be told, and a bad line spoils only itself."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from app.services.batch.context import context_lines


def _database(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "shop.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, city TEXT, amount REAL)")
        rows = [(1, "Recife", 10.5), (2, "Natal", 7.0), (3, "Recife", 1.0)]
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
        measures = ", ".join(f"measure_{number} REAL" for number in range(200))
        connection.execute(f"CREATE TABLE wide ({measures})")
    return "shop.sqlite"


def test_tables_columns_and_stored_values_are_named(tmp_path: Path) -> None:
    item = {"id": "a", "question": "total amount in recife", "db": _database(tmp_path)}
    (out,) = context_lines([json.dumps(item)], tmp_path)
    assert out["id"] == "a"
    assert {"sales.id", "sales.city", "sales.amount"} <= set(out["columns"])  # type: ignore[call-overload]
    assert "Recife" in out["values"]  # type: ignore[operator]


def test_a_budget_keeps_what_the_question_speaks_of(tmp_path: Path) -> None:
    item = {"id": 1, "question": "total amount in recife", "db": _database(tmp_path)}
    (out,) = context_lines([json.dumps(item)], tmp_path, budget_tokens=300)
    columns, tokens = out["columns"], out["tokens"]
    assert isinstance(tokens, int)
    assert tokens <= 300
    assert isinstance(columns, tuple)
    assert {"sales.id", "sales.city", "sales.amount"} <= set(columns)
    assert len(columns) < 203


def test_bad_lines_are_answered_and_do_not_end_the_run(tmp_path: Path) -> None:
    good = {"id": 4, "question": "how many sales", "db": _database(tmp_path)}
    lines = ["{", '{"id": 2}', '{"id": 3, "question": "x", "db": "none.sqlite"}', "", json.dumps(good)]
    outs = list(context_lines(lines, tmp_path))
    assert ["error" in out for out in outs] == [True, True, True, False]
    assert [out.get("id") for out in outs] == [None, 2, 3, 4]
