"""Forgets what has expired, so that tables hold what still counts."""

from app.repositories import auth, idempotency
from app.services.platform import Platform


async def sweep_expired(platform: Platform) -> None:
    """Removes tokens for new passwords and idempotency keys whose time is over. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        await auth.remove_expired_resets(session)
        await idempotency.remove_expired(session)
