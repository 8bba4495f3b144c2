"""Doors for batch work without a server: JSON lines in, JSON lines out, one line an item."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import orjson
import typer

Root = Annotated[Path, typer.Option(help="Folder that relative paths in the input start from.")]


def gate(root: Root = Path()) -> None:
    """Judge SQL: reads {id, sql, dialect, db?, tables?} lines, prints {id, verdict, code, sql} lines."""
    from app.services.batch.gate import gate_lines

    _print_lines(gate_lines(sys.stdin, root))


def plan(root: Root = Path()) -> None:
    """Answer without a model: reads {id, question, lang?, db? | csv? | files?} lines, prints SQL and rows, or why."""
    from app.services.batch.plan import plan_lines

    _print_lines(plan_lines(sys.stdin, root))


def context(
    root: Root = Path(),
    budget: Annotated[
        int | None,
        typer.Option(min=100, help="Tokens that a description may take; by default as in an agent's prompt."),
    ] = None,
) -> None:
    """Show what a model would be told: reads the lines of `plan`, prints {id, tables, columns, values, tokens}."""
    from app.services.batch.context import context_lines

    _print_lines(context_lines(sys.stdin, root, budget_tokens=budget))


def ingest(
    files: Annotated[list[Path], typer.Argument(help="Files to read.")],
    sqlite: Annotated[Path | None, typer.Option(help="Write the typed table to this SQLite file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table as it was read, before typing.")] = None,
    report: Annotated[str, typer.Option(help="Where the report goes: a file, or - for standard output.")] = "-",
) -> None:
    """Read files as the upload does and report what was detected, one JSON line a file."""
    from app.services.batch.ingest import ingest_files

    lines = ingest_files(files, sqlite=sqlite, csv=csv)
    if report == "-":
        _print_lines(lines)
        return
    with Path(report).open("wb") as target:
        target.writelines(_line(item) for item in lines)


def _print_lines(items: Iterable[dict[str, object]]) -> None:
    for item in items:
        sys.stdout.buffer.write(_line(item))
        sys.stdout.buffer.flush()


def _line(item: dict[str, object]) -> bytes:
    return orjson.dumps(item, default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME)
