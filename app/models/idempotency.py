"""Requests that were sent with an Idempotency-Key, and their answers, for a day."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class IdempotencyKey(Identified, Base):
    """One key of one user. `object_id` is set in the transaction that does the work, `status` when it was answered."""

    __tablename__ = "idempotency_keys"

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """NULL: a stranger, who registers."""
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """Of owner and key."""
    target_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the whole request, known once its body has come."""
    lease_until: Mapped[datetime]
    """Whoever works on it lengthens this; afterwards it is over or its process is dead."""
    object_type: Mapped[str | None] = mapped_column(String(40))
    object_id: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; NULL when it was too large to keep."""
    expires_at: Mapped[datetime] = mapped_column(index=True)
