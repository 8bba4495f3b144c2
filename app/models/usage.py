"""The ledger of model calls: one row a request to a model, which stays when what it was made for is deleted."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, Numeric, SmallInteger, String, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class UsageRecord(Identified, Base):
    """One model call: who, for what, how much, how long, how it ended.

    Everything but the owner is a plain id, as it was at the time of the call: a bill outlives sessions and agents, and
    does not change hands with a user.
    """

    __tablename__ = "usage_records"
    __table_args__ = (
        UniqueConstraint("query_id", "call_key"),
        Index("ix_usage_records_created_at", "created_at"),
        Index("ix_usage_records_owner_id_created_at", "owner_id", "created_at"),
        Index("ix_usage_records_not_summed", "id", postgresql_where="opens IS NULL"),
    )

    query_id: Mapped[UUID]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    group_id: Mapped[UUID | None]
    """The MASTER whose group the owner belonged to; a MASTER's own calls are its group's."""
    role_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    source_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Files and databases that the agent read, in the order of ids."""
    call_key: Mapped[str] = mapped_column(String(200))
    node: Mapped[str] = mapped_column(String(50))
    provider: Mapped[str] = mapped_column(String(50))
    model: Mapped[str] = mapped_column(String(200))
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    tokens_cached: Mapped[int]
    """Part of `tokens_in`."""
    tokens_reasoning: Mapped[int]
    """Part of `tokens_out`."""
    price_usd: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))
    """NULL when the price, or what the provider bills for, is not known."""
    price_version: Mapped[str | None] = mapped_column(String(60))
    """The price that it follows from: `genai-prices` with its version, `settings`, or `own:` and an id."""
    outcome: Mapped[str] = mapped_column(String(16))
    """`app.agentgraph.outcome.CallOutcome`."""
    latency_s: Mapped[float]
    provider_call_id: Mapped[str | None] = mapped_column(String(200))
    opens: Mapped[int | None] = mapped_column(SmallInteger)
    """What the call is the first of in its question (`app.core.dimensions.opening`); NULL until its hour has it."""


class UsageHour(Base):
    """Sums over the calls of one hour (UTC) that are alike in everything that costs are told apart by."""

    __tablename__ = "usage_hours"
    __table_args__ = (
        Index("ix_usage_hours_hour", "hour"),
        Index("ix_usage_hours_owner_id_hour", "owner_id", "hour"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Digest of the hour and everything that the calls are alike in."""
    hour: Mapped[datetime]
    owner_id: Mapped[UUID]
    group_id: Mapped[UUID | None]
    role_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    source_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    provider: Mapped[str] = mapped_column(String(50))
    model: Mapped[str] = mapped_column(String(200))
    node: Mapped[str] = mapped_column(String(50))
    opens: Mapped[int] = mapped_column(SmallInteger)
    first_at: Mapped[datetime]
    calls: Mapped[int] = mapped_column(BigInteger)
    unanswered: Mapped[int] = mapped_column(BigInteger)
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    tokens_cached: Mapped[int] = mapped_column(BigInteger)
    tokens_reasoning: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(30, 10))
    without_price: Mapped[int] = mapped_column(BigInteger)
    latency_s: Mapped[float]


class CallAnswer(Base):
    """A model's answer, for a run that is repeated after its process died; it goes with its query."""

    __tablename__ = "call_answers"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True)
    call_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ModelPrice(Identified, Base):
    """A price that an ADMIN has set for a model, in USD a million tokens; a change is a further row."""

    __tablename__ = "model_prices"
    __table_args__ = (Index("ix_model_prices_model_effective_from", "model", "effective_from"),)

    model: Mapped[str] = mapped_column(String(250))
    """`provider:model`."""
    input_usd: Mapped[Decimal] = mapped_column(Numeric(20, 10))
    output_usd: Mapped[Decimal] = mapped_column(Numeric(20, 10))
    cached_usd: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))
    """For tokens out of the provider's cache; NULL: as any other of the input."""
    effective_from: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


@dataclass(frozen=True, slots=True)
class CostFilter:
    """Which calls are counted; None means any."""

    user_id: UUID | None = None
    group_id: UUID | None = None
    role_id: UUID | None = None
    agent_id: UUID | None = None
    source_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
    node: str | None = None
    since: datetime | None = None
    until: datetime | None = None
