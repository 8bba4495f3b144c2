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


class Origin(StrEnum):
    """How a version came to be."""

    UPLOAD = "upload"
    REPLACE = "replace"
    APPEND = "append"
    REREAD = "reread"


class File(Identified, Base):
    """A data source that came as a file."""

    __tablename__ = "files"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(default="", server_default="")
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """`{label, description}` by SQL name of the columns that people have described."""
    edition: Mapped[int] = mapped_column(default=1, server_default="1")
    """Rises with every change of name, description or columns: an answer depends on them."""
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
    stored_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Bytes in the store: what was sent, and what was made of it."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the raw bytes; NULL until an upload in chunks has been put together."""
    expected_sha256: Mapped[str | None] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(500))
    """Folder of its artefacts in the store; the raw bytes are at `app.core.storage.raw_key`."""
    origin: Mapped[Origin] = mapped_column(String(16), default=Origin.UPLOAD, server_default="upload")
    base_id: Mapped[UUID | None] = mapped_column(ForeignKey("file_versions.id", ondelete="SET NULL"))
    """The version to which an APPEND adds its rows."""
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """`app.ingestion.options.ReadOptions` as JSON: what the sender knows of the file."""
    upload_id: Mapped[UUID | None]
    """The upload whose chunks are its raw bytes, when it came in chunks."""
    started_at: Mapped[datetime | None]
    """When reading it was last begun."""
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
