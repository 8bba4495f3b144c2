"""How a run ends: the typed outcome, with everything that lets a reader trust or doubt the answer."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pydantic import TypeAdapter

from app.connectors.base import ResultSet
from app.core.i18n import Language


class OutcomeKind(StrEnum):
    """Ends of a run; giving up is NOT_ANSWERABLE or FAILED, never ANSWERED."""

    ANSWERED = "answered"
    NEEDS_INPUT = "needs_input"
    NOT_ANSWERABLE = "not_answerable"
    REFUSED = "refused"
    FAILED = "failed"


class AnsweredBy(StrEnum):
    """What produced the answer."""

    MODEL = "model"
    PLANNER = "planner"
    CACHE = "cache"
    GREETING = "greeting"
    REPEAT = "repeat"
    """The statement of the answer before, run once more for another chart."""


class Confidence(StrEnum):
    """Quality score towards people."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One statement that was tried, by whom, and how it ended."""

    sql: str
    author: str
    """Node that wrote it: `planner`, `processing_agent` or `sql_agent`."""
    status: str
    """`succeeded`, or the code of the error."""
    detail: str | None
    elapsed_s: float
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """One statement that fetched rows of one source for a join with another."""

    source: str
    sql: str
    rows: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RefinedQuestion:
    """What question refinement did."""

    original: str
    refined: str
    changes: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class RefinedAnswer:
    """What answer refinement did; `applied` is False when the original answer was kept, and `reason` says why."""

    applied: bool
    original: str
    quality: Confidence
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawnChart:
    """A chart as a Vega-Lite specification with its data inline."""

    type: str
    title: str
    spec: dict[str, object]
    reason: str


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """One period to come."""

    period: str
    """Its first day, ISO 8601."""
    value: float
    low: float
    high: float
    """Ends of the interval."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected after the rows of an answer, by which method, and how it did on the end of what is known."""

    of: str
    """Column of the rows that is forecast."""
    method: str
    """`constant`, or a form of exponential smoothing: `simple`, `damped_trend`, `seasonal`, `damped_trend_seasonal`."""
    step: str
    """`year`, `quarter`, `month`, `week` or `day`."""
    level: float
    """Share of outcomes that the intervals are made to hold."""
    points: tuple[ForecastPoint, ...]
    history: int
    """Periods that it is made from."""
    first: str
    last: str
    """First and last of them, as the day on which they begin."""
    checked: int
    """Periods at the end of the history that it was tried on, from those before."""
    error: float | None
    """Its mean absolute error there."""
    naive_error: float | None
    """That of repeating the last season, or the last value."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the questions that together ask for an answer; all but the first refer to those before."""

    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Resembling:
    """An answered question of the same asker, over the same versions of the sources, that this one resembles."""

    query_id: str
    question: str
    asked_at: str
    """ISO 8601."""
    age_s: float
    likeness: float
    """Share of common trigrams, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: a code of `app.core.errors`, a sentence in the reader's language, machine fields."""

    code: str
    detail: str
    fields: dict[str, object] = field(default_factory=dict)


class CallOutcome(StrEnum):
    """How one request to a model ended; only ANSWERED ones are replayed."""

    ANSWERED = "answered"
    FAILED = "failed"
    """The provider refused it, or answered with what cannot be read."""
    LOST = "lost"
    """The connection failed or the time ran out: whether the provider got it, and bills it, is not known."""
    CANCELLED = "cancelled"
    """The run ended before the answer came."""


@dataclass(frozen=True, slots=True)
class CallCost:
    """What one model call took, as readers of the answer see it."""

    node: str
    model: str
    """`provider:model`."""
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    price_usd: Decimal | None
    latency_s: float
    outcome: CallOutcome


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one run."""

    kind: OutcomeKind
    language: Language
    answer: str = ""
    answered_by: AnsweredBy | None = None
    sql: str | None = None
    """The last statement that succeeded."""
    result: ResultSet | None = None
    """Its rows, when the run read any."""
    forecast: Forecast | None = None
    """What was asked of the future; `result` holds the history."""
    chart: DrawnChart | None = None
    chart_reason: str | None = None
    """Why there is no chart, when one was wanted or possible."""
    reading: str | None = None
    """How the question was understood, in one sentence."""
    assumptions: tuple[str, ...] = ()
    confidence: Confidence | None = None
    confidence_reasons: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    read_from: tuple[str, ...] = ()
    """Names of the sources that it is about, where the agent reads several."""
    extracts: tuple[Extract, ...] = ()
    """What was fetched from each source, where the statement joined them."""
    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """What the statement reads, as `table.column`."""
    limited_tables: tuple[str, ...] = ()
    """Tables of which rules of the source let the asker see a part only."""
    steps: tuple[Step, ...] = ()
    """What the planner read together: the question alone, or after those that it goes on from."""
    resembles: tuple[Resembling, ...] = ()
    """Earlier answers that may be the one that is wanted, the likest first."""
    continues: str | None = None
    """The earlier question that this one was read with."""
    refined_question: RefinedQuestion | None = None
    refined_answer: RefinedAnswer | None = None
    failure: Failure | None = None
    options: tuple[str, ...] = ()
    """Choices for the user when input is needed."""
    calls: tuple[CallCost, ...] = ()
    """Model calls of the run, in order."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by node."""
    cache_age_s: float | None = None
    """Age of the cached answer in seconds, when it came from the cache."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One request to a model, as it is billed and replayed."""

    call_key: str
    """Stable name of the call within its run (node, turn, digest of the prompt); tries that failed share it."""
    node: str
    provider: str
    model: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    tokens_reasoning: int
    """The part of `tokens_out` that the model thought with."""
    price_usd: Decimal | None
    """None when the model's price, or what the provider bills, is not known; never zero for that reason."""
    price_version: str | None
    """The price that `price_usd` follows from."""
    outcome: CallOutcome
    latency_s: float
    provider_call_id: str | None
    answer: dict[str, object]
    """The model's message as JSON, so that a re-run can use it instead of paying again."""


OUTCOME_JSON: TypeAdapter[Outcome] = TypeAdapter(Outcome)
"""Converts outcomes to and from JSON (cache, storage)."""
