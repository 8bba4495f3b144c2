"""Shapes of questions and their answers."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, PlainSerializer, StringConstraints

from app.schemas.common import RequestModel, ResponseModel

Usd = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str, when_used="json")]
"""An amount in US dollars as decimal text."""


class QueryCreate(RequestModel):
    """A question to an agent."""

    agent_id: UUID
    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]
    """In Portuguese or English; the answer comes in the same language."""


class QuerySubmit(QueryCreate):
    """A question for the workers."""

    webhook_id: UUID | None = None
    """One of your webhooks, which is told the end (`query.finished`), whatever it is."""


class QueryStatus(ResponseModel):
    """Where a query stands."""

    id: UUID
    state: str
    """`queued`, `running`, `needs_input`, `succeeded`, `failed` or `cancelled`; the last three are final."""
    outcome: str | None
    """`answered`, `needs_input`, `not_answerable`, `refused` or `failed`, once it ran."""
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class InputCreate(RequestModel):
    """A reply to what a question asks back: one of its options, or words of one's own."""

    option: Annotated[int, Field(ge=1)] | None = None
    """Place of the option in the list, from 1."""
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] | None = None
    background: bool = False
    """Whether to answer 202 at once and leave the work to the workers."""


class InputRequest(ResponseModel):
    """What a question asks back; reply with POST /queries/{id}/input, or in the conversation."""

    question: str
    options: list[str]
    is_open: bool
    """Whether other words than the options are taken."""


class InputGiven(InputRequest):
    """A question back that was replied to."""

    reply: str


class QueryError(ResponseModel):
    """Why there is no answer."""

    code: str
    """One of the codes in `docs/errors.md`."""
    detail: str
    fields: dict[str, Any] = Field(default_factory=dict)


class ChartRead(ResponseModel):
    """A chart with its data inline."""

    type: str
    title: str
    spec: dict[str, Any]
    """Vega-Lite."""
    reason: str


class ChartTypeRead(ResponseModel):
    """A kind of chart, and whether the rows of an answer make one."""

    type: str
    name: str
    """In the language of `Accept-Language`."""
    suits: bool
    chosen: bool
    """Whether it is the one that came with the answer."""


class ResultColumn(ResponseModel):
    """One column of a result."""

    name: str
    type: str
    """`integer`, `real`, `text`, `date`, `time`, `timestamp` or `boolean`."""


class ResultPage(ResponseModel):
    """Some rows of an answer, in the order of the answer."""

    columns: list[ResultColumn]
    rows: list[list[Any]]
    """Whole numbers beyond 2^53 and decimals as text, dates in ISO 8601, NaN null."""
    limit: int
    offset: int
    total: int
    """Rows that were stored; more existed when `truncated`."""
    truncated: bool
    """Whether the result was cut at the agent's row limit or the installation's byte limit."""


class QuerySummary(ResponseModel):
    """A query in a list."""

    id: UUID
    agent_id: UUID | None
    question: str
    language: str | None
    state: str
    outcome: str | None
    answer: str | None
    row_count: int | None
    truncated: bool
    tokens_in: int
    tokens_out: int
    cost_usd: Usd | None
    """Sum of the model calls; null when a price is not known."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class QueryRead(QuerySummary):
    """A query with everything that lets a reader trust or doubt its answer."""

    agent_version: int
    session_id: UUID | None
    """The conversation that it was asked in."""
    message_number: int | None
    """Number of its message there; the answer is the next one."""
    batch_id: UUID | None
    """The batch that it was asked in."""
    answered_by: str | None
    """`model`, `planner`, `cache`, `greeting`, or `repeat` where only another chart was wanted."""
    sql: str | None
    """The last statement that succeeded."""
    chart: ChartRead | None
    error: QueryError | None
    input_request: InputRequest | None
    """What it asks back, while its state is `needs_input`."""
    inputs: list[InputGiven] | None
    """What it asked back before, with the replies."""
    details: dict[str, Any] | None
    """Reading, assumptions, confidence with its reasons, attempts, tables and columns that were read, tables of which
    rules showed a part only (`limited_tables`), which of several sources it is about (`read_from`) and what was fetched
    from each for a join (`extracts`), refinements, model calls, timings, age of a cached answer; in `trace_id` its
    trace, in `continues` the question that it went on from, in `sources` the version of each source that was read, in
    `resembles` one's own answered questions like it over these versions (`query_id`, `question`, `asked_at`, `age_s`,
    `likeness`), in `forecast` what is expected after the rows, with method, interval and check."""


class FinishedQuery(QueryRead):
    """A finished query with the first rows of its result."""

    result: ResultPage | None


class QueryAccepted(ResponseModel):
    """A query that goes on in the background; follow `Location`."""

    id: UUID
    state: str
