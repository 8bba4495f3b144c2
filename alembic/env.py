"""Runs revisions on the connection of `app.core.migrations`, or on one of its own for the `alembic` command."""

import asyncio

from sqlalchemy import Connection

from alembic import context
from app.core.config import get_settings
from app.core.migrations import connected, prepare
from app.models import Base


def run(connection: Connection) -> None:
    """Runs what the command asks for, all revisions in one transaction."""
    prepare(connection)
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_on_own_connection() -> None:
    """For the alembic command, which brings no connection."""
    url = get_settings().database_url
    if url is None:
        raise SystemExit("set AGENTGRAPH_DATABASE_URL")
    async with connected(url) as connection:
        await connection.run_sync(run)


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(run_on_own_connection())
else:
    run(given)
