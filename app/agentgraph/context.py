"""What a run works with: the agent's options, the source, the models and the doors to the world outside.

Live objects are here and never in the graph's state. The services build a context for every run; the engine
knows nothing of tables, queues or requests.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from app.agentgraph.examples import Example
from app.agentgraph.memory import NOTHING, Memory
from app.agentgraph.outcome import ModelCall, Outcome
from app.agentgraph.trace import Trace
from app.connectors.base import Connector, Limits
from app.connectors.catalog import Catalog, ValueIndex
from app.connectors.forecast_pool import ForecastPool
from app.connectors.sql_gate import BoundPolicy
from app.core.i18n import Language


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """How one agent wants its questions answered."""

    model: str | None
    """`provider:model` or a display name; None: the built-in planner answers."""
    processing_enabled: bool = False
    processing_model: str | None = None
    """Model of the processing agent; None: the agent's own model."""
    execute_suggestion: bool = True
    """Run the processing agent's query directly when it validates, saving the SQL agent's calls."""
    refine_question: bool = False
    advanced_mode: bool = False
    """Answer refinement."""
    charts_enabled: bool = True
    planner_first: bool = False
    """Let the built-in planner try before a model is paid."""
    candidates: int = 1
    """Queries that are compared where the first is in doubt; each further one is one more model call at the most."""
    instructions: str = ""
    """The owner's own words to the model."""
    max_iterations: int = 10


@dataclass(frozen=True, slots=True)
class Clarification:
    """What was asked back in an earlier part of the run, and what the user said to it."""

    question: str
    reply: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    text: str
    language: Language | None = None
    """None: found from the text."""
    memory: Memory = NOTHING
    """The conversation before it."""
    clarifications: tuple[Clarification, ...] = ()
    """What the user was asked back about it, in order."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a run, for whoever follows it: `stage`, `sql`, `rows`, `chart`, `answer.delta`."""

    name: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a model call may cost, estimated before it is made."""

    tokens: int
    price_usd: Decimal | None
    """None when the model's price is not known."""


class CallLedger(Protocol):
    """Keeps model calls, so that each is billed and a run repeated after a crash pays none of them twice."""

    async def replay(self, call_key: str) -> ModelCall | None:
        """The stored call of this run with that key, if it was answered before."""
        ...

    async def reserve(self, estimate: Callable[[], Reservation]) -> UUID:
        """Keeps room for a call in every budget that it counts for; gives the call's id.

        `estimate` is asked only where there are budgets. Raises BudgetExhausted.
        """
        ...

    async def record(self, call_id: UUID, call: ModelCall) -> None:
        """Stores a call, whatever its outcome, durably, and settles what was reserved for it."""
        ...


class AnswerCache(Protocol):
    """Answers given before, already limited to one source version, agent version and set of rights."""

    async def get(self, question: str) -> tuple[Outcome, float] | None:
        """The outcome kept for the normalised `question` with its age in seconds."""
        ...

    async def put(self, question: str, outcome: Outcome) -> None:
        """Keeps an answered outcome."""
        ...


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A price that the installation has set for a model, in USD a million tokens."""

    read_usd: Decimal
    written_usd: Decimal
    cached_usd: Decimal | None
    """For tokens that the provider had in its cache; None: as any that are read."""
    version: str
    """Which price this is, kept with every call that it prices."""


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """What the installation grants the run's model calls."""

    openai_api_key: str | None = None
    openai_base_url: str | None = None
    anthropic_api_key: str | None = None
    anthropic_base_url: str | None = None
    huggingface_api_key: str | None = None
    huggingface_endpoint_url: str | None = None
    google_api_key: str | None = None
    google_base_url: str | None = None
    fallback: str | None = None
    """Model that is asked when another one failed."""
    timeout_s: float = 60.0
    retries: int = 3
    prices: Callable[[], Awaitable[Mapping[str, OwnPrice]]] | None = None
    """Own prices by `provider:model`, as they count when a run makes its first call: only then are they asked for."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several sources of an agent, which a question may be about alone."""

    name: str
    """As people call it."""
    connector: Connector
    catalog: Catalog
    values: ValueIndex
    policy: BoundPolicy | None = None
    """Rules on its rows and columns for whoever asks."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """Everything one run may touch."""

    options: AgentOptions
    connector: Connector
    catalog: Catalog
    values: ValueIndex
    limits: Limits
    models: ModelAccess
    ledger: CallLedger
    emit: Callable[[Event], Awaitable[None]]
    cache: AnswerCache | None
    forecasts: ForecastPool
    timeout_s: float
    """Whole run, in seconds."""
    parts: tuple[Part, ...] = ()
    """The sources of an agent that reads several; `connector`, `catalog` and `values` are then over all of them."""
    read_from: tuple[str, ...] = ()
    """Names of the sources that the question is about."""
    examples: tuple[Example, ...] = ()
    """Verified questions like this one, for a model."""
    earlier: tuple[Example, ...] = ()
    """Questions of the same asker like this one, with the SQL that answered them: hints, which nobody verified."""
    policy: BoundPolicy | None = None
    """Rules on rows and columns of the source for whoever asks; `catalog` and `values` must hold no more than they let
    be seen."""
    trace: Trace | None = None
    """Where the run is noted step by step; None unless the agent wants it."""
