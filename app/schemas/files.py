"""Shapes of uploaded files."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.queries import QueryError, ResultColumn


class FileUpdate(RequestModel):
    """What people may change of a file."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class FileRead(ResponseModel):
    """A file as a data source."""

    id: UUID
    name: str
    state: str
    """`queued`, `ingesting`, `ready` or `failed`; agents can be asked when it is `ready`."""
    version: int
    size_bytes: int
    sha256: str
    rows: int | None
    """Rows of its table, once it is ready."""
    error: QueryError | None
    """Why it cannot be read, when it failed."""
    created_at: datetime
    finished_at: datetime | None


class FileProgress(ResponseModel):
    """How far the reading of a file has come."""

    rows_done: int
    bytes_done: int
    total_bytes: int
    percent: int = Field(ge=0, le=100)


class FileStatus(ResponseModel):
    """Where a file stands."""

    id: UUID
    state: str
    progress: FileProgress
    error: QueryError | None
    created_at: datetime
    finished_at: datetime | None


class FilePreview(ResponseModel):
    """The first rows of a file, what its columns hold, and what reading it changed."""

    id: UUID
    table: str
    """Name of the table in SQL."""
    rows_total: int | None
    columns: list[ResultColumn]
    rows: list[list[Any]]
    profile: list[dict[str, Any]]
    """For each column: type, header, nulls, distinct values, least and greatest, common values."""
    report: dict[str, Any]
    """What was detected and decided: encoding, delimiter, header, and the values that were changed or rejected."""
