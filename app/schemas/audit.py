"""Shapes of the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.schemas.common import ResponseModel


class AuditEventRead(ResponseModel):
    """One thing that was done or refused."""

    id: UUID
    created_at: datetime
    actor_id: UUID | None
    """Who; null for strangers and the system itself."""
    actor_kind: str | None
    via: str | None
    """`sign_in:` or `api_key:` and its id."""
    action: str
    object_type: str
    object_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    """What holds since then; texts of people are shown as fingerprints."""
    address: str | None
    request_id: str | None
    outcome: str
    """`succeeded` or `refused`."""
    seq: int | None
    """Place in the sealed chain; null for the first seconds."""

    def cells(self) -> dict[str, Any]:
        """The fields as single cells: objects as JSON text."""
        return {
            name: orjson.dumps(value).decode() if isinstance(value, dict) else value
            for name, value in self.model_dump(mode="json").items()
        }
