"""Usage records: one row a finished model call, which is both the bill and what a repeated run replays."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class UsageRecord(Identified, Base):
    """One model call: who, for what, how much, how long, and its answer."""

    __tablename__ = "usage_records"
    __table_args__ = (UniqueConstraint("query_id", "call_key"),)

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    call_key: Mapped[str] = mapped_column(String(200))
    node: Mapped[str] = mapped_column(String(50))
    provider: Mapped[str] = mapped_column(String(50))
    model: Mapped[str] = mapped_column(String(200))
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    tokens_cached: Mapped[int]
    price_usd: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))
    """NULL when the price is not known."""
    latency_s: Mapped[float]
    provider_call_id: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
