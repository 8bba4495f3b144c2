"""Forgets what has expired, so that tables hold what still counts."""

from datetime import timedelta
from typing import Final

from app.core import clock
from app.core.ids import first_id_at
from app.repositories import auth, budgets, idempotency, jobs, sessions, webhooks
from app.services.platform import Platform

DELIVERIES_DAYS: Final = 30
"""How long it can be seen what was sent to webhooks."""
SIGN_INS_DAYS: Final = 7
"""How long a sign-in that is over is kept, so that it can be told from one that never was."""
JOBS_KEPT: Final = timedelta(days=30)
"""How long it can be seen how often work was tried; a question that waits for its owner still needs its job."""


async def sweep_expired(platform: Platform) -> None:
    """Removes what has expired and settles what dead processes have reserved. Safe to run anywhere and at once."""
    waited = timedelta(seconds=platform.settings.input_wait_s)
    async with platform.database.transaction() as session:
        await auth.remove_expired_resets(session)
        await auth.remove_ended_sign_ins(session, days=SIGN_INS_DAYS)
        await jobs.remove_ended(session, first_id_at(clock.now() - JOBS_KEPT - waited))
        await idempotency.remove_expired(session)
        await webhooks.remove_old(session, days=DELIVERIES_DAYS)
        await budgets.settle_left(session)


async def tend_sessions(platform: Platform) -> None:
    """Pauses conversations that are idle and removes those whose time is over. Safe to run anywhere and at once."""
    settings = platform.settings
    async with platform.database.transaction() as session:
        await sessions.pause_idle(session, idle_s=settings.session_idle_s)
        await sessions.remove_older(session, days=settings.session_retention_days)
