"""Shapes of notices."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from app.schemas.common import RequestModel, ResponseModel

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class _Written(RequestModel):
    text_en: Words = ""
    text_pt: Words = ""
    starts_at: AwareDatetime | None = None
    """Null: now."""
    ends_at: AwareDatetime | None = None
    """Null: until it is taken back."""

    @model_validator(mode="after")
    def _refuse_backwards(self) -> Self:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self


class ReadOnlyWrite(_Written):
    """From when to when the installation only reads, and what people are told of it."""

    retry_after_s: Annotated[int, Field(ge=1, le=86_400)] = 300
    """When those who are refused may try again, in seconds."""


class AnnouncementWrite(_Written):
    """What everybody is to be told, in both languages."""

    text_en: Annotated[Words, Field(min_length=1)]
    text_pt: Annotated[Words, Field(min_length=1)]


class NoticeRead(ResponseModel):
    """A notice that is in force."""

    text: str
    """In the reader's language."""
    text_en: str
    text_pt: str
    starts_at: datetime
    ends_at: datetime | None
    retry_after_s: int


class NoticesRead(ResponseModel):
    """What everybody is told of the installation at this moment."""

    read_only: NoticeRead | None
    """Set while requests that change something are refused (503, `read_only`)."""
    announcement: NoticeRead | None
