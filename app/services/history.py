"""Figures over the questions that somebody has asked."""

from datetime import UTC, datetime

from app.core.actor import Actor
from app.core.db import Session
from app.models import StatsBy
from app.repositories import history
from app.schemas.history import FiguresRead, StatsRead

MOST_GROUPS = 1000


async def stats(
    session: Session, actor: Actor, by: StatsBy, *, since: datetime | None, until: datetime | None
) -> StatsRead:
    """Figures for each value of `by` and over all; moments without a zone are taken as UTC."""
    since, until = aware(since), aware(until)
    (total,) = await history.figures(session, actor.user_id, None, since=since, until=until, most=1)
    groups = await history.figures(session, actor.user_id, by, since=since, until=until, most=MOST_GROUPS)
    return StatsRead(
        since=since,
        until=until,
        by=by.value,
        total=FiguresRead.model_validate(total),
        groups=[FiguresRead.model_validate(group) for group in groups],
    )


def aware(moment: datetime | None) -> datetime | None:
    """A moment without a zone taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
