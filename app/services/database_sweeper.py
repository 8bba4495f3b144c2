"""Keeps what is stored of databases in order: old snapshots go, secrets come under the present master key."""

import logging
from typing import Protocol
from uuid import UUID

from app.core.crypto import SecretUnreadable, Vault, open_vault
from app.core.db import Session
from app.repositories import databases, second_factors
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
    """Wraps stored secrets by the present master key; gives how many were under an earlier one.

    Both keys open until it is done, so that it may be cut off and run again. What no key opens is logged and left.
    """
    if platform.settings.master_key is None or not platform.settings.master_previous_keys:
        return 0
    vault = open_vault(platform.settings)
    renewed = await _renew(platform, vault, "database", databases.some_secrets, databases.renew_secret)
    return renewed + await _renew(
        platform, vault, "second factor", second_factors.some_secrets, second_factors.renew_secret
    )


class _Some(Protocol):
    async def __call__(self, session: Session, *, after: UUID | None, most: int) -> list[tuple[UUID, bytes]]: ...


class _Renew(Protocol):
    async def __call__(self, session: Session, record_id: UUID, /, *, before: bytes, after: bytes) -> None: ...


async def _renew(platform: Platform, vault: Vault, sort: str, some: _Some, renew: _Renew) -> int:
    """Renews the secrets of one table, a batch at a time."""
    renewed, last = 0, None
    while True:
        async with platform.database.transaction() as session:
            batch = await some(session, after=last, most=BATCH)
            for record_id, sealed in batch:
                try:
                    again = vault.renew(sealed, record_id=record_id)
                except SecretUnreadable:
                    _log.error("no master key opens the secret of %s %s", sort, record_id)
                    continue
                if again is not None:
                    await renew(session, record_id, before=sealed, after=again)
                    renewed += 1
        if len(batch) < BATCH:
            return renewed
        last = batch[-1][0]
