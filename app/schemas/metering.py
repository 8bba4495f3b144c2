"""Shapes of metered work."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.core.dimensions import MeteredBy
from app.schemas.common import RequestModel, ResponseModel


class OwnMeteringAsked(RequestModel):
    """Which days are counted."""

    since: date | None = None
    """Day of UTC."""
    until: date | None = None
    """The same; not included itself."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class MeteringAsked(OwnMeteringAsked):
    """Which work is asked for."""

    by: MeteredBy = MeteredBy.USER


class WorkRead(ResponseModel):
    """How much was done."""

    times: int
    seconds: float
    rows: int
    bytes: int


class MeteredRead(ResponseModel):
    """Work of all kinds."""

    sql: WorkRead
    """Statements of finished questions; rows and bytes are those that were kept as results."""
    ingestion: WorkRead
    """Files that were read; rows of their tables, bytes as they were sent."""
    stored_byte_days: int
    """Bytes stored at the fullest hour of each day, added up: a gigabyte for a month is thirty gigabyte-days."""


class MeteredGroupRead(MeteredRead):
    """Work of one user or day."""

    key: str
    name: str | None
    """What people call the user; null for days, and when the user is gone."""


class MeteringRead(ResponseModel):
    """Metered work: users with the most seconds first, or the latest days."""

    by: MeteredBy
    since: date | None
    until: date | None
    total: MeteredRead
    """Also of groups that are not listed."""
    groups: list[MeteredGroupRead]
    is_complete: bool
