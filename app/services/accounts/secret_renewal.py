"""Brings every stored secret under the present master key, so that earlier ones can be given up."""

import logging
from uuid import UUID

from app.core.crypto import SecretUnreadable, Vault, open_vault
from app.repositories import sealed_secrets
from app.services.platform import Platform

BATCH = 200
_log = logging.getLogger(__name__)


async def renew_secrets(platform: Platform) -> int:
    """Wraps stored secrets by the present master key; gives how many were under an earlier one.

    Both keys open until it is done, so that it may be cut off and run again. What no key opens is logged and left.
    """
    if platform.settings.master_key is None or not platform.settings.master_previous_keys:
        return 0
    vault = open_vault(platform.settings)
    return sum([await _renew(platform, vault, table) for table in sealed_secrets.tables()])


async def _renew(platform: Platform, vault: Vault, table: str) -> int:
    renewed = 0
    after: UUID | None = None
    while True:
        async with platform.database.transaction() as session:
            batch = await sealed_secrets.some(session, table, after=after, most=BATCH)
            for record_id, sealed in batch:
                try:
                    again = vault.renew(sealed, record_id=record_id)
                except SecretUnreadable:
                    _log.error("no master key opens the secret of %s %s", table, record_id)
                    continue
                if again is not None:
                    await sealed_secrets.replace(session, table, record_id, before=sealed, after=again)
                    renewed += 1
        if len(batch) < BATCH:
            return renewed
        after = batch[-1][0]
