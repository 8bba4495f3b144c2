"""Conversations and what was said in them. In code a session is a `Conversation`: `Session` is the database's word."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class SessionState(StrEnum):
    """Where a conversation stands; a PAUSED one goes on with the next question, an ENDED one when it is resumed."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class BusyPolicy(StrEnum):
    """What becomes of a question while another of the same session is not answered."""

    REFUSE = "refuse"
    QUEUE = "queue"


class Speaker(StrEnum):
    """Who says a message; a NOTICE comes from the system."""

    USER = "user"
    ASSISTANT = "assistant"
    NOTICE = "notice"


class Conversation(Identified, Base):
    """One session: an ordered list of messages over an agent."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_owner_id_id", "owner_id", "id"),
        Index("ix_sessions_active", "last_activity_at", postgresql_where="state = 'active'"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"), index=True)
    title: Mapped[str | None] = mapped_column(String(200))
    """NULL until the first question, unless somebody gave one."""
    state: Mapped[SessionState] = mapped_column(String(16), default=SessionState.ACTIVE)
    is_pinned: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(JSONB)
    on_busy: Mapped[BusyPolicy] = mapped_column(String(16), default=BusyPolicy.QUEUE)
    message_count: Mapped[int] = mapped_column(default=0)
    """Number of the last message; whoever adds one holds the row."""
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Agent version and sources that the last question met: `{agent_version, sources: {id: {name, version}}}`."""
    last_activity_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class Message(Base):
    """One message. The words of an assistant's are the answer of its query, which is stored once."""

    __tablename__ = "messages"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap."""
    speaker: Mapped[Speaker] = mapped_column(String(16))
    text: Mapped[str | None]
    """NULL for an assistant's."""
    notice: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`{changes: [{kind, name}]}` of a NOTICE."""
    query_id: Mapped[UUID | None] = mapped_column(ForeignKey("queries.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SessionSummary(Base):
    """What the beginning of a conversation is told as, up to a message; the next one goes on from it."""

    __tablename__ = "session_summaries"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    until_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Number of the last question that it covers."""
    text: Mapped[str]
    model: Mapped[str | None] = mapped_column(String(250))
    """`provider:model`; NULL where rules made it."""
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))
    """NULL when the price is not known."""
    borrowed: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Keys of the sources of others that it rests on, as in `Query.borrowed`: it is told while they hold."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which conversations are wanted; None means any."""

    agent_id: UUID | None = None
    state: SessionState | None = None
    is_pinned: bool | None = None
    tag: str | None = None
