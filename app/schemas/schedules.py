"""Shapes of schedules."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.batches import Question
from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.queries import QueryError


class ScheduleWrite(RequestModel):
    """Questions to an agent, and when to ask them."""

    name: Name
    agent_id: UUID
    questions: Annotated[list[Question], Field(min_length=1, max_length=100)]
    cron: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    """Five fields: minute, hour, day of month, month, day of week (`30 8 * * 1-5`)."""
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "UTC"
    """IANA name, as in `America/Sao_Paulo`. An hour that summer time leaves out is run right after it."""
    webhook_id: UUID | None = None
    """Where the end of each run is told."""
    enabled: bool = True


class ScheduleRead(ResponseModel):
    """A schedule."""

    id: UUID
    name: str
    agent_id: UUID | None
    questions: list[str]
    cron: str
    time_zone: str
    webhook_id: UUID | None
    enabled: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    """GET /batches?schedule_id= has the runs."""
    last_problem: QueryError | None
    """Why the last run could not be begun."""
    created_at: datetime
    updated_at: datetime
