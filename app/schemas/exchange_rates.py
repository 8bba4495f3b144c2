"""Shapes of rates at which costs are shown in another currency."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.queries import Usd

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""ISO 4217, as `BRL`."""
PerUsd = Annotated[Decimal, Field(gt=0, lt=10**9, decimal_places=10)]


class RateCreate(RequestModel):
    """A rate from a moment on."""

    currency: Currency
    per_usd: PerUsd
    """How much of the currency a US dollar is."""
    effective_from: AwareDatetime | None = None
    """null: now. The date of the rate is told wherever it is used."""


class RateUsed(ResponseModel):
    """The rate that amounts are shown at."""

    currency: str
    per_usd: Usd
    """As decimal text."""
    effective_from: datetime


class RateRead(RateUsed):
    """A rate that was set here."""

    id: UUID
    created_at: datetime
    created_by: UUID
