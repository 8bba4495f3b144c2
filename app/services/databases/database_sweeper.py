"""Keeps what is stored of databases in order: snapshots that nobody can read any more go."""

from app.repositories import databases
from app.services.platform import Platform

RUN_MARGIN_S = 60.0
"""Beyond the longest question: how long a snapshot stays after another has replaced it."""


async def sweep_databases(platform: Platform) -> int:
    """Removes snapshots that no question can read any more; gives how many. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        after_s = platform.settings.query_timeout_s + RUN_MARGIN_S
        return await databases.remove_old_snapshots(session, after_s=after_s)
