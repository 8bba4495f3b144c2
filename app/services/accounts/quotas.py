"""How much one user, and all of them, may ask: at once and in a day."""

import math
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from app.core import clock
from app.core.config import Settings
from app.core.db import Session, seeing_all
from app.core.errors.access import QuotaExhausted, TooManyQuestions
from app.repositories import quotas
from app.services.accounts.own_limits import limits_of

RETRY_AFTER_S: Final = 5
"""When to come back while too many questions are open: some of them have ended by then."""


async def require_room(session: Session, settings: Settings, owner_id: UUID, *, waits: bool, count: int = 1) -> None:
    """Raises TooManyQuestions or QuotaExhausted unless `owner_id` may ask `count` more in this transaction.

    `waits`: it goes into the queue; else it would run now. Nobody else asks for the same user until the transaction
    ends, so that many at once do not pass together.
    """
    at_once = 0 if waits else settings.questions_at_once
    own = await limits_of(session, settings, owner_id, lock=True)
    if at_once or settings.questions_waiting:
        running, open_ = await quotas.open_questions(session, owner_id)
        _require_place(running, count, at_once)
        _require_place(open_, count, settings.questions_waiting)
    await _require_quota(session, "user", owner_id, count, (own.questions_per_day, own.tokens_per_day))
    total = settings.installation_questions_per_day, settings.installation_tokens_per_day
    if any(total):
        async with seeing_all(session):
            await _require_quota(session, "installation", None, count, total)


def _require_place(taken: int, count: int, limit: int) -> None:
    if limit and taken + count > limit:
        raise TooManyQuestions(open=taken, limit=limit, retry_after_s=RETRY_AFTER_S)


async def _require_quota(
    session: Session, whose: str, owner_id: UUID | None, count: int, limits: tuple[int, int]
) -> None:
    questions_limit, tokens_limit = limits
    if not (questions_limit or tokens_limit):
        return
    now = clock.now()
    today = datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)
    questions, tokens = await quotas.asked_since(session, owner_id, today)
    needed = (("questions", questions + count, questions_limit), ("tokens", tokens + 1, tokens_limit))
    for unit, total, limit in needed:
        if limit and total > limit:
            retry_after_s = math.ceil((today + timedelta(days=1) - now).total_seconds())
            raise QuotaExhausted(quota=f"{whose}_{unit}", limit=limit, retry_after_s=retry_after_s)
