"""Scores the choice of charts over questions with the kinds that people accept, and draws every table of a corpus.

`python -m benchmarks.score_charts DATA` takes the questions of `DATA/e2e/questions.jsonl` that name acceptable kinds
(`chart_ok`) and compares the chart of the known answer's rows, and the chart of what the built-in planner answers. Then
it draws the first rows of each file of `DATA/csv/manifest.jsonl` in every kind that suits them. It prints JSON lines
`{"figure", "value", "unit", "of"}` and, on standard error, the questions and files with another end.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from app.agentgraph.charts import ChartType, NoChart, draw, draw_type, render_svg, suitable_types
from app.agentgraph.intent import read_intent
from app.connectors.base import Column, ResultSet
from app.connectors.catalog import DataType, TableProfile
from app.core.errors import AgentGraphError
from app.core.i18n import Language
from app.services.batch.plan import plan_lines
from app.services.batch.sources import BatchSources
from benchmarks.figures import report

PLAIN = frozenset({"none", "table", "number"})
"""What people accept where no chart is drawn."""
FAMILIES = {
    ChartType.HORIZONTAL_BAR: {"bar"},
    ChartType.GROUPED_BAR: {"bar"},
    ChartType.STACKED_BAR: {"bar"},
    ChartType.MULTI_LINE: {"line"},
    ChartType.DONUT: {"pie"},
    ChartType.PIES_BY_GROUP: {"pie"},
    ChartType.BOX_PLOT: {"boxplot", "box"},
    ChartType.HEAT_MAP: {"heatmap"},
}
"""Other words for a kind."""
DRAWN_ROWS = 500
TARGET = ">= 0.9"


def main(data: Path) -> None:
    """Scores the questions and the files of the folder `data`."""
    path = data / "e2e" / "questions.jsonl"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["chart_ok"]]
    items = [json.loads(line) for line in lines]
    known = [_result_of(_names(item), item["expected"]["rows"]) for item in items]
    _score("charts of the known rows", items, known)
    answers = list(plan_lines(lines, path.parent))
    own = [_result_of(a["columns"], a["rows"]) if "rows" in a else None for a in answers]  # type: ignore[arg-type]
    _score("charts of the planner's rows", items, own)
    _draw_corpus(data / "csv")


def _score(figure: str, items: Sequence[dict[str, Any]], results: Sequence[ResultSet | None]) -> None:
    pairs = [(item, result) for item, result in zip(items, results, strict=True) if result is not None]
    kinds = [_kind(item, result) for item, result in pairs]
    right = [bool(kind & set(item["chart_ok"])) for (item, _), kind in zip(pairs, kinds, strict=True)]
    report(figure, sum(right) / max(1, len(right)), "share", target=TARGET, of=len(right))
    for (item, _), kind, is_right in zip(pairs, kinds, right, strict=True):
        if not is_right:
            sys.stderr.write(f"{figure}: {item['id']}: {item['question']} -> {sorted(kind)}, not {item['chart_ok']}\n")


def _kind(item: dict[str, Any], result: ResultSet) -> set[str]:
    """The words that name what is drawn for an item."""
    question = str(item["question"])
    language = Language.PT if item["lang"] == "pt" else Language.EN
    chart = draw(result, question=question, wish=read_intent(question).chart, language=language)
    if isinstance(chart, NoChart):
        return set(PLAIN)
    return {chart.type} | FAMILIES.get(ChartType(chart.type), set())


def _names(item: dict[str, Any]) -> list[str]:
    """Names of the columns of an item's known rows, from its statement."""
    width = len(item["expected"]["rows"][0])
    try:
        statement = sqlglot.parse_one(str(item.get("gold_sql") or ""), dialect="sqlite")
    except SqlglotError:
        statement = exp.Null()
    names = statement.named_selects if isinstance(statement, exp.Query) else []
    return names if len(names) == width else [f"c{at}" for at in range(width)]


def _result_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> ResultSet:
    columns = tuple(Column(name, DataType.TEXT) for name in names)
    return ResultSet(columns, tuple(tuple(row) for row in rows), truncated=False, elapsed_s=0.0)


def _draw_corpus(folder: Path) -> None:
    drawn = failed = tables = 0
    for path, result in _tables(folder):
        tables += 1
        for kind in suitable_types(result):
            try:
                chart = draw_type(result, kind, question="", language=Language.PT)
                if isinstance(chart, NoChart):
                    raise ValueError(chart.reason.en)
                render_svg(chart.spec, language=Language.PT)
            except Exception as error:  # noqa: BLE001  (a defect in one picture is what is looked for)
                failed += 1
                sys.stderr.write(f"drawing: {path}: {kind.value}: {type(error).__name__}: {str(error)[:200]}\n")
            drawn += 1
    report("charts drawn without an error", (drawn - failed) / max(1, drawn), "share", target="1", of=drawn)
    report("tables read", tables, "tables")


def _tables(folder: Path) -> Iterator[tuple[str, ResultSet]]:
    """The first rows of every file of the corpus that can be read."""
    manifest = folder / "manifest.jsonl"
    lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
    with BatchSources(folder) as sources:
        for item in map(json.loads, lines):
            try:
                source = sources.of({"csv": item["path"]})
            except (AgentGraphError, OSError):
                continue
            yield item["path"], _first_rows(source.database, source.catalog.tables[0])


def _first_rows(database: Path, table: TableProfile) -> ResultSet:
    columns = tuple(Column(column.name, column.type) for column in table.columns)
    name = table.name.replace('"', '""')
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(f'SELECT * FROM "{name}" LIMIT {DRAWN_ROWS}').fetchall()
    return ResultSet(columns, tuple(rows), truncated=False, elapsed_s=0.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
