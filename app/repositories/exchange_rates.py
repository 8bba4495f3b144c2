"""Rates of currencies that an ADMIN has set."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core.db import Session
from app.core.pagination import PageRequest
from app.models import ExchangeRate


async def add(session: Session, rate: ExchangeRate) -> None:
    """Stores a rate."""
    session.add(rate)
    await session.flush()


async def in_force(session: Session, currency: str, at: datetime) -> ExchangeRate | None:
    """The rate of a currency that counts `at` that moment: the latest, and of two from the same moment the newer."""
    statement = (
        select(ExchangeRate)
        .where(ExchangeRate.currency == currency, ExchangeRate.effective_from <= at)
        .order_by(ExchangeRate.effective_from.desc(), ExchangeRate.id.desc())
    )
    return await session.scalar(statement.limit(1))


async def page(session: Session, request: PageRequest) -> Sequence[ExchangeRate]:
    """Up to `limit + 1` rates, the one that was set last first."""
    statement = select(ExchangeRate).order_by(ExchangeRate.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(ExchangeRate.id < request.before)
    return (await session.scalars(statement)).all()
