"""`agentgraph docs`: writes the documents that are generated from the code."""

from pathlib import Path

import typer

CHECKOUT = Path(__file__).parents[2]


def docs() -> None:
    """Write the documents made from the code (settings, errors, permissions) anew; run it after changing those."""
    from app.core.documents import DOCUMENTS

    for path, write in DOCUMENTS.items():
        (CHECKOUT / path).write_text(write(), encoding="utf-8")
        typer.echo(path)
