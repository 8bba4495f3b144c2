"""Runs the gold SQL of every question set through gate and connector, and compares the rows with those that are stored.

`python -m benchmarks.score_gold DATA` prints JSON lines `{"figure", "value", "unit", "of"}`: statements that the gate
refuses although they only read, and those whose rows differ, judged by `DATA/scripts/score_nlsql.py`. On standard error
it writes each of them.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.connectors.base import Limits
from app.connectors.registry import Registry
from app.connectors.sql_gate import check
from app.core.config import Settings
from app.core.errors import AgentGraphError
from app.services.batch.sources import BatchSources
from app.services.results import json_cell
from benchmarks.figures import report
from benchmarks.score_planner import Run, verdicts_of

MAX_ROWS = 10_000


def main(data: Path) -> None:
    """Runs every set of the folder `data` whose items have gold SQL over a database."""
    for path in sorted((data / "nlsql").glob("*.jsonl")):
        items = list(_items(path))
        if items:
            run = Run(path.stem, items, asyncio.run(_answers(path.parent, items)))
            _report(run, verdicts_of(run, path, data / "scripts" / "score_nlsql.py"))


def _items(path: Path) -> Iterator[dict[str, Any]]:
    for item in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        sql = item.get("gold_sql") or next(iter(item.get("gold_sqls") or []), None)
        if "db" in item and sql:
            yield {**item, "gold_sql": sql}


async def _answers(root: Path, items: list[dict[str, Any]]) -> list[dict[str, object]]:
    registry = Registry(Settings())
    try:
        with BatchSources(root) as sources:
            return [await _answer(item, sources, registry) for item in items]
    finally:
        await registry.close()


async def _answer(item: dict[str, Any], sources: BatchSources, registry: Registry) -> dict[str, object]:
    source = sources.of(item)
    tables = [table.name for table in source.catalog.tables]
    try:
        statement = check(item["gold_sql"], dialect="sqlite", tables=tables)
        connector = registry.open_file(source.database, source.catalog)
        result = await connector.query(statement, Limits(max_rows=MAX_ROWS))
    except AgentGraphError as error:
        return {"id": item["id"], "error": error.code, "detail": str(error)}
    return {"id": item["id"], "rows": [[json_cell(cell) for cell in row] for row in result.rows]}


def _report(run: Run, verdicts: dict[object, dict[str, object]]) -> None:
    refused = {answer["id"]: answer for answer in run.answers if "error" in answer}
    wrong = [i for i in run.items if i["id"] not in refused and not verdicts[i["id"]]["strict"]]
    report(f"{run.name} gold refused", len(refused), "statements", target="0", of=len(run.items))
    report(f"{run.name} gold rows differ", len(wrong), "statements", target="0", of=len(run.items))
    for item in run.items:
        if item["id"] in refused:
            sys.stderr.write(f"{run.name} {item['id']}: {refused[item['id']]['detail']}\n    {item['gold_sql']}\n")
        elif item in wrong:
            sys.stderr.write(f"{run.name} {item['id']}: other rows\n    {item['gold_sql']}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
