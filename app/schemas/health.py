"""Shapes of health."""

from datetime import datetime
from typing import Any, Literal

from app.schemas.common import ResponseModel

State = Literal["up", "degraded", "down"]


class Liveness(ResponseModel):
    """The process answers."""

    status: Literal["up"]


class ReadinessRead(ResponseModel):
    """Which parts of the installation answer."""

    is_ready: bool
    database: Literal["up", "down"]
    valkey: Literal["up", "down"]


class PartRead(ResponseModel):
    """One part of the installation."""

    name: str
    status: State
    detail: str
    """What was found, in a few words."""
    took_ms: float
    figures: dict[str, Any]


class SystemHealthRead(ResponseModel):
    """The whole installation."""

    status: State
    """`down` when nothing can be served, `degraded` when a part is down or behind."""
    checked_at: datetime
    parts: list[PartRead]
