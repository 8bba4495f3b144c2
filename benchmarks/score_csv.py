"""How well files are read: runs the `ingest` door over DATA/csv/manifest.jsonl and scores it with DATA's own scorer.

Usage: python -m benchmarks.score_csv DATA. Prints JSON lines `{"figure", "value", "unit", "of"}`, a group and a measure
each, then a line for each file that misses something.
"""

import json
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.services.batch.ingest import ingest_files

Scores = dict[str, dict[str, list[float]]]
Scorer = Callable[[list[dict[str, Any]], dict[str, dict[str, object]]], Scores]


def main() -> None:
    """Scores the folder named on the command line."""
    data = Path(sys.argv[1]).resolve()
    score: Scorer = runpy.run_path(str(data / "scripts" / "score_csv.py"))["score"]
    os.chdir(data / "csv")
    manifest = [json.loads(line) for line in Path("manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    paths = [Path(item["path"]) for item in manifest]
    reports = {str(report["path"]): report for report in ingest_files(paths, sqlite=None, csv=None)}
    for line in (*_figures(score(manifest, reports)), *_failures(manifest, reports, score)):
        print(json.dumps(line, ensure_ascii=False))


def _figures(scores: Scores) -> Iterator[dict[str, object]]:
    for group in sorted(scores):
        for measure, (good, count) in scores[group].items():
            if count:
                yield {"figure": f"{group}/{measure}", "value": round(good / count, 4), "unit": "share", "of": count}


def _failures(
    manifest: list[dict[str, Any]], reports: dict[str, dict[str, object]], score: Scorer
) -> Iterator[dict[str, object]]:
    for item in manifest:
        measures = score([item], reports)["ALL"]
        missed = [name for name, (good, count) in measures.items() if good < count]
        if missed:
            report = reports.get(item["path"], {})
            yield {"failure": item["path"], "missed": missed} | {
                key: report.get(key) for key in ("rows", "cols", "header", "types", "delimiter", "encoding", "error")
            }


if __name__ == "__main__":
    main()
