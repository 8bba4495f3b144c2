"""Forgets what has expired, so that tables hold what still counts."""

from app.repositories import auth, budgets, idempotency, sessions, webhooks
from app.services.platform import Platform

DELIVERIES_DAYS = 30
"""How long it can be seen what was sent to webhooks."""


async def sweep_expired(platform: Platform) -> None:
    """Removes what has expired and settles what dead processes have reserved. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        await auth.remove_expired_resets(session)
        await idempotency.remove_expired(session)
        await webhooks.remove_old(session, days=DELIVERIES_DAYS)
        await budgets.settle_left(session)


async def tend_sessions(platform: Platform) -> None:
    """Pauses conversations that are idle and removes those whose time is over. Safe to run anywhere and at once."""
    settings = platform.settings
    async with platform.database.transaction() as session:
        await sessions.pause_idle(session, idle_s=settings.session_idle_s)
        await sessions.remove_older(session, days=settings.session_retention_days)
