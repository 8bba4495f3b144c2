"""The command line's `context`: what would be put before a model for each question, without asking any model."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.agentgraph.agents.schema_text import BUDGET_TOKENS, build_schema_context
from app.core.errors import AgentGraphError
from app.services.batch.sources import BatchSources, question_of, read_item


def context_lines(lines: Iterable[str], root: Path, *, budget_tokens: int | None = None) -> Iterator[dict[str, object]]:
    """Describes sources for JSON lines `{id, question, db? | csv? | files?}`; paths start from `root`.

    Gives `{id, tables, columns, values, tokens}` with columns as `table.column`, or `{id?, error}` for a line that
    cannot be read. Each source is read once in a run.
    """
    with BatchSources(root) as sources:
        for line in lines:
            if line.strip():
                yield _context_line(line, sources, budget_tokens or BUDGET_TOKENS)


def _context_line(line: str, sources: BatchSources, budget_tokens: int) -> dict[str, object]:
    known: dict[str, object] = {}
    try:
        item = read_item(line)
        known = {"id": item["id"]} if "id" in item else {}
        question, source = question_of(item), sources.of(item)
        context = build_schema_context(question, source.catalog, source.values, budget_tokens=budget_tokens)
    except (ValueError, OSError, sqlite3.Error, AgentGraphError) as error:
        return {**known, "error": str(error) or type(error).__name__}
    return {
        **known,
        "tables": context.tables,
        "columns": context.columns,
        "values": context.told_values,
        "tokens": context.tokens,
    }
