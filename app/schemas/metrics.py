"""Shapes of what an installation measures of itself."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.measures import Measure
from app.schemas.common import RequestModel, ResponseModel


class TallyRead(ResponseModel):
    """How often something happened, how often not well, and how long it took."""

    key: str
    count: int
    failures: int
    mean_s: float | None
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


class QueueRead(ResponseModel):
    """Jobs that wait and run."""

    queue: str
    waiting: int
    running: int
    oldest_waits_s: float


class MetricsRead(ResponseModel):
    """What the installation has done, over all of its processes; at most a few seconds old."""

    since: datetime
    until: datetime
    measures: dict[Measure, list[TallyRead]]
    """The most frequent first."""
    queues: list[QueueRead]
    database_connections: dict[str, int]
    """Connections of this process to the system database: `open` and `in_use`."""


class PerformanceAsked(RequestModel):
    """Which figures are asked for."""

    by: Measure = Measure.ROUTE
    """What they are told apart by."""
    since: datetime | None = None
    """ISO 8601, UTC without an offset; null: a day ago. Hours count whole."""
    until: datetime | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    """Most keys and slowest questions to return."""


class HourRead(TallyRead):
    """One key in one hour, or in one day where `step` says so."""

    hour: datetime
    """Its beginning (UTC)."""


class SlowQuestionRead(ResponseModel):
    """A question that took long; what was asked is its owner's to know."""

    id: UUID
    owner_id: UUID
    agent_id: UUID | None
    took_s: float
    stages_s: dict[str, float]


class PerformanceRead(ResponseModel):
    """How fast the installation was."""

    by: Measure
    since: datetime
    until: datetime
    step: Literal["hour", "day"]
    """What is told of the time between: hours of up to two days, else days."""
    keys: list[TallyRead]
    """Over the whole time: those that took most of it first."""
    hours: list[HourRead]
    """The same keys step by step."""
    slowest: list[SlowQuestionRead]
