"""Shapes of what search finds."""

from datetime import datetime
from uuid import UUID

from app.schemas.common import PageRead, ResponseModel


class PartScore(ResponseModel):
    """How one part of search ranks an exchange."""

    place: int
    """1 is the best."""
    score: float
    """Of this part; scores of different parts cannot be compared."""


class FoundParts(ResponseModel):
    """The parts that found an exchange; null for those that did not."""

    meaning: PartScore | None
    words: PartScore | None
    spelling: PartScore | None


class ExchangeFound(ResponseModel):
    """A question with its answer, and why it was found."""

    query_id: UUID
    session_id: UUID | None
    message_number: int | None
    agent_id: UUID | None
    question: str
    question_snippet: str
    """The question as HTML text, words that were looked for within `<mark>`."""
    answer_snippet: str
    """What matters of the answer, or of why there is none, in the same way."""
    outcome: str | None
    language: str | None
    asked_at: datetime
    score: float
    """The places of all parts, fused; only their order counts."""
    parts: FoundParts


class SearchRead(PageRead[ExchangeFound]):
    """One page of what was found, the best first."""

    by_meaning: bool
    """False where no vector could be made, and words and spelling had to do."""


class SimilarRead(ResponseModel):
    """Earlier exchanges like something, the best first."""

    items: list[ExchangeFound]
    by_meaning: bool
    """False where no vector could be made, and words and spelling had to do."""
