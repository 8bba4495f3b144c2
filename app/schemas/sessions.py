"""Shapes of conversations and their messages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.common import Name, RequestModel, ResponseModel
from app.schemas.queries import ChartRead, FinishedQuery, QueryError, Usd
from app.schemas.shares import SharedBy

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Tags = Annotated[list[Tag], Field(max_length=20)]


class SessionCreate(RequestModel):
    """A new conversation over one agent."""

    agent_id: UUID
    title: Name | None = None
    """Left out: made from the first question."""
    tags: Tags = Field(default_factory=list)
    pinned: bool = False
    on_busy: Literal["queue", "refuse"] = "queue"
    """What becomes of a question while another is not answered: it waits for its turn, or is refused."""


class SessionUpdate(RequestModel):
    """What may be changed of a conversation; a field that is left out stays as it is."""

    title: Name | None = None
    tags: Tags | None = None
    pinned: bool | None = None
    on_busy: Literal["queue", "refuse"] | None = None
    state: Literal["paused", "ended"] | None = None
    """PUT …/resume makes it active again."""


class SessionRead(ResponseModel):
    """A conversation."""

    id: UUID
    agent_id: UUID | None
    title: str | None
    """Null until the first question, unless one was given."""
    state: str
    """`active`, `paused` or `ended`. One without a question for a while is paused, and goes on with the next one."""
    pinned: bool
    tags: list[str]
    on_busy: str
    message_count: int
    created_at: datetime
    last_activity_at: datetime
    ended_at: datetime | None
    shared_by: SharedBy | None
    """Who lets you read it; null for one's own."""


class LastAnswer(ResponseModel):
    """Where the conversation stands: what a follow-up is read against."""

    query_id: UUID
    question: str
    sql: str | None
    chart_type: str | None
    tables: list[str]


class PendingInput(ResponseModel):
    """A question back that waits for an answer."""

    query_id: UUID
    question: str
    detail: str
    options: list[str]


class SessionChange(ResponseModel):
    """Something that changed since the last answer."""

    kind: str
    """`agent_changed`, `agent_gone`, `source_added`, `source_changed` or `source_gone`."""
    detail: str
    """In the language of `Accept-Language`."""


class SpentRead(ResponseModel):
    """What some calls to models come to, as the ledger has them."""

    calls: int
    """Those that were tried again or failed included."""
    tokens_in: int
    tokens_out: int
    cost_usd: Usd
    """Sum of the prices that are known."""
    without_price: int
    """Calls whose price is not known."""


class SessionSpentRead(ResponseModel):
    """What a conversation has cost so far."""

    questions: SpentRead
    """The bills of its questions together."""
    summaries: SpentRead
    """The summaries of its older questions, which are made in the background and are on no question's bill."""


class SessionDetail(SessionRead):
    """A conversation with the state that its next question starts from; of that, a reader sees the last answer."""

    agent_version: int | None
    """Version of the agent that the last question met."""
    last_answer: LastAnswer | None
    pending_input: PendingInput | None
    open_query_id: UUID | None
    """The question that waits or runs."""
    changes: list[SessionChange]
    """What has changed since the last answer."""
    spent: SessionSpentRead | None
    """Null for a reader."""


class MessageQuery(ResponseModel):
    """What stands behind an answer; GET /queries/{id}/result has its rows."""

    id: UUID
    state: str
    outcome: str | None
    sql: str | None
    chart: ChartRead | None
    error: QueryError | None
    row_count: int | None
    truncated: bool
    tokens_in: int
    tokens_out: int
    cost_usd: Usd | None


class MessageRead(ResponseModel):
    """One message of a conversation."""

    number: int
    """1, 2, 3 … without a gap; the answer to a question is the next one."""
    speaker: str
    """`user`, `assistant`, or `notice` where the system tells of a change."""
    text: str | None
    """Null for an answer that is not there yet."""
    query_id: UUID | None
    query: MessageQuery | None
    """With an assistant's message."""
    created_at: datetime


class MessageCreate(RequestModel):
    """A question in a conversation."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]
    background: bool = False
    """Whether to answer 202 at once and leave the work to the workers."""


class ExchangeRead(ResponseModel):
    """A question that was answered, with the notices before it."""

    session_id: UUID
    notices: list[SessionChange]
    """What changed since the answer before."""
    question_number: int
    answer_number: int
    query: FinishedQuery


class SessionExport(ResponseModel):
    """A whole conversation."""

    session: SessionRead
    messages: list[MessageRead]
    """In their order."""
