"""Questions with their answers, and the rows each answer rests on."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, LargeBinary, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class QueryState(StrEnum):
    """Where a query stands; the last three are final, and NEEDS_INPUT lasts until its owner says something."""

    QUEUED = "queued"
    RUNNING = "running"
    NEEDS_INPUT = "needs_input"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StatsBy(StrEnum):
    """What questions are told apart by in figures over them."""

    DAY = "day"
    AGENT = "agent"
    SOURCE = "source"
    OUTCOME = "outcome"
    ANSWERED_BY = "answered_by"
    SESSION = "session"


FINAL_STATES = frozenset({QueryState.SUCCEEDED, QueryState.FAILED, QueryState.CANCELLED})
RESTING_STATES = FINAL_STATES | {QueryState.NEEDS_INPUT}
"""States that no process works on."""


class Query(Identified, Base):
    """One question asked to one agent."""

    __tablename__ = "queries"
    __table_args__ = (
        Index("ix_queries_owner_id_id", "owner_id", "id"),
        Index("ix_queries_needs_input", "started_at", postgresql_where="state = 'needs_input'"),
        Index("ix_queries_finished_on_took_s", "finished_on", "took_s", postgresql_where="took_s IS NOT NULL"),
        Index("ix_queries_open", "owner_id", postgresql_where="state IN ('queued', 'running')"),
        Index(
            "ix_queries_session_id_message_number",
            "session_id",
            "message_number",
            postgresql_where="session_id IS NOT NULL",
        ),
        Index(
            "ix_queries_batch_id_batch_number",
            "batch_id",
            "batch_number",
            postgresql_where="batch_id IS NOT NULL",
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"), index=True)
    agent_version: Mapped[int]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="SET NULL"))
    """The conversation that it was asked in."""
    message_number: Mapped[int | None]
    """Number of the message that asks it; the answer is the next one."""
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batches.id", ondelete="SET NULL"))
    """The batch that it was asked in."""
    batch_number: Mapped[int | None]
    """1, 2, 3 … in the order of the batch."""
    question: Mapped[str]
    language: Mapped[str | None] = mapped_column(String(10))
    state: Mapped[QueryState] = mapped_column(String(16), default=QueryState.QUEUED)
    outcome: Mapped[str | None] = mapped_column(String(20))
    """`app.agentgraph.outcome.OutcomeKind` of a finished run."""
    answer: Mapped[str | None]
    answered_by: Mapped[str | None] = mapped_column(String(16))
    sql: Mapped[str | None]
    chart: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`{type, title, spec, reason}`."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`{code, detail, fields}` when there is no answer."""
    details: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Reading, assumptions, confidence, attempts, refinements, tables, timings, chart_reason, cache age."""
    input_request: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`{question, options, is_open}` while it waits for its owner; `is_open` when words other than the options do."""
    inputs: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """Requests that were answered, in order, each with its `reply`."""
    row_count: Mapped[int | None]
    truncated: Mapped[bool] = mapped_column(default=False)
    tokens_in: Mapped[int] = mapped_column(default=0)
    tokens_out: Mapped[int] = mapped_column(default=0)
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(20, 10))
    """Sum of the usage records; NULL when a price is not known."""
    borrowed: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Keys (`app.models.shares.RECEIVED`) of what others share that it rests on; NULL: its owner's own sources."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_on: Mapped[date | None] = mapped_column(Computed("timezone('UTC'::text, finished_at)::date"))
    """Its day (UTC); a column because an index over an expression is not used beside the policies on rows."""
    took_s: Mapped[float | None] = mapped_column(
        Computed("extract(epoch FROM finished_at - started_at)::double precision")
    )
    """Seconds from its start to its end."""
    cancel_requested_at: Mapped[datetime | None]


class QueryTrace(Base):
    """What the runs of a query did, step by step and redacted; only of agents with `debug`."""

    __tablename__ = "query_traces"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Those of `app.agentgraph.trace`, of one run after the other."""


class QueryResult(Base):
    """The rows of an answer, compressed; apart from the query so that lists stay light."""

    __tablename__ = "query_results"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """`[{name, type}]`."""
    rows: Mapped[bytes] = mapped_column(LargeBinary)
    """zlib-compressed JSON: a list of rows with cells in their JSON form."""
