"""Keeping the ledger summed by the hour, so that costs of all time are read from hours and not from calls."""

from typing import Final

from app.repositories import usage_hours
from app.services.platform import Platform

BATCH: Final = 2_000
"""Calls a transaction: well below a second, so that no call has to wait for it."""
MOST_BATCHES: Final = 50
"""At a time; what a long standstill or an older version has left is worked off over some minutes."""


async def sum_ledger(platform: Platform) -> None:
    """Adds the calls since the last time to their hours. Safe to run anywhere and at once."""
    for _ in range(MOST_BATCHES):
        async with platform.database.transaction() as session:
            summed = await usage_hours.add_up(session, most=BATCH)
        if summed < BATCH:
            return
