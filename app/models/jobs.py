"""The queue of record: what is to be done, who does it and until when; the broker only carries hints."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class JobState(StrEnum):
    """Life of a job; DONE and FAILED are final, and a HELD one waits for its turn in a session."""

    HELD = "held"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Identified, Base):
    """One piece of background work on one object.

    `published_at` makes it an outbox row as well: NULL until the broker has the hint. `fence` rises with every claim,
    and whoever holds an older one can no longer write.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_jobs_open", "state", "lease_until", postgresql_where="state IN ('queued', 'running')"),
        Index("ix_jobs_waiting", "kind", "is_batch", "owner_id", "id", postgresql_where="state = 'queued'"),
    )

    kind: Mapped[str] = mapped_column(String(50))
    """Name of a job in `app.core.jobs`."""
    subject_id: Mapped[UUID]
    """The query, file version, reading of a schema, erasure or export to work on."""
    owner_id: Mapped[UUID | None]
    """Whose question it is, for turns between people; NULL for other kinds of work."""
    is_batch: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether nobody waits in front of a screen: it goes after work that somebody waits for."""
    state: Mapped[JobState] = mapped_column(String(16), default=JobState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_until: Mapped[datetime | None]
    run_after: Mapped[datetime | None]
    """Nobody takes it before; NULL: at once."""
    published_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    traceparent: Mapped[str] = mapped_column(
        String(55), server_default=text("coalesce(current_setting('agentgraph.traceparent', true), '')")
    )
    """The trace that the work goes on with: that of the transaction which made the job; empty: none."""
