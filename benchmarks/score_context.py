"""Scores the description of a source that a model would be given, over a folder of questions with known SQL.

`python -m benchmarks.score_context DATA [BUDGET]` runs the `context` door over each `DATA/nlsql/*.jsonl` that has gold
SQL and judges with `DATA/scripts/score_context.py`. It prints JSON lines `{"figure", "value", "unit", "target", "of"}`
and, on standard error, the questions whose source could not be read.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from app.services.batch.context import context_lines
from benchmarks.figures import report
from benchmarks.score_wide import TABLES, answers_of, items_in

BUDGET_TOKENS = 1000
_TARGETS = {"context_tables": ">= 0.95", "context_columns": ">= 0.92", "context_values": ">= 0.90"}


def main(data: Path, budget_tokens: int) -> None:
    """Scores every set of the folder `data` whose items have gold SQL over a database."""
    for path in sorted((data / "nlsql").glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if any("db" in item and (item.get("gold_sql") or item.get("gold_sqls")) for item in map(json.loads, lines)):
            answers = list(context_lines(lines, path.parent, budget_tokens=budget_tokens))
            _report(path, answers, data / "scripts" / "score_context.py", budget_tokens)
    _report_wide(data, budget_tokens)


def _report_wide(data: Path, budget_tokens: int) -> None:
    """The same for one schema over the databases and tables of all sets."""
    sets = {path: items_in(path) for path in sorted((data / "nlsql").glob("*.jsonl"))}
    every = [item for items in sets.values() for item in items if "db" in item or "csv" in item]
    for path in sorted((data / "nlsql").glob("spider_dev_*.jsonl")):
        answers = list(answers_of(sets[path], every, path.parent, budget_tokens=budget_tokens))
        _report(path, answers, data / "scripts" / "score_context.py", budget_tokens, among=f" among {TABLES} tables")


def _report(path: Path, answers: list[dict[str, object]], scorer: Path, budget_tokens: int, *, among: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder:
        predicted = Path(folder) / "predicted.jsonl"
        predicted.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
        command = [sys.executable, str(scorer), str(path), str(predicted)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in printed.splitlines():
        figure = json.loads(line)
        name = str(figure["figure"])
        target = _TARGETS.get(name, f"<= {budget_tokens}")
        report(
            f"{path.stem}{among} {name}",
            figure["value"],
            figure["unit"],
            target=target,
            of=figure.get("of", len(answers)),
        )
    for answer in answers:
        if "error" in answer:
            sys.stderr.write(f"{path.stem} {answer.get('id')}: {answer['error']}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else BUDGET_TOKENS)
