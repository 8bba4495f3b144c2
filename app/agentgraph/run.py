"""One run in progress: its context, its model calls, and the journal of what was tried and how long it took."""

from dataclasses import dataclass, field, replace
from time import perf_counter

from app.agentgraph.context import Event, RunContext
from app.agentgraph.llm import ModelCaller, ModelSpec, resolve_model
from app.agentgraph.outcome import Attempt, CallCost, DrawnChart, ModelCall, Outcome
from app.connectors.base import CheckedStatement, ResultSet
from app.connectors.sql_gate import check
from app.core.errors import AgentGraphError, Internal
from app.core.tracing import Kind, span


@dataclass(slots=True)
class Journal:
    """What outlives a failure: every attempt with its fate, and the seconds that each node took."""

    attempts: list[Attempt] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """The live side of a run, which reaches the nodes through LangGraph's runtime and never enters the state."""

    context: RunContext
    models: ModelCaller
    journal: Journal = field(default_factory=Journal)

    @property
    def model(self) -> ModelSpec | None:
        """The agent's model; None when the built-in planner is to answer. Raises UnknownModel."""
        return resolve_model(self.context.options.model) if self.context.options.model else None

    @property
    def required_model(self) -> ModelSpec:
        """The agent's model, on the paths that only an agent with a model takes."""
        spec = self.model
        if spec is None:
            raise Internal
        return spec

    def with_journal(self, outcome: Outcome) -> Outcome:
        """`outcome` with the attempts, calls and timings of this run; a cached one keeps its attempts."""
        attempts = tuple(self.journal.attempts) or outcome.attempts
        calls = tuple(_cost(call) for call in self.models.calls)
        return replace(
            outcome,
            attempts=attempts,
            calls=calls,
            timings=dict(self.journal.timings),
            read_from=self.context.read_from,
        )

    def note_node(self, name: str, started: float) -> float:
        """Notes how long a node took since `started` (of `perf_counter`); gives the seconds."""
        elapsed_s = round(perf_counter() - started, 6)
        self.journal.timings[name] = elapsed_s
        if self.context.trace is not None:
            self.context.trace.add_node(name, elapsed_s)
        return elapsed_s

    async def emit(self, name: str, /, **data: object) -> None:
        """Tells whoever follows the run."""
        await self.context.emit(Event(name, data))

    async def tell_statement(self, sql: str, *, author: str) -> None:
        """The `sql` event: a statement that passed the gate and is about to run."""
        await self.emit("sql", sql=sql, author=author)

    async def tell_rows(self, result: ResultSet) -> None:
        """The `rows` event: how many came, under which names; the rows themselves are in the result."""
        columns = [{"name": column.name, "type": column.type.value} for column in result.columns]
        await self.emit("rows", rows=len(result.rows), columns=columns, truncated=result.truncated)

    async def tell_chart(self, chart: DrawnChart) -> None:
        """The `chart` event."""
        await self.emit("chart", type=chart.type, title=chart.title, spec=chart.spec)

    async def tell_answer(self, text: str) -> None:
        """The `answer.delta` event. It comes once and whole, because numbers are checked before they are shown."""
        await self.emit("answer.delta", text=text)

    async def prepare(self, sql: str, *, author: str) -> CheckedStatement:
        """`sql` through the gate and a dry run. A failure is noted as an attempt, then raised."""
        started = perf_counter()
        try:
            statement = self._checked(sql)
            await self.context.connector.explain(statement, self.context.limits.timeout_s)
        except AgentGraphError as error:
            self._note_failure(sql, author, error, started)
            raise
        return statement

    async def execute(self, sql: str, *, author: str) -> tuple[CheckedStatement, ResultSet]:
        """The rows of `sql`, which goes through the gate first. A failure is noted as an attempt, then raised."""
        started = perf_counter()
        try:
            statement = self._checked(sql)
            await self.tell_statement(statement.shown, author=author)
            with span("query source", Kind.CLIENT, {"db.system.name": self.context.catalog.dialect}) as made:
                result = await self.context.connector.query(statement, self.context.limits)
                made.note({"db.response.returned_rows": len(result.rows)})
        except AgentGraphError as error:
            self._note_failure(sql, author, error, started)
            raise
        elapsed = perf_counter() - started
        self._note(Attempt(statement.shown, author, "succeeded", None, elapsed, len(result.rows)))
        await self.tell_rows(result)
        return statement, result

    def _checked(self, sql: str) -> CheckedStatement:
        catalog = self.context.catalog
        tables = [table.name for table in catalog.tables]
        return check(sql, dialect=catalog.dialect, tables=tables, policy=self.context.policy)

    def _note_failure(self, sql: str, author: str, error: AgentGraphError, started: float) -> None:
        detail = str(error.fields.get("reason") or error)
        self._note(Attempt(sql, author, error.code, detail, perf_counter() - started))

    def _note(self, attempt: Attempt) -> None:
        self.journal.attempts.append(attempt)
        if self.context.trace is not None:
            self.context.trace.add_statement(attempt)


def _cost(call: ModelCall) -> CallCost:
    return CallCost(
        node=call.node,
        model=f"{call.provider}:{call.model}",
        tokens_in=call.tokens_in,
        tokens_out=call.tokens_out,
        tokens_cached=call.tokens_cached,
        price_usd=call.price_usd,
        latency_s=round(call.latency_s, 6),
        outcome=call.outcome,
    )
