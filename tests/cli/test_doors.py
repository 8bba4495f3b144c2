"""The commands for terminals and batch work, through their real entry: outputs, exit codes, one bad item among good."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import main

SALES = "city,amount\nRecife,10.5\nNatal,7.0\nRecife,1.0\nOlinda,2.5\n"


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """A CSV file with four sales in three cities."""
    path = tmp_path / "sales.csv"
    path.write_text(SALES, encoding="utf-8")
    return path


def _run(*arguments: str, lines: object = ()) -> Result:
    assert isinstance(lines, (list, tuple))
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    return CliRunner().invoke(main, list(arguments), input=text)


def _objects(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_gate_judges_each_line_and_goes_on_after_a_bad_one() -> None:
    lines = [{"id": 1, "sql": "DROP TABLE x", "dialect": "sqlite"}, "{\n", {"id": 2, "sql": "SELECT 1"}]
    outs = _objects(_run("gate", lines=lines))
    assert [out.get("verdict") for out in outs] == ["refuse", None, "accept"]
    assert "error" in outs[1]


def test_plan_answers_each_line_and_goes_on_after_a_bad_one(sales: Path) -> None:
    lines = [
        {"id": 1, "question": "total amount", "csv": "none.csv"},
        {"id": 2, "question": "what is the total amount?", "csv": sales.name},
        {"id": 3, "csv": sales.name},
    ]
    outs = _objects(_run("plan", "--root", str(sales.parent), lines=lines))
    assert [out["id"] for out in outs] == [1, 2, 3]
    assert outs[1]["rows"] == [[21.0]]
    assert ["error" in out for out in outs] == [True, False, True]


def test_plan_says_why_it_declines(sales: Path) -> None:
    lines = [{"id": 1, "question": "what will the weather be on Mars?", "csv": str(sales)}]
    (out,) = _objects(_run("plan", lines=lines))
    assert out["abstain"] is True
    assert out["reason"]


def test_context_tells_names_and_values_within_the_budget(sales: Path) -> None:
    lines = [{"id": 1, "question": "total in recife", "csv": str(sales)}, "[]\n"]
    outs = _objects(_run("context", "--budget", "500", lines=lines))
    assert outs[0]["columns"] == ["sales.city", "sales.amount"]
    assert "Recife" in str(outs[0]["values"])
    assert "error" in outs[1]


def test_context_refuses_a_budget_that_holds_nothing() -> None:
    assert _run("context", "--budget", "1").exit_code == 2


def test_ingest_reports_each_file_and_goes_on_after_a_bad_one(sales: Path) -> None:
    outs = _objects(_run("ingest", str(sales.parent / "none.csv"), str(sales)))
    assert outs[0]["error"]
    assert (outs[1]["rows"], outs[1]["header"]) == (4, ["city", "amount"])
    assert outs[1]["types"] == ["text", "real"]


def test_ingest_writes_the_report_and_the_table_as_read(sales: Path) -> None:
    report, table = sales.with_suffix(".jsonl"), sales.with_name("read.csv")
    result = _run("ingest", str(sales), "--csv", str(table), "--report", str(report))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(report.read_text(encoding="utf-8"))["rows"] == 4
    assert "Olinda" in table.read_text(encoding="utf-8")


def test_ask_prints_the_answer_and_its_sql(sales: Path) -> None:
    result = _run("ask", str(sales), "what is the total amount?", "--chart", str(sales.with_suffix(".png")))
    assert result.exit_code == 0, result.output
    assert "21" in result.stdout
    assert "SELECT" in result.stdout


def test_ask_that_is_not_answered_ends_with_one(sales: Path) -> None:
    assert _run("ask", str(sales), "what will the weather be on Mars?").exit_code == 1


def test_ask_without_its_file_is_wrong_usage(tmp_path: Path) -> None:
    assert _run("ask", str(tmp_path / "none.csv"), "total").exit_code == 2


def test_every_command_is_registered_once() -> None:
    names = [command.name or getattr(command.callback, "__name__", "") for command in main.registered_commands]
    assert len(names) == len(set(names))
