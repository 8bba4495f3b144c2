"""Redacted traces of questions, apart from the queries so that nothing else reads them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Session
from app.models import QueryTrace


async def add(session: Session, query_id: UUID, steps: list[dict[str, Any]]) -> None:
    """Keeps the steps of a run that ended, after those of the runs that asked its owner back."""
    statement = insert(QueryTrace).values(query_id=query_id, steps=steps)
    joined = QueryTrace.steps.op("||")(statement.excluded.steps)
    await session.execute(statement.on_conflict_do_update(index_elements=["query_id"], set_={"steps": joined}))


async def steps_of(session: Session, query_id: UUID) -> list[dict[str, Any]]:
    """The steps of a query that the caller has been shown to own; none when its agent kept none."""
    return await session.scalar(select(QueryTrace.steps).where(QueryTrace.query_id == query_id)) or []
