"""Keeps what is stored of databases in order: old snapshots go, passwords come under the present master key."""

import logging
from uuid import UUID

from app.core.crypto import SecretUnreadable, open_vault
from app.repositories import databases
from app.services.platform import Platform

RUN_MARGIN_S = 60.0
"""Beyond the longest question: how long a snapshot stays after another has replaced it."""
BATCH = 200
_log = logging.getLogger(__name__)


async def sweep_databases(platform: Platform) -> int:
    """Removes snapshots that no question can read any more; gives how many. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        after_s = platform.settings.query_timeout_s + RUN_MARGIN_S
        return await databases.remove_old_snapshots(session, after_s=after_s)


async def renew_credentials(platform: Platform) -> int:
    """Wraps stored passwords by the present master key; gives how many were under an earlier one.

    Both keys open until it is done, so that it may be cut off and run again. What no key opens is logged and left.
    """
    if platform.settings.master_key is None or not platform.settings.master_previous_keys:
        return 0
    vault, renewed = open_vault(platform.settings), 0
    after: UUID | None = None
    while True:
        async with platform.database.transaction() as session:
            batch = await databases.some_secrets(session, after=after, most=BATCH)
            for database_id, sealed in batch:
                try:
                    again = vault.renew(sealed, record_id=database_id)
                except SecretUnreadable:
                    _log.error("no master key opens the password of database %s", database_id)
                    continue
                if again is not None:
                    await databases.renew_secret(session, database_id, before=sealed, after=again)
                    renewed += 1
        if len(batch) < BATCH:
            return renewed
        after = batch[-1][0]
