"""Connections to people's databases, and what was seen of each at a time."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class SurveyState(StrEnum):
    """How far the reading of a schema has come; only a READY one can be asked."""

    QUEUED = "queued"
    READING = "reading"
    READY = "ready"
    FAILED = "failed"


class SourceDatabase(Identified, Base):
    """A data source that is somebody's database; `version` rises with every change and is its ETag."""

    __tablename__ = "databases"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    engine: Mapped[str] = mapped_column(String(16))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    database: Mapped[str] = mapped_column(String(128))
    username: Mapped[str] = mapped_column(String(128))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """The password, sealed by `app.core.crypto` for this row alone."""
    tls: Mapped[str] = mapped_column(String(16))
    ca: Mapped[str | None]
    schemas: Mapped[list[str]] = mapped_column(JSONB)
    tables: Mapped[list[str]] = mapped_column(JSONB)
    timeout_s: Mapped[float | None]
    """Longest statement, in seconds; NULL: the installation's limit. The next three likewise."""
    max_rows: Mapped[int | None]
    max_bytes: Mapped[int | None]
    max_connections: Mapped[int | None]
    cache_ttl_s: Mapped[int]
    """How long an answer may be served again, in seconds."""
    write_schema: Mapped[str | None] = mapped_column(String(128))
    """Schema in which the owner lets tables be made of answers; NULL: nothing is ever written."""
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    deleted_at: Mapped[datetime | None]


class DatabaseSnapshot(Identified, Base):
    """The schema and the stored values of a database as one reading found them; never changed once READY."""

    __tablename__ = "database_snapshots"
    __table_args__ = (Index("ix_database_snapshots_database_id_id", "database_id", "id"),)

    database_id: Mapped[UUID] = mapped_column(ForeignKey("databases.id", ondelete="CASCADE"))
    state: Mapped[SurveyState] = mapped_column(String(16), default=SurveyState.QUEUED)
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    """Digest of names, types and keys: a database with another one has changed."""
    catalog: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    """`app.connectors.catalog.Catalog` as JSON."""
    tables_found: Mapped[int | None]
    server: Mapped[str | None] = mapped_column(String(120))
    warnings: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """What the login may do beyond reading, as codes."""
    grants: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """Statements that make a login which only reads."""
    values: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The value index, an SQLite file (`app.connectors.value_index`) compressed by zlib; some megabytes at most."""
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`{code, detail, fields}` when FAILED."""
    finished_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    """When the database was last seen to be as this says."""
    drifted_at: Mapped[datetime | None]
    """When the database was seen to be otherwise; from then on it is stale."""
