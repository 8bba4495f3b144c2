"""Shapes of what a question of a conversation would know."""

from uuid import UUID

from app.schemas.common import RequestModel, ResponseModel


class ContextPart(ResponseModel):
    """One earlier question as a model would be told of it."""

    number: int
    """Number of its message."""
    kind: str
    """`full`: question, SQL and answer; `short`: question and answer, cut."""
    sent: bool
    reason: str
    """`last`, `recent`, `means_alike`, `shares_words`, `earlier`, or `over_budget` where it is not sent."""
    detail: str
    """The reason in words, in the language of `Accept-Language`."""
    tokens: int
    """Estimated."""
    text: str


class ContinuedAnswer(ResponseModel):
    """The answer that a follow-up is read against."""

    number: int
    question: str
    sql: str | None


class ContextRead(ResponseModel):
    """What would be sent with the next question, and why."""

    session_id: UUID
    question: str
    budget_tokens: int
    tokens: int
    """Estimated size of what is sent."""
    continues: ContinuedAnswer | None
    """Null when there is no answer yet, or when the question stands alone."""
    parts: list[ContextPart]
    """In the order of the conversation, those that are left out included."""


class IndexCreate(RequestModel):
    """A conversation to be indexed for search."""

    session_id: UUID


class IndexAccepted(ResponseModel):
    """What the indexing workers were told to do."""

    session_id: UUID
    exchanges: int
    """Questions with their answers that are indexed, anew where they were already."""
    model: str | None
    """Provider, model and version that make the vectors; null where search goes by words alone."""
