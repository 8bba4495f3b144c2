"""`agentgraph ask FILE "question"`: the answer in the terminal, on the same engine as the server."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from app.services.queries.ask import FileAnswer

SHOWN_ROWS = 20


def ask(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV file to ask.")],
    question: Annotated[str, typer.Argument(help="The question, in Portuguese or English.")],
    model: Annotated[str | None, typer.Option(help="provider:model; without one the built-in planner answers.")] = None,
    chart: Annotated[Path, typer.Option(help="Where the chart is written, when there is one.")] = Path("chart.png"),
    max_rows: Annotated[int, typer.Option(min=1, max=10_000, help="Most rows to fetch.")] = 1000,
) -> None:
    """Answer one question from a file: the table, the SQL, a sentence and a chart."""
    from app.core.config import get_settings
    from app.core.errors import AgentGraphError
    from app.core.i18n import Language
    from app.services.queries.ask import ask_file

    try:
        answer = asyncio.run(ask_file(get_settings(), file, question, model=model, max_rows=max_rows))
    except AgentGraphError as error:
        Console(stderr=True).print(error.sentence(Language.EN), style="red", markup=False)
        raise typer.Exit(1) from error
    _show(answer, chart)
    if not answer.answered:
        raise typer.Exit(1)


def _show(answer: "FileAnswer", chart: Path) -> None:
    console = Console(highlight=False)
    if answer.columns:
        console.print(_table(answer))
    if answer.sql:
        console.print(f"\n{answer.sql}\n", style="dim", markup=False)
    console.print(answer.sentence, style=None if answer.answered else "yellow", markup=False)
    if answer.chart_png is not None:
        chart.write_bytes(answer.chart_png)
        console.print(f"\n{answer.chart_title} -> {chart}", markup=False)


def _table(answer: "FileAnswer") -> Table:
    table = Table(*answer.columns)
    for row in answer.rows[:SHOWN_ROWS]:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    hidden = len(answer.rows) - SHOWN_ROWS
    if hidden > 0 or answer.truncated:
        table.caption = f"{max(hidden, 0)} more rows" + (", and the result was cut" if answer.truncated else "")
    return table
