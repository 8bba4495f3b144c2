"""Shapes of prices of models."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.queries import Usd

PerMillion = Annotated[Decimal, Field(ge=0, lt=10**9, decimal_places=10)]
"""US dollars for a million tokens."""


class PriceCreate(RequestModel):
    """A price of a model from a moment on, in US dollars for a million tokens."""

    model: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """`provider:model`, or the name of a listed model."""
    input_usd: PerMillion
    output_usd: PerMillion
    cached_usd: PerMillion | None = None
    """For tokens that the provider had in its cache; null: as any other of the input."""
    effective_from: AwareDatetime | None = None
    """null: now. A moment that has passed changes no call that was made already."""


class PriceRead(ResponseModel):
    """A price that was set here."""

    id: UUID
    model: str
    input_usd: Usd
    output_usd: Usd
    cached_usd: Usd | None
    effective_from: datetime
    created_at: datetime
    created_by: UUID
