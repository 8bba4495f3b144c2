"""Exports: all that belongs to a person as one archive, to be taken away."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class ExportState(StrEnum):
    """How far an archive has come; only a READY one can be fetched."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"


class DataExport(Identified, Base):
    """One archive of a person's data, kept for a while."""

    __tablename__ = "data_exports"
    __table_args__ = (Index("ix_data_exports_owner_id_id", "owner_id", "id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    state: Mapped[ExportState] = mapped_column(String(16), default=ExportState.QUEUED)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a finished one is removed."""
