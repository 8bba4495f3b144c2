"""The command line's `plan`: answers one question a line with the built-in planner alone, or says why not."""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.agentgraph.planner import Declined, Plan, plan
from app.connectors.base import Limits, ResultSet
from app.connectors.sql_gate import check
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool
from app.core.errors import AgentGraphError
from app.core.i18n import Language
from app.services.batch.sources import BatchSource, BatchSources, question_of, read_item

MAX_ROWS = 10_000
"""Rows given for a question; more are cut."""


def plan_lines(lines: Iterable[str], root: Path) -> Iterator[dict[str, object]]:
    """Answers JSON lines `{id, question, lang?, db? | csv? | files?}`; paths start from `root`.

    Gives `{id, sql, columns, rows, confidence, reading}`, or `{id, abstain, reason}` when the planner declines, or
    `{id?, error}` for a line that cannot be answered. Each source is read once in a run.
    """
    with BatchSources(root) as sources, asyncio.Runner() as runner:
        pool = SqlitePool(children=1)
        try:
            for line in lines:
                if line.strip():
                    yield _answer_line(line, sources, pool, runner)
        finally:
            runner.run(pool.close())


def _answer_line(line: str, sources: BatchSources, pool: SqlitePool, runner: asyncio.Runner) -> dict[str, object]:
    known: dict[str, object] = {}
    try:
        item = read_item(line)
        known = {"id": item["id"]} if "id" in item else {}
        question = question_of(item)
        source, language = sources.of(item), _language(item)
        planned = plan(question, source.catalog, source.values, language=language)
        if isinstance(planned, Declined):
            return {**known, "abstain": True, "reason": planned.reason.to(language or Language.EN)}
        return {**known, **_answered(planned, runner.run(_rows(planned, source, pool)))}
    except (ValueError, OSError, sqlite3.Error, AgentGraphError) as error:
        return {**known, "error": str(error) or type(error).__name__}


async def _rows(planned: Plan, source: BatchSource, pool: SqlitePool) -> ResultSet:
    connector = SqliteConnector(source.database, source.catalog, pool)
    tables = [table.name for table in source.catalog.tables]
    statement = check(planned.sql, dialect=source.catalog.dialect, tables=tables)
    return await connector.query(statement, Limits(max_rows=MAX_ROWS))


def _answered(planned: Plan, result: ResultSet) -> dict[str, object]:
    return {
        "sql": planned.sql,
        "columns": [column.name for column in result.columns],
        "rows": [list(row) for row in result.rows],
        "confidence": planned.confidence,
        "reading": planned.reading,
    }


def _language(item: dict[str, object]) -> Language | None:
    """The language that a line states; None leaves it to the question."""
    stated = str(item.get("lang") or "")
    if not stated:
        return None
    return Language.PT if stated.lower().startswith("pt") else Language.EN
