"""Shapes of the work that goes on at this moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.schemas.common import RequestModel, ResponseModel


class LiveQuestionRead(ResponseModel):
    """A question that waits or runs; without its text."""

    id: UUID
    owner_id: UUID
    owner_name: str
    group_id: UUID | None
    """The MASTER whose user asks."""
    agent_id: UUID | None
    session_id: UUID | None
    batch_id: UUID | None
    state: str
    stage: str | None
    """The step that began last; null before the first, and while the events are away."""
    attempts: int
    is_cancelling: bool
    created_at: datetime
    started_at: datetime | None


class LiveUploadRead(ResponseModel):
    """A file that waits to be read, or is read."""

    id: UUID
    """Of the version."""
    file_id: UUID
    owner_id: UUID
    owner_name: str
    group_id: UUID | None
    state: str
    size_bytes: int
    bytes_done: int
    rows_done: int
    created_at: datetime
    started_at: datetime | None


class LiveRead(ResponseModel):
    """What goes on at this moment."""

    questions: list[LiveQuestionRead]
    """Those that run first, then those that wait, the oldest first."""
    uploads: list[LiveUploadRead]
    is_complete: bool
    """Whether all are listed."""


class LiveCancel(RequestModel):
    """A question to stop."""

    query_id: UUID


class SettingRead(ResponseModel):
    """One setting as it counts in the process that answered."""

    variable: str
    value: Any
    """Of a secret only whether there is one (`set`)."""
    origin: str
    """`environment`, `env_file` or `default`."""
    meaning: str


class SettingsRead(ResponseModel):
    """The settings of this installation."""

    items: list[SettingRead]
    unknown_variables: dict[str, str | None]
    """Variables that look like settings and mean none, with the setting that was probably meant."""
