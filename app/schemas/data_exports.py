"""Shapes of exports of one's own data."""

from datetime import datetime
from uuid import UUID

from app.schemas.common import ResponseModel


class ExportRead(ResponseModel):
    """One archive of one's own data."""

    id: UUID
    state: str
    """`queued`, `ready` or `failed`."""
    size_bytes: int | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    """When it is removed."""
