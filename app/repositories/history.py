"""Figures over the questions that somebody has asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Query, QueryState, StatsBy
from app.repositories.shares import ANSWER_IS_READABLE

_READ: Final = func.jsonb_object_keys(Query.details["sources"]).table_valued("source_id").render_derived("read_sources")
"""Files and databases that a question was answered over, whatever its agent reads by now."""
KEYS: Final[dict[StatsBy, ColumnElement[Any]]] = {
    StatsBy.DAY: cast(func.date(func.timezone("UTC", Query.created_at)), String),
    StatsBy.AGENT: cast(Query.agent_id, String),
    StatsBy.SOURCE: _READ.c.source_id,
    StatsBy.OUTCOME: cast(func.coalesce(Query.outcome, Query.state), String),
    StatsBy.ANSWERED_BY: cast(Query.answered_by, String),
    StatsBy.SESSION: cast(Query.session_id, String),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures over some questions; `key` tells which, None for those without one."""

    key: str | None
    questions: int
    answered: int
    from_cache: int
    median_s: float | None
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal
    without_price: int


async def figures(
    session: AsyncSession,
    owner_id: UUID,
    by: StatsBy | None,
    *,
    since: datetime | None,
    until: datetime | None,
    most: int,
) -> Sequence[Figures]:
    """Figures over one's own questions for each value of `by` (over all of them without), the highest key first."""
    key: ColumnElement[Any] = KEYS[by] if by is not None else cast(None, String)
    took_s = func.extract("epoch", Query.finished_at - Query.started_at)
    statement = select(
        key.label("key"),
        func.count().label("questions"),
        func.count().filter(Query.state == QueryState.SUCCEEDED).label("answered"),
        func.count().filter(Query.answered_by == "cache").label("from_cache"),
        func.percentile_cont(0.5).within_group(took_s).label("median_s"),
        func.coalesce(func.sum(Query.tokens_in), 0).label("tokens_in"),
        func.coalesce(func.sum(Query.tokens_out), 0).label("tokens_out"),
        func.coalesce(func.sum(Query.cost_usd), 0).label("cost_usd"),
        func.count().filter(Query.finished_at.is_not(None), Query.cost_usd.is_(None)).label("without_price"),
    ).where(Query.owner_id == owner_id, ANSWER_IS_READABLE)
    if by is StatsBy.SOURCE:
        statement = statement.select_from(Query).join(_READ, true(), isouter=True)
    if since is not None:
        statement = statement.where(Query.created_at >= since)
    if until is not None:
        statement = statement.where(Query.created_at < until)
    if by is not None:
        statement = statement.group_by(key).order_by(key.desc().nulls_last()).limit(most)
    return [Figures(**row._mapping) for row in await session.execute(statement)]
