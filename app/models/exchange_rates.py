"""Rates at which costs are shown in another currency than the one that they are kept in."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class ExchangeRate(Identified, Base):
    """A rate that an ADMIN has set; a change is a further row."""

    __tablename__ = "exchange_rates"
    __table_args__ = (Index("ix_exchange_rates_currency_effective_from", "currency", "effective_from"),)

    currency: Mapped[str] = mapped_column(String(3))
    """ISO 4217."""
    per_usd: Mapped[Decimal] = mapped_column(Numeric(20, 10))
    """How much of it a US dollar is."""
    effective_from: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
