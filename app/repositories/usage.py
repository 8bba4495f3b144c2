"""Usage records: the bill of a query, and the calls that its repeated run replays."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import UsageRecord


async def of_query(session: AsyncSession, query_id: UUID) -> Sequence[UsageRecord]:
    """All calls of one query, oldest first."""
    statement = select(UsageRecord).where(UsageRecord.query_id == query_id).order_by(UsageRecord.id)
    return (await session.execute(statement)).scalars().all()


async def add_once(session: AsyncSession, values: dict[str, object]) -> bool:
    """Stores a call; False when the query has one with that call key already, which then stays as it is."""
    statement = (
        insert(UsageRecord)
        .values(values)
        .on_conflict_do_nothing(index_elements=["query_id", "call_key"])
        .returning(UsageRecord.id)
    )
    return (await session.execute(statement)).first() is not None
