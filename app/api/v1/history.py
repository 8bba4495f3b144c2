"""Routes over everything that one has asked."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.api.deps import EngineDep, PageDep, SessionDep, requires
from app.core.actor import Actor
from app.core.permissions import Permission
from app.models import ExchangeFilter, StatsBy
from app.schemas.history import StatsRead
from app.schemas.search import SearchRead
from app.services import history, search
from app.services.history import aware

router = APIRouter(prefix="/history", tags=["history"])

Outcome = Literal["answered", "needs_input", "not_answerable", "refused", "failed"]


async def get_filter(
    since: Annotated[datetime | None, Query(description="Only questions asked at or after this moment.")] = None,
    until: Annotated[datetime | None, Query(description="Only questions asked before this moment.")] = None,
    agent_id: Annotated[UUID | None, Query(description="Only questions to this agent.")] = None,
    source_id: Annotated[UUID | None, Query(description="Only questions answered from this file or database.")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only questions that ended like this.")] = None,
) -> ExchangeFilter:
    """Which exchanges are searched."""
    return ExchangeFilter(aware(since), aware(until), agent_id, source_id, outcome)


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


@router.get("/search")
async def search_history(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    engine: EngineDep,
    page: PageDep,
    only: Annotated[ExchangeFilter, Depends(get_filter)],
    q: Annotated[str, Query(min_length=1, max_length=1000, description="What is looked for, in one's own words.")],
) -> SearchRead:
    """One's own questions and answers by meaning, words and spelling, the best first.

    Each part ranks its best 100, and pages go through one ranking of them all. New ones are found within seconds.
    """
    return await search.find(engine, actor, q, only, page)
