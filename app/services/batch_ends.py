"""The end of batches: noticed by whatever ends a last question, and by the sweeper when that process died."""

import logging
from uuid import UUID

from app.core.errors import Unavailable
from app.repositories import batches
from app.services.platform import Platform

_log = logging.getLogger(__name__)


async def settle_batch(platform: Platform, batch_id: UUID) -> None:
    """Marks a batch as finished when its last question has ended.

    In a transaction of its own, after that of the question: of two last questions that end at once, neither would see
    the end of the other.
    """
    try:
        async with platform.database.transaction() as session:
            await batches.settle(session, batch_id)
    except Unavailable:
        _log.warning("the end of batch %s is left to the sweeper: the system database is away", batch_id)


async def sweep_batches(platform: Platform) -> None:
    """Marks the batches whose last question ended unnoticed. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        await batches.settle(session)
