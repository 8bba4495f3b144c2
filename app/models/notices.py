"""What everybody is told of the installation: that it only reads for a while, or an announcement."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class NoticeKind(StrEnum):
    """One notice of each kind at a time."""

    READ_ONLY = "read_only"
    """Requests that change something are refused, as for maintenance."""
    ANNOUNCEMENT = "announcement"


class Notice(Base):
    """A notice, in force from `starts_at` until `ends_at`."""

    __tablename__ = "notices"

    kind: Mapped[NoticeKind] = mapped_column(String(16), primary_key=True)
    text_en: Mapped[str] = mapped_column(String(500))
    text_pt: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """NULL: until it is taken back."""
    retry_after_s: Mapped[int]
    """When a refused request may be tried again, in seconds."""
    set_by: Mapped[UUID]
    """A plain id: the notice outlives an account."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
