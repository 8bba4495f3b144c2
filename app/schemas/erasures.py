"""Shapes of erasures: what becomes of the things of a closed account."""

from datetime import datetime
from uuid import UUID

from pydantic import Field, SecretStr

from app.schemas.common import RequestModel, ResponseModel


class ErasureRead(ResponseModel):
    """How far the removal of all that belonged to a closed account has come."""

    id: UUID
    user_id: UUID
    """The account, of which nothing but this id and its kind is left."""
    state: str
    """`queued`, `erasing`, `done` or `failed`; a failed one is tried again by itself."""
    removed: dict[str, int]
    """What was removed, by sort; `stored_bytes` of files, `cached` answers, pictures and events."""
    kept: dict[str, int]
    """What stays as figures for the accounts of the installation, with every text taken out."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ErasureBegun(ErasureRead):
    """An erasure that was just begun."""

    receipt: str
    """For the person who left: with it POST /erasures/receipt tells how far it is. Shown once."""


class ErasureReceipt(RequestModel):
    """Proof that one may read the report of an erasure."""

    receipt: SecretStr = Field(max_length=200)
