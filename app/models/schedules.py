"""Questions that are asked again and again at given times."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class Schedule(Identified, Base):
    """One schedule; each of its runs is a batch."""

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_owner_id_id", "owner_id", "id"),
        Index("ix_schedules_due", "next_run_at", postgresql_where="next_run_at IS NOT NULL"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"), index=True)
    webhook_id: Mapped[UUID | None] = mapped_column(ForeignKey("webhooks.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    questions: Mapped[list[str]] = mapped_column(JSONB)
    cron: Mapped[str] = mapped_column(String(100))
    time_zone: Mapped[str] = mapped_column(String(60))
    """IANA name, in whose hours `cron` is read."""
    is_enabled: Mapped[bool]
    next_run_at: Mapped[datetime | None]
    """NULL while it is not enabled, or when its expression names no future moment."""
    last_run_at: Mapped[datetime | None]
    last_problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`{code, detail, fields}` of the last run when it could not be begun."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
