"""Uploads in chunks that are on their way in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified
from app.models.files import Origin


class Upload(Identified, Base):
    """A file that comes in chunks, in any order; kept until it expires so that repeats stay harmless."""

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("owner_id", "upload_id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    upload_id: Mapped[UUID]
    """The sender's own name for it."""
    name: Mapped[str] = mapped_column(String(255))
    total_chunks: Mapped[int]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the whole, when the sender has said it."""
    origin: Mapped[Origin] = mapped_column(String(16))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), index=True)
    """The file that gets a new version, or the new file once all chunks are here."""
    version_id: Mapped[UUID | None]
    """What it became; NULL while chunks are missing."""
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UploadChunk(Base):
    """One chunk that is safely stored."""

    __tablename__ = "upload_chunks"

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
