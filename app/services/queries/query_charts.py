"""The chart of an answer, or another one of the same rows; asks no question anew."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.agentgraph.charts import TYPE_NAMES, ChartType, Form, NoChart, draw, draw_type, suitable_types
from app.agentgraph.intent import read_intent
from app.agentgraph.offload import off_loop_if_large
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import ResultSet
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors.results import ChartUnsuitable
from app.core.i18n import Language
from app.models import Query
from app.schemas.queries import ChartTypeRead
from app.services import results
from app.services.engine.engine import Engine
from app.services.queries.queries import get
from app.services.queries.query_results import require_answer, stored_rows

__all__ = ["ChartType", "QueryChart", "chart_of", "picture", "types_of"]


@dataclass(frozen=True, slots=True)
class QueryChart:
    """A chart with what is needed to draw it."""

    owner_id: UUID
    spec: dict[str, Any]
    language: Language


async def chart_of(session: Session, actor: Actor, query_id: UUID, kind: ChartType | None) -> QueryChart:
    """The chart of a query as `kind`, or as the question and the rows suggest.

    What was stored with the answer is given as it is; everything else is drawn from the rows that were stored. Raises
    NotFound, what keeps a query from having rows, and ChartUnsuitable.
    """
    query = await get(session, actor, query_id)
    require_answer(query)
    language = _language(query)
    if query.chart is not None and kind in {None, query.chart["type"]}:
        return QueryChart(query.owner_id, query.chart["spec"], language)
    result = await _result(session, query)
    drawn = await off_loop_if_large(result, _draw, result, kind, query=query)
    if isinstance(drawn, NoChart):
        suitable = await off_loop_if_large(result, suitable_types, result)
        raise ChartUnsuitable(drawn.reason, suitable=[each.value for each in suitable])
    return QueryChart(query.owner_id, drawn.spec, language)


async def types_of(session: Session, actor: Actor, query_id: UUID, language: Language) -> list[ChartTypeRead]:
    """All kinds of chart, named in `language`, and whether the rows of a query make each. Raises as `chart_of`."""
    query = await get(session, actor, query_id)
    require_answer(query)
    result = await _result(session, query)
    suitable = await off_loop_if_large(result, suitable_types, result)
    stored = query.chart["type"] if query.chart else None
    return [
        ChartTypeRead(type=kind.value, name=name.to(language), suits=kind in suitable, chosen=kind.value == stored)
        for kind, name in TYPE_NAMES.items()
    ]


async def picture(engine: Engine, chart: QueryChart, form: Form) -> bytes:
    """The picture of a chart that the caller has been shown to own. Raises TimedOut, PictureFailed, Unavailable."""
    return await engine.pictures.draw(chart.owner_id, chart.spec, form, chart.language)


def _draw(result: ResultSet, kind: ChartType | None, *, query: Query) -> DrawnChart | NoChart:
    question, language = query.question, _language(query)
    if kind is None:
        return draw(result, question=question, wish=read_intent(question).chart, language=language)
    return draw_type(result, kind, question=question, language=language)


async def _result(session: Session, query: Query) -> ResultSet:
    stored = await stored_rows(session, query)
    columns = [(column.name, column.type) for column in stored.columns]
    return results.result_of(columns, stored.rows, truncated=stored.truncated)


def _language(query: Query) -> Language:
    return Language(query.language) if query.language else Language.EN
