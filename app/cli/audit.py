"""`agentgraph audit`: proving the audit log from the command line."""

import asyncio

import typer

from app.core.config import Settings, get_settings

commands = typer.Typer(help="The audit log.", no_args_is_help=True)


@commands.callback()
def audit() -> None:
    """The audit log."""


@commands.command()
def verify() -> None:
    """Check the whole chain: exit code 0 when it holds, 1 at the first broken place, 2 when it cannot be checked."""
    from app.cli.installation import as_it_runs
    from app.core.errors import AgentGraphError
    from app.core.i18n import Language

    try:
        ok = asyncio.run(_verify(as_it_runs(get_settings())))
    except AgentGraphError as error:
        typer.echo(error.sentence(Language.EN), err=True)
        raise typer.Exit(2) from error
    if not ok:
        raise typer.Exit(1)


async def _verify(settings: Settings) -> bool:
    from app.core.db import Database
    from app.core.errors import Misconfigured
    from app.core.security import audit_key
    from app.services.audit.audit_chain import anchor_file, read_anchors, verify

    key = audit_key(settings)
    if settings.database_url is None or key is None:
        raise Misconfigured(
            setting="AGENTGRAPH_DATABASE_URL and AGENTGRAPH_AUDIT_SECRET",
            reason="both are needed; of an `agentgraph up` that runs, the data folder knows them",
        )
    database = Database(settings.database_url, pool_size=1)
    try:
        verdict = await verify(database, key, read_anchors(anchor_file(settings.data_dir)))
    finally:
        await database.close()
    if verdict.broken is not None:
        event = "" if verdict.event_id is None else f" (event {verdict.event_id})"
        typer.echo(f"BROKEN after {verdict.verified} good events: {verdict.broken}{event}", err=True)
        return False
    typer.echo(f"The chain holds: {verdict.verified} events verified, {verdict.unsealed} not sealed yet.")
    return True
