"""Schedules as their owners see them, and those that are due."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pagination import PageRequest
from app.models import Schedule


def visible_to(owner_id: UUID) -> Select[Schedule]:
    """The schedules that `owner_id` may see; every read of them starts here."""
    return select(Schedule).where(Schedule.owner_id == owner_id)


async def get(session: AsyncSession, owner_id: UUID, schedule_id: UUID, *, lock: bool = False) -> Schedule | None:
    """One schedule; with `lock` its row is held until the transaction ends."""
    statement = visible_to(owner_id).where(Schedule.id == schedule_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(session: AsyncSession, owner_id: UUID, request: PageRequest) -> Sequence[Schedule]:
    """Up to `limit + 1` schedules, newest first."""
    statement = visible_to(owner_id).order_by(Schedule.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Schedule.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def count(session: AsyncSession, owner_id: UUID) -> int:
    """How many schedules somebody has."""
    statement = select(func.count()).select_from(Schedule).where(Schedule.owner_id == owner_id)
    return int((await session.execute(statement)).scalar_one())


async def save(session: AsyncSession, schedule: Schedule) -> None:
    """Stores a schedule, new or changed."""
    session.add(schedule)
    await session.flush()
    await session.refresh(schedule)


async def remove(session: AsyncSession, schedule: Schedule) -> None:
    """Removes a schedule; the batches of its runs stay."""
    await session.delete(schedule)
    await session.flush()


async def next_due(session: AsyncSession) -> Schedule | None:
    """The schedule that has been due the longest, its row held. One that another process holds is left to it."""
    statement = (
        select(Schedule)
        .where(Schedule.next_run_at <= func.now())
        .order_by(Schedule.next_run_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(statement)).scalar_one_or_none()
