"""The command line's gate: one verdict a line, and a bad line spoils only itself."""

import json
from pathlib import Path

from app.services.batch.gate import gate_lines
from tests.data import data_path


def one(item: object, root: Path = Path()) -> dict[str, object]:
    """What the gate says of one line."""
    (out,) = gate_lines([json.dumps(item)], root)
    return out


def test_an_accepted_line_has_the_text_that_would_run() -> None:
    out = one({"id": 7, "sql": "select 1 -- x", "dialect": "sqlite"})
    assert out == {"id": 7, "verdict": "accept", "code": None, "sql": "SELECT 1"}


def test_a_refused_line_has_its_rule() -> None:
    out = one({"id": "a", "sql": "SELECT pg_sleep(1)", "dialect": "postgresql"})
    assert out == {"id": "a", "verdict": "refuse", "code": "forbidden_function", "sql": None}


def test_tables_come_from_the_file() -> None:
    root = data_path("sqlguard").parent
    item = {"id": 1, "dialect": "sqlite", "db": "sqlguard/scratch.sqlite"}
    assert one({**item, "sql": "SELECT * FROM sales"}, root)["verdict"] == "accept"
    assert one({**item, "sql": "SELECT * FROM vendas"}, root)["code"] == "forbidden_table"


def test_a_text_of_no_dialect_must_be_harmless_in_all() -> None:
    assert one({"id": 1, "sql": "SELECT 1 AS x", "dialect": "any"})["verdict"] == "accept"
    assert one({"id": 1, "sql": "SELECT 1 DELETE FROM x", "dialect": "any"})["verdict"] == "refuse"


def test_bad_lines_are_answered_and_do_not_end_the_run(tmp_path: Path) -> None:
    lines = [
        "{",
        "[]",
        '{"id": 3}',
        '{"id": 4, "sql": "SELECT 1", "db": "none.sqlite"}',
        "",
        '{"id": 5, "sql": "SELECT 1"}',
    ]
    outs = list(gate_lines(lines, tmp_path))
    assert ["error" in out for out in outs] == [True, True, True, True, False]
    assert [out.get("id") for out in outs] == [None, None, 3, 4, 5]
