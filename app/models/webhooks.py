"""Addresses that people want to be told at, and what was told there."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class DeliveryState(StrEnum):
    """How a delivery stands; the last two are final."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(Identified, Base):
    """One address, with the secret that signs what is sent there."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_owner_id_id", "owner_id", "id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200), default="")
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed by `app.core.crypto` for this row alone."""
    disabled_at: Mapped[datetime | None]
    """When its server said that it is gone (410)."""


class WebhookDelivery(Identified, Base):
    """One message to one address; its id is the `webhook-id` that the receiver sees in every try."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_webhook_id_id", "webhook_id", "id"),)

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """`{type, timestamp, data}`."""
    state: Mapped[DeliveryState] = mapped_column(String(16), default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]
    """HTTP status of the last try; NULL when there was none."""
    problem: Mapped[str | None] = mapped_column(String(40))
    """Code of what kept the last try from an answer."""
    tried_at: Mapped[datetime | None]


class QueryWebhook(Base):
    """Where the end of a question is to be told; gone once that is on its way."""

    __tablename__ = "query_webhooks"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
