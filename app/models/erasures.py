"""Erasures: the removal of all that belonged to a closed account, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class ErasureState(StrEnum):
    """How far an erasure has come; a FAILED one is tried again later."""

    QUEUED = "queued"
    ERASING = "erasing"
    DONE = "done"
    FAILED = "failed"


class Erasure(Identified, Base):
    """One closed account whose things go; the row stays as the proof that they went."""

    __tablename__ = "erasures"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), unique=True)
    manager_id: Mapped[UUID | None] = mapped_column(index=True)
    """The MASTER who managed the account, and may read the report."""
    state: Mapped[ErasureState] = mapped_column(String(16), default=ErasureState.QUEUED)
    receipt_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    """Of the receipt with which the person reads the report, having no account any more."""
    email: Mapped[str | None] = mapped_column(String(320))
    """Finds the mails to be removed; NULL once that is done."""
    removed: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """How many by sort, counted in the transactions that remove them."""
    kept: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """How many by sort stay as figures, with every text taken out."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
