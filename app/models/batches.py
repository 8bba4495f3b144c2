"""Many questions to one agent that are asked, followed and cancelled as one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class BatchState(StrEnum):
    """Where a batch stands; the last two are final."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Batch(Identified, Base):
    """One batch; how far it has come follows from the states of its questions."""

    __tablename__ = "batches"
    __table_args__ = (
        Index("ix_batches_owner_id_id", "owner_id", "id"),
        Index("ix_batches_open", "id", postgresql_where="finished_at IS NULL"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"), index=True)
    schedule_id: Mapped[UUID | None] = mapped_column(ForeignKey("schedules.id", ondelete="SET NULL"), index=True)
    """The schedule that it is a run of."""
    webhook_id: Mapped[UUID | None] = mapped_column(ForeignKey("webhooks.id", ondelete="SET NULL"), index=True)
    """Where its end is told."""
    name: Mapped[str | None] = mapped_column(String(200))
    question_count: Mapped[int]
    cancel_requested_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    """When the last of its questions had ended."""
