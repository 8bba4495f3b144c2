"""What people think of answers, and the question and SQL pairs that come of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class Verdict(StrEnum):
    """A thumb."""

    UP = "up"
    DOWN = "down"


class PairState(StrEnum):
    """How far a pair is trusted; only VERIFIED ones are shown to models, STALE ones met another schema."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    STALE = "stale"


class Feedback(Identified, Base):
    """What the asker thinks of one answer; a second opinion replaces the first."""

    __tablename__ = "feedback"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"), unique=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[Verdict] = mapped_column(String(8))
    reason: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Pair(Identified, Base):
    """A question and the SQL that answers it over certain sources."""

    __tablename__ = "pairs"
    __table_args__ = (Index("ix_pairs_owner_id_sources", "owner_id", "sources"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    query_id: Mapped[UUID | None] = mapped_column(ForeignKey("queries.id", ondelete="SET NULL"), unique=True)
    """The question that it came from; NULL when it was imported."""
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"), index=True)
    """The agent through which its statement is tried."""
    sources: Mapped[str] = mapped_column(String(64))
    """Digest of the ids of the sources that it is about."""
    schema_digest: Mapped[str] = mapped_column(String(64))
    """Of the tables and columns that its SQL was checked against."""
    question: Mapped[str]
    sql: Mapped[str]
    state: Mapped[PairState] = mapped_column(String(16), default=PairState.PROPOSED)
    verified_at: Mapped[datetime | None]
