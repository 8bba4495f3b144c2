"""Notices of the installation."""

from collections.abc import Sequence

from sqlalchemy import delete, func, or_, select

from app.core.db import Session
from app.models import Notice, NoticeKind


async def in_force(session: Session) -> Sequence[Notice]:
    """The notices that count at this moment, by the database's clock."""
    statement = select(Notice).where(
        Notice.starts_at <= func.now(), or_(Notice.ends_at.is_(None), Notice.ends_at > func.now())
    )
    return (await session.scalars(statement)).all()


async def put(session: Session, notice: Notice) -> None:
    """Stores a notice in the place of the one of its kind."""
    await session.merge(notice)
    await session.flush()


async def remove(session: Session, kind: NoticeKind) -> bool:
    """Takes a notice back; False when there is none."""
    removed = await session.execute(delete(Notice).where(Notice.kind == kind).returning(Notice.kind))
    return removed.first() is not None
