"""Goes on from the history that was found into the future that was asked about, or says why it cannot."""

from dataclasses import replace
from datetime import date

from langgraph.runtime import Runtime

from app.agentgraph.forecasting.forecast import assumption, confidence, forecast, reasons, tell
from app.agentgraph.forecasting.series import read_series, steps_ahead
from app.agentgraph.run import Run
from app.agentgraph.state import GraphState, question_of
from app.connectors.catalog import Catalog, ColumnProfile, DataType
from app.core.errors import NotAnswerable
from app.core.i18n import Language, Text

DENSE = 0.5
"""Share of the days of its span from which a column of dates counts as one that holds every day."""
_NO_FORECAST = Text(en="No forecast can be made: {reason}.", pt="Não é possível fazer uma previsão: {reason}.")


async def make_forecast(state: GraphState, runtime: Runtime[Run]) -> GraphState:
    """The finding with the forecast's sentence in place of the history's. Raises NotAnswerable."""
    run, language, finding = runtime.context, state["language"], state["finding"]
    series = read_series(finding.result, question_of(state), until=last_day(finding.columns, run.context.catalog))
    if isinstance(series, Text):
        raise _declined(series, language)
    steps = steps_ahead(series, state["horizon"])
    if isinstance(steps, Text):
        raise _declined(steps, language)
    made = await forecast(series, steps, run.context.forecasts, language=language)
    answer = tell(made, language)
    if not run.context.options.advanced_mode or run.model is None:
        await run.tell_answer(answer)
    trusted = replace(
        finding,
        answer=answer,
        confidence=confidence(made),
        confidence_reasons=(*reasons(made, series, language), *finding.confidence_reasons),
        assumptions=(*finding.assumptions, assumption(made, language)),
    )
    return {"finding": trusted, "history": series, "forecast": made}


def last_day(columns: tuple[str, ...], catalog: Catalog) -> date | None:
    """The last day in a column of days among `columns` (`table.column`), where there is one that misses few days."""
    found = (_last_day(profile) for profile in _profiles(columns, catalog))
    return next((day for day in found if day is not None), None)


def _profiles(columns: tuple[str, ...], catalog: Catalog) -> list[ColumnProfile]:
    tables = {table.name: table for table in catalog.tables}
    names = [name.rpartition(".") for name in columns]
    return [
        column for table, _, name in names if table in tables for column in tables[table].columns if column.name == name
    ]


def _last_day(profile: ColumnProfile) -> date | None:
    low, high = profile.minimum, profile.maximum
    if profile.type not in {DataType.DATE, DataType.TIMESTAMP} or not isinstance(low, str) or not isinstance(high, str):
        return None
    first, last = date.fromisoformat(low[:10]), date.fromisoformat(high[:10])
    days = (last - first).days + 1
    return last if (profile.distinct or 0) >= DENSE * days else None


def _declined(reason: Text, language: Language) -> NotAnswerable:
    return NotAnswerable(reason=_NO_FORECAST.to(language, reason=reason.to(language)), rule="forecast")
