"""Routes over everything that one has asked."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.api.deps import SessionDep, requires
from app.core.actor import Actor
from app.core.permissions import Permission
from app.models import StatsBy
from app.schemas.history import StatsRead
from app.services import history

router = APIRouter(prefix="/history", tags=["history"])


@router.get("/stats")
async def read_stats(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    session: SessionDep,
    by: Annotated[StatsBy, Query(description="What the questions are told apart by.")] = StatsBy.DAY,
    since: Annotated[datetime | None, Query(description="Only questions asked at or after this moment.")] = None,
    until: Annotated[datetime | None, Query(description="Only questions asked before this moment.")] = None,
) -> StatsRead:
    """How many of one's questions were asked and answered, how fast, and what they cost."""
    return await history.stats(session, actor, by, since=since, until=until)
