"""Shapes of batches."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.queries import QueryError, ResultColumn, Usd

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]


class BatchCreate(RequestModel):
    """Many questions to one agent."""

    agent_id: UUID
    questions: Annotated[list[Question], Field(min_length=1, max_length=10_000)]
    """In Portuguese or English; the installation may allow fewer (`AGENTGRAPH_BATCH_QUESTIONS`)."""
    name: Name | None = None
    webhook_id: UUID | None = None
    """Where its end is told, as `batch.finished`."""


class BatchProgress(ResponseModel):
    """How many questions are in each state."""

    queued: int
    running: int
    succeeded: int
    failed: int
    cancelled: int


class BatchRead(ResponseModel):
    """A batch and how far it has come."""

    id: UUID
    agent_id: UUID | None
    schedule_id: UUID | None
    """The schedule that it is a run of."""
    webhook_id: UUID | None
    name: str | None
    state: str
    """`queued`, `running`, `finished` or `cancelled`; the last two are final."""
    question_count: int
    progress: BatchProgress
    cancel_requested: bool
    created_at: datetime
    finished_at: datetime | None


class BatchAnswer(ResponseModel):
    """What became of one question of a batch."""

    number: int
    """1, 2, 3 … in the order in which they were sent."""
    query_id: UUID
    """GET /queries/{query_id} has all of it, …/result all rows and …/chart the chart."""
    question: str
    state: str
    outcome: str | None
    answer: str | None
    sql: str | None
    error: QueryError | None
    columns: list[ResultColumn]
    rows: list[list[Any]]
    """The first ones, as many as were wanted."""
    row_count: int | None
    truncated: bool
    tokens_in: int
    tokens_out: int
    cost_usd: Usd | None


class BatchAnswers(ResponseModel):
    """One page of answers, in the order of the questions."""

    items: list[BatchAnswer]
    next_cursor: str | None
    """Send it as `cursor` for the next page; null on the last one."""
