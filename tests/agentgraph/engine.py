"""What tests of the engine share: a real source made from real CSVs, a run's surroundings, and what they record."""

import csv
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from uuid import UUID

from app.agentgraph.context import AgentOptions, AnswerCache, Event, ModelAccess, Question, Reservation, RunContext
from app.agentgraph.llm import close_clients
from app.agentgraph.outcome import CallOutcome, ModelCall, Outcome
from app.agentgraph.runner import answer
from app.connectors.base import Limits
from app.connectors.catalog import Catalog
from app.connectors.forecast_pool import ForecastPool
from app.connectors.sqlite import SqliteConnector
from app.connectors.sqlite_pool import SqlitePool
from app.connectors.value_index import SqliteValueIndex
from app.core.ids import new_id
from app.ingestion.profile import profile_sqlite
from app.ingestion.value_index import write_value_index
from tests.data import data_path
from tests.fakes import FakeProviders

SOURCES: Mapping[str, Mapping[str, str]] = {
    "estados": {
        "codigo_uf": "INTEGER",
        "uf": "TEXT",
        "nome": "TEXT",
        "latitude": "REAL",
        "longitude": "REAL",
        "regiao": "TEXT",
    },
    "seattle-weather": {
        "date": "DATE",
        "precipitation": "REAL",
        "temp_max": "REAL",
        "temp_min": "REAL",
        "wind": "REAL",
        "weather": "TEXT",
    },
}
"""Columns of the files in `e2e/data` that the tests load, with their declared types."""


def load(database: Path, *names: str) -> None:
    """Writes the files called `names` as tables into the SQLite file `database`."""
    with sqlite3.connect(database) as connection:
        for name in names:
            columns = ", ".join(f'"{column}" {kind}' for column, kind in SOURCES[name].items())
            table = name.replace("-", "_")
            connection.execute(f'CREATE TABLE "{table}" ({columns})')
            with data_path(f"e2e/data/{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                rows = [[cell.replace("/", "-") for cell in row] for row in list(csv.reader(file))[1:]]
            marks = ", ".join("?" * len(SOURCES[name]))
            connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
    connection.close()


@dataclass
class Ledger:
    """Keeps calls in memory, as the product does in its database."""

    calls: dict[str, ModelCall] = field(default_factory=dict)
    unanswered: list[ModelCall] = field(default_factory=list)
    ids: list[UUID] = field(default_factory=list)
    """Of all calls, in order."""

    async def replay(self, call_key: str) -> ModelCall | None:
        """The kept call, if it was answered."""
        return self.calls.get(call_key)

    async def reserve(self, estimate: Callable[[], Reservation]) -> UUID:  # noqa: ARG002  (no budgets here)
        """Has no budgets."""
        return new_id()

    async def record(self, call_id: UUID, call: ModelCall) -> None:
        """Keeps `call`."""
        self.ids.append(call_id)
        if call.outcome is CallOutcome.ANSWERED:
            self.calls[call.call_key] = call
        else:
            self.unanswered.append(call)


@dataclass
class Cache:
    """Keeps outcomes in memory; each is 7 seconds old."""

    kept: dict[str, Outcome] = field(default_factory=dict)

    async def get(self, question: str) -> tuple[Outcome, float] | None:
        """The kept outcome."""
        return (self.kept[question], 7.0) if question in self.kept else None

    async def put(self, question: str, outcome: Outcome) -> None:
        """Keeps `outcome`."""
        self.kept[question] = outcome


@dataclass
class Engine:
    """Asks questions of one source and records what happens."""

    context: RunContext
    ledger: Ledger
    events: list[Event]

    async def ask(self, question: str, *, access: ModelAccess | None = None, **options: object) -> Outcome:
        """The outcome of `question` for an agent with `options`, which belong to AgentOptions."""
        return await answer(Question(question), self.with_(access, **options))

    def with_(self, access: ModelAccess | None = None, **options: object) -> RunContext:
        """The context for an agent with `options`."""
        agent = replace(self.context.options, **options)  # type: ignore[arg-type]
        return replace(self.context, options=agent, models=access or self.context.models)

    def named(self, name: str) -> list[Event]:
        """Events called `name`, in order."""
        return [event for event in self.events if event.name == name]


def access_to(providers: FakeProviders) -> ModelAccess:
    """Keys and URLs for the protocol servers."""
    return ModelAccess(
        openai_api_key="key-of-tests",
        openai_base_url=providers.urls["openai"],
        anthropic_api_key="key-of-tests",
        anthropic_base_url=providers.urls["anthropic"],
        huggingface_api_key="key-of-tests",
        huggingface_endpoint_url=providers.urls["huggingface"],
        google_api_key="key-of-tests",
        google_base_url=providers.urls["google"],
        timeout_s=20.0,
        retries=2,
    )


@cache
def _catalog_of(database: Path) -> Catalog:
    return profile_sqlite(database)


@asynccontextmanager
async def open_engine(
    folder: Path, *names: str, pool: SqlitePool, cache: AnswerCache | None = None
) -> AsyncIterator[Engine]:
    """An engine over the files called `names`, without a model, with real connector and value index."""
    database = folder / "data.sqlite"
    if not database.exists():
        load(database, *names)
    catalog = _catalog_of(database)
    if not (folder / "values.sqlite").exists():
        write_value_index(database, catalog, folder / "values.sqlite")
    values = SqliteValueIndex(folder / "values.sqlite")
    events: list[Event] = []

    async def emit(event: Event) -> None:
        events.append(event)

    ledger, forecasts = Ledger(), ForecastPool()
    context = RunContext(
        options=AgentOptions(model=None),
        connector=SqliteConnector(database, catalog, pool),
        catalog=catalog,
        values=values,
        limits=Limits(max_rows=100, timeout_s=10.0),
        models=ModelAccess(),
        ledger=ledger,
        emit=emit,
        cache=cache,
        forecasts=forecasts,
        timeout_s=60.0,
    )
    try:
        yield Engine(context, ledger, events)
    finally:
        values.close()
        await forecasts.close()
        await close_clients()
