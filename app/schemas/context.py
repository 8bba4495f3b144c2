"""Shapes of what a question of a conversation would know."""

from datetime import datetime
from uuid import UUID

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.queries import Usd
from app.schemas.sessions import SpentRead


class ContextPart(ResponseModel):
    """One earlier question as a model would be told of it, or the summary of many."""

    number: int
    """Number of its message; of a summary the last one that it covers."""
    kind: str
    """`full`: question, SQL and answer; `short`: question and answer, cut; `summary`: what stands for the beginning."""
    sent: bool
    reason: str
    """`last`, `recent`, `summary`, `means_alike`, `shares_words`, `earlier`; `in_summary` or `over_budget` where it is
    not sent."""
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


class SummaryRead(ResponseModel):
    """What stands for the beginning of a conversation that does not fit the budget, and what making it cost."""

    until_number: int
    """Number of the last question that it covers."""
    model: str | None
    """`provider:model`; null where rules made it."""
    tokens_in: int
    tokens_out: int
    cost_usd: Usd | None
    """Null when the price is not known. In the ledger it is the node `summarise`."""
    created_at: datetime


class ContextRead(ResponseModel):
    """What would be sent with the next question, and why."""

    session_id: UUID
    question: str
    budget_tokens: int
    tokens: int
    """Estimated size of what is sent."""
    continues: ContinuedAnswer | None
    """Null when there is no answer yet, or when the question stands alone."""
    summary: SummaryRead | None
    """Null where everything fits as it is, or nothing is summarised yet."""
    spent_on_summaries: SpentRead
    """All that were made for this conversation so far, those that a later one replaced included."""
    parts: list[ContextPart]
    """The summary first, then in the order of the conversation, those that are left out included."""


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
