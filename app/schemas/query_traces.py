"""Shapes of the redacted trace of a question."""

from app.schemas.common import ResponseModel


class TraceMessage(ResponseModel):
    """A message to a model, without secrets and data."""

    role: str
    """`system`, `human`, or `tool` for what a tool gave."""
    text: str


class TraceTool(ResponseModel):
    """A tool that a model called."""

    name: str
    arguments: str
    """As JSON; cut where it is long."""


class TraceStep(ResponseModel):
    """One step; which fields it has depends on its kind."""

    kind: str
    """`node`: a stage that ended, after what it did; `model`: a request to a model; `sql`: a statement; `cut`: there
    was no room for more."""
    node: str | None = None
    """The stage that it belongs to."""
    elapsed_s: float | None = None
    model: str | None = None
    """`provider:model`."""
    outcome: str | None = None
    """`answered` or `failed`."""
    replayed: bool | None = None
    """Whether the answer was stored by a process that died before the end, and not paid again."""
    messages: list[TraceMessage] | None = None
    """Those that no earlier step shows."""
    answer: str | None = None
    tools: list[TraceTool] | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    sql: str | None = None
    status: str | None = None
    """`succeeded`, or the code of the error: `refused_by_policy` where the gate refused it."""
    detail: str | None = None
    """Why the gate refused it."""
    rows: int | None = None
    steps: int | None = None
    """How many there was no room for."""


class TraceRead(ResponseModel):
    """What a question did."""

    steps: list[TraceStep]
    """In the order in which they ended."""
