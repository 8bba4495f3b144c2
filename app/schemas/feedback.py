"""Shapes of feedback, and of pairs of question and SQL."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.schemas.common import RequestModel, ResponseModel

Sql = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50_000)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class FeedbackCreate(RequestModel):
    """What the asker thinks of an answer."""

    verdict: Literal["up", "down"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = None
    corrected_sql: Sql | None = None
    """A statement that answers the question right; it takes the same gate as any other, and is run."""


class PairRead(ResponseModel):
    """A question and the SQL that answers it."""

    id: UUID
    question: str
    sql: str
    state: str
    """`proposed`, `verified` (models are shown it) or `stale` (the schema is another one now)."""
    query_id: UUID | None
    created_at: datetime
    verified_at: datetime | None


class FeedbackRead(ResponseModel):
    """What was kept."""

    query_id: UUID
    verdict: str
    reason: str | None
    pair: PairRead | None
    """The pair that came of it; null after a thumb down without a corrected statement."""


class PairLine(RequestModel):
    """One line of an export or import."""

    question: Words
    sql: Sql


class PairsImported(ResponseModel):
    """What came of an import."""

    added: int
    rejected: list[int]
    """Numbers of the lines that are no pair, or whose statement does not run here."""
