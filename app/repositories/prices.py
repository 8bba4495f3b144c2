"""Prices of models that an ADMIN has set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core.db import Session
from app.core.pagination import PageRequest
from app.models import ModelPrice

_IN_FORCE: Final = (
    select(ModelPrice)
    .where(ModelPrice.effective_from <= bindparam("at"))
    .ext(distinct_on(ModelPrice.model))
    .order_by(ModelPrice.model, ModelPrice.effective_from.desc(), ModelPrice.id.desc())
)
"""Made once: every question with a model call asks it."""


async def add(session: Session, price: ModelPrice) -> ModelPrice:
    """Stores a price."""
    session.add(price)
    await session.flush()
    return price


async def in_force(session: Session, at: datetime) -> Sequence[ModelPrice]:
    """For each model the price that counts `at` that moment: the latest, and of two from the same moment the newer."""
    return (await session.scalars(_IN_FORCE, {"at": at})).all()


async def page(session: Session, request: PageRequest) -> Sequence[ModelPrice]:
    """Up to `limit + 1` prices, the one that was set last first."""
    statement = select(ModelPrice).order_by(ModelPrice.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(ModelPrice.id < request.before)
    return (await session.scalars(statement)).all()
