"""Reading what a query found: its rows in pages or as CSV, its chart as JSON or a picture."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from app.agentgraph.charts import render_png, render_svg
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import AlreadyFinished, NotFound, NotReady
from app.core.i18n import Language
from app.models import FINAL_STATES, AuditAction, Query, QueryState
from app.repositories import queries
from app.schemas.queries import FinishedQuery, QueryRead, ResultColumn, ResultPage
from app.services import results
from app.services.audit import record
from app.services.endings import error_from
from app.services.queries import get
from app.services.query_run import Finished
from app.services.results import JsonCell

FIRST_ROWS = 1000
"""Rows that come with the finished query of the synchronous door."""
THREAD_BYTES = 256 * 1024
"""Larger packed results are unpacked in a thread, off the event loop."""


@dataclass(frozen=True, slots=True)
class StoredRows:
    """All rows of a result."""

    columns: list[ResultColumn]
    rows: list[list[JsonCell]]
    truncated: bool


def finished(done: Finished) -> FinishedQuery:
    """The finished query with its first rows. Raises the error that stands for a missing answer, with `query_id`."""
    query = done.query
    _require_answer(query)
    page = None
    if done.result is not None:
        rows = [[results.json_cell(cell) for cell in row] for row in done.result.rows[:FIRST_ROWS]]
        columns = [ResultColumn(name=c.name, type=c.type.value) for c in done.result.columns]
        page = ResultPage(
            columns=columns,
            rows=rows,
            limit=FIRST_ROWS,
            offset=0,
            total=len(done.result.rows),
            truncated=query.truncated,
        )
    return FinishedQuery(**QueryRead.model_validate(query).model_dump(), result=page)


async def rows_of(session: Session, actor: Actor, query_id: UUID) -> StoredRows:
    """All rows that were stored. Raises NotFound, NotReady, AlreadyFinished, or the error of a failed query."""
    query = await get(session, actor, query_id)
    _require_answer(query)
    stored = await queries.result(session, query_id)
    if stored is None:
        return StoredRows(columns=[], rows=[], truncated=False)
    if len(stored.rows) > THREAD_BYTES:
        rows = await asyncio.to_thread(results.unpack_rows, stored.rows)
    else:
        rows = results.unpack_rows(stored.rows)
    return StoredRows([ResultColumn(**column) for column in stored.columns], rows, query.truncated)


def page_of_rows(stored: StoredRows, *, limit: int, offset: int) -> ResultPage:
    """Some of the rows."""
    return ResultPage(
        columns=stored.columns,
        rows=stored.rows[offset : offset + limit],
        limit=limit,
        offset=offset,
        total=len(stored.rows),
        truncated=stored.truncated,
    )


async def note_export(session: Session, actor: Actor, query_id: UUID, stored: StoredRows, *, form: str) -> None:
    """Notes that all rows of a result leave the system as `form`."""
    after = {"form": form, "rows": len(stored.rows)}
    await record(session, actor, AuditAction.RESULT_EXPORTED, "query", query_id, after=after)


def csv_of(stored: StoredRows) -> Iterator[str]:
    """All rows as CSV, a piece at a time."""
    return results.csv_text([column.model_dump() for column in stored.columns], stored.rows)


async def chart_of(session: Session, actor: Actor, query_id: UUID) -> Query:
    """A query that has a chart. Raises NotFound, also when it has none, and what `rows_of` raises."""
    query = await get(session, actor, query_id)
    _require_answer(query)
    if query.chart is None:
        raise NotFound
    return query


async def chart_png(query: Query) -> bytes:
    """The chart of `query` as PNG."""
    return await asyncio.to_thread(render_png, _spec(query), language=_language(query))


async def chart_svg(query: Query) -> str:
    """The chart of `query` as SVG."""
    return await asyncio.to_thread(render_svg, _spec(query), language=_language(query))


def _spec(query: Query) -> dict[str, object]:
    return dict((query.chart or {})["spec"])


def _language(query: Query) -> Language:
    return Language(query.language) if query.language else Language.EN


def _require_answer(query: Query) -> None:
    if query.state == QueryState.FAILED:
        raise error_from(query.error or {"code": "internal", "detail": ""}, query_id=str(query.id))
    if query.state != QueryState.SUCCEEDED:
        raise AlreadyFinished(state=query.state) if query.state in FINAL_STATES else NotReady(state=query.state)
