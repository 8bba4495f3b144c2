"""Command that writes the documents which follow from the code."""

from pathlib import Path
from typing import Annotated

import typer

CHECKOUT = Path(__file__).resolve().parents[2]


def docs(
    checkout: Annotated[Path, typer.Argument(help="Folder of the source.")] = CHECKOUT,
) -> None:
    """Write docs/settings.md, docs/errors.md, docs/permissions.md and .env.example anew."""
    from app.core.documents import DOCUMENTS, write_documents

    write_documents(checkout)
    typer.echo("Wrote " + ", ".join(DOCUMENTS))
