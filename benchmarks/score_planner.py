"""Scores the built-in planner over a folder of questions with known answers, and says what each question cost.

`python -m benchmarks.score_planner DATA` runs the `plan` door over `DATA/nlsql/*.jsonl` and `DATA/e2e/questions.jsonl`
and judges with `DATA/scripts/score_nlsql.py`. It prints JSON lines `{"figure", "value", "unit", "of"}` and, on standard
error, the questions answered wrong.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.services.batch.plan import plan_lines
from benchmarks.figures import percentile, report

_LENIENT = frozenset({"questions"})
"""Sets whose answers may carry further columns: people get the figure beside the name that they asked for."""


@dataclass(slots=True)
class Run:
    """What the door gave for one set."""

    name: str
    items: list[dict[str, object]]
    answers: list[dict[str, object]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)


def main(data: Path) -> None:
    """Scores every set of the folder `data`."""
    sets = [*sorted((data / "nlsql").glob("*.jsonl")), data / "e2e" / "questions.jsonl"]
    times: list[float] = []
    for path in filter(Path.is_file, sets):
        run = _run(path)
        times += run.times_s
        _report(run, verdicts_of(run, path, data / "scripts" / "score_nlsql.py"))
    if times:
        report("planner p50 with SQL", percentile(times, 50) * 1000, "ms", target="<= 15", of=len(times))


def _run(path: Path) -> Run:
    lines = path.read_text(encoding="utf-8").splitlines()
    run = Run(path.stem, [json.loads(line) for line in lines])
    seen: set[str] = set()
    answers = plan_lines(lines, path.parent)
    for item in run.items:
        source = str(item.get("db") or item.get("csv") or item.get("files"))
        started = time.perf_counter()
        run.answers.append(next(answers))
        if source in seen:
            run.times_s.append(time.perf_counter() - started)
        seen.add(source)
    answers_left = list(answers)
    if answers_left:
        raise SystemExit(f"{path.name}: more answers than questions")
    return run


def verdicts_of(run: Run, path: Path, scorer: Path) -> dict[object, dict[str, object]]:
    """What the scorer says of each answer of `run`, by the id of its item."""
    with tempfile.TemporaryDirectory() as folder:
        predicted, judged = Path(folder) / "predicted.jsonl", Path(folder) / "judged.jsonl"
        predicted.write_text("".join(json.dumps(a, default=str) + "\n" for a in run.answers), encoding="utf-8")
        command = [sys.executable, str(scorer), str(path), str(predicted), "--out", str(judged)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return {v["id"]: v for v in map(json.loads, judged.read_text(encoding="utf-8").splitlines())}


def _report(run: Run, verdicts: dict[object, dict[str, object]]) -> None:
    key = "lenient" if run.name in _LENIENT else "strict"
    for title, pairs in _parts(run):
        answered = [(i, a) for i, a in pairs if not a.get("abstain") and not a.get("error")]
        right = [i for i, _ in answered if verdicts[i["id"]][key] and not _is_unanswerable(i)]
        asked = [i for i, _ in pairs if not _is_unanswerable(i)]
        out_of_reach = [(i, a) for i, a in pairs if _is_unanswerable(i)]
        if asked:
            report(f"{title} precision", len(right) / max(1, len(answered)), "share", of=len(answered))
            report(f"{title} coverage", len(answered) / len(asked), "share", of=len(asked))
            report(f"{title} over all", len(right) / len(asked), "share", of=len(asked))
        if out_of_reach:
            declined = sum(bool(a.get("abstain")) for _, a in out_of_reach)
            report(f"{title} unanswerable declined", declined / len(out_of_reach), "share", of=len(out_of_reach))
    for item, answer in zip(run.items, run.answers, strict=True):
        if answer.get("error") or (answer.get("sql") and not verdicts[item["id"]][key]):
            wrong = re.sub(r"\s+", " ", str(answer.get("error") or answer.get("sql")))
            sys.stderr.write(f"{item['id']}: {item['question']} -> {wrong[:300]}\n")


def _parts(run: Run) -> Iterator[tuple[str, list[tuple[dict[str, object], dict[str, object]]]]]:
    pairs = list(zip(run.items, run.answers, strict=True))
    yield run.name, pairs
    single = [(i, a) for i, a in pairs if i.get("n_tables") == 1]
    if single and len(single) < len(pairs):
        yield f"{run.name} single-table", single


def _is_unanswerable(item: dict[str, object]) -> bool:
    expected = item.get("expected")
    kind = expected.get("kind") if isinstance(expected, dict) else None
    return bool(item.get("unanswerable")) or kind in {"unanswerable", "clarify", "refuse"}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
