"""Uploaded files and their immutable versions."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Identified


class FileState(StrEnum):
    """How far a version has come; only a READY one can be asked."""

    QUEUED = "queued"
    INGESTING = "ingesting"
    READY = "ready"
    FAILED = "failed"


class File(Identified, Base):
    """A data source that came as a file."""

    __tablename__ = "files"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    deleted_at: Mapped[datetime | None]

    versions: Mapped[list["FileVersion"]] = relationship(
        lazy="raise", order_by="FileVersion.number.desc()", cascade="all, delete-orphan"
    )


class FileVersion(Identified, Base):
    """One upload: the raw bytes, and (when READY) the SQLite database made from them."""

    __tablename__ = "file_versions"
    __table_args__ = (UniqueConstraint("file_id", "number"),)

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[FileState] = mapped_column(String(16), default=FileState.QUEUED)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(500))
    """Folder of the version in the store: `raw`, `data.sqlite`, `values.sqlite`."""
    rows_done: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What ingestion detected, decided and rejected."""
    catalog: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`app.connectors.catalog.Catalog` as JSON."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`{code, fields}` when FAILED."""
    finished_at: Mapped[datetime | None]
