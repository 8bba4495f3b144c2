"""Reading the rows that a query found: in pages, or all of them in a form to keep."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import AlreadyFinished, NotReady
from app.models import FINAL_STATES, AuditAction, Query, QueryState
from app.repositories import queries
from app.schemas.queries import FinishedQuery, QueryRead, ResultColumn, ResultPage
from app.services import results
from app.services.audit.audit import record
from app.services.jobs.endings import error_from
from app.services.queries.queries import get
from app.services.queries.query_run import Finished
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
    """The finished query with its first rows, or what it asks back.

    Raises the error that stands for a missing answer, with `query_id`.
    """
    query = done.query
    if query.state != QueryState.NEEDS_INPUT:
        require_answer(query)
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
    require_answer(query)
    return await stored_rows(session, query)


async def stored_rows(session: Session, query: Query) -> StoredRows:
    """All rows that an answered query stored."""
    stored = await queries.result(session, query.id)
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


async def parquet_file(stored: StoredRows) -> bytes:
    """All rows as a Parquet file."""
    from app.services.queries.result_files import parquet_of

    columns = [(column.name, column.type) for column in stored.columns]
    return await asyncio.to_thread(parquet_of, columns, stored.rows)


def csv_of(stored: StoredRows) -> Iterator[str]:
    """All rows as CSV, a piece at a time."""
    return results.csv_text([column.model_dump() for column in stored.columns], stored.rows)


def require_answer(query: Query) -> None:
    """Raises NotReady, AlreadyFinished (cancelled), or the error of a failed query."""
    if query.state == QueryState.FAILED:
        raise error_from(query.error or {"code": "internal", "detail": ""}, query_id=str(query.id))
    if query.state != QueryState.SUCCEEDED:
        raise AlreadyFinished(state=query.state) if query.state in FINAL_STATES else NotReady(state=query.state)
