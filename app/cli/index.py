"""Putting into the search index what is missing there."""

import asyncio

import typer

from app.core.config import get_settings


def index() -> None:
    """Index what search does not find yet, or by another embedding model. May be stopped and begun anew at any time."""
    settings = get_settings()
    if settings.database_url is None:
        typer.echo("Set AGENTGRAPH_DATABASE_URL to the PostgreSQL of the installation.", err=True)
        raise typer.Exit(2)
    done = asyncio.run(_index())
    typer.echo(f"{done} exchanges indexed; nothing is missing.")


async def _index() -> int:
    from app.services.indexing import index_missing

    done = 0
    async for done in index_missing(get_settings()):
        typer.echo(f"{done} exchanges indexed", err=True)
    return done
