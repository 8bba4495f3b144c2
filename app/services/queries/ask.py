"""One question to one file, without accounts or a server: the engine behind `agentgraph ask`."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.agentgraph.charts import render_png
from app.agentgraph.context import AgentOptions, Event, Question, Reservation, RunContext
from app.agentgraph.outcome import ModelCall, Outcome, OutcomeKind
from app.agentgraph.runner import answer
from app.connectors.base import Cell, Limits
from app.connectors.registry import Registry
from app.connectors.value_index import SqliteValueIndex
from app.core.config import Settings
from app.core.ids import new_id
from app.ingestion.pipeline import ingest
from app.services.engine.model_access import model_access


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What a terminal shows of a run."""

    answered: bool
    sentence: str
    """The answer, or why there is none."""
    sql: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool
    chart_title: str | None
    chart_png: bytes | None


class _Unrecorded:
    """A ledger for runs that are never repeated: nothing to replay, nothing to bill."""

    async def replay(self, call_key: str) -> ModelCall | None:  # noqa: ARG002  (the protocol's argument)
        return None

    async def reserve(self, estimate: Callable[[], Reservation]) -> UUID:  # noqa: ARG002  (the protocol's argument)
        return new_id()

    async def record(self, call_id: UUID, call: ModelCall) -> None:
        """Keeps nothing: the process that asks is the only one that pays."""


async def ask_file(settings: Settings, path: Path, question: str, *, model: str | None, max_rows: int) -> FileAnswer:
    """The answer to `question` from the table in `path`; everything made on the way is removed.

    Raises FileRejected when the file cannot become a table.
    """
    with tempfile.TemporaryDirectory(prefix="agentgraph-") as folder:
        target = Path(folder)
        report = await asyncio.to_thread(ingest, path, target, name=path.stem)
        registry = Registry(settings)
        values = SqliteValueIndex(target / "values.sqlite")
        context = RunContext(
            options=AgentOptions(model=model or settings.default_model),
            connector=registry.open_file(target / "data.sqlite", report.catalog),
            catalog=report.catalog,
            values=values,
            limits=Limits(max_rows, settings.max_result_bytes, settings.statement_timeout_s),
            models=model_access(settings),
            ledger=_Unrecorded(),
            emit=_unheard,
            cache=None,
            forecasts=registry.forecasts,
            timeout_s=settings.query_timeout_s,
        )
        try:
            return await asyncio.to_thread(_present, await answer(Question(question), context))
        finally:
            values.close()
            await registry.close()


def _present(outcome: Outcome) -> FileAnswer:
    result = outcome.result
    return FileAnswer(
        answered=outcome.kind is OutcomeKind.ANSWERED,
        sentence=outcome.failure.detail if outcome.failure else outcome.answer,
        sql=outcome.sql,
        columns=tuple(column.name for column in result.columns) if result else (),
        rows=result.rows if result else (),
        truncated=result.truncated if result else False,
        chart_title=outcome.chart.title if outcome.chart else None,
        chart_png=render_png(outcome.chart.spec, language=outcome.language) if outcome.chart else None,
    )


async def _unheard(event: Event) -> None:
    """Drops an event: nobody follows a run of the command line."""
