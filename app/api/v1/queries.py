"""Routes for questions and their answers."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response, status
from fastapi.responses import JSONResponse, StreamingResponse

from app.api.accept import preferred
from app.api.deps import EngineDep, PageDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.api.streaming import EVENTS, SSE, event_stream, last_event_id
from app.core import errors
from app.core.actor import Actor
from app.core.errors.access import QuotaExhausted, TooManyQuestions
from app.core.permissions import Permission
from app.models import QueryState
from app.schemas.common import PageRead
from app.schemas.queries import (
    FinishedQuery,
    QueryAccepted,
    QueryCreate,
    QueryRead,
    QueryStatus,
    QuerySubmit,
    QuerySummary,
    ResultPage,
)
from app.schemas.query_traces import TraceRead
from app.services.queries import queries, query_results

router = APIRouter(prefix="/queries", tags=["queries"])

Accept = Annotated[str | None, Header(description="Which of the documented forms is wanted.")]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", description="Events after this one are sent.")]
NOT_ASKABLE = (errors.SourceMissing, errors.NotReady, TooManyQuestions, QuotaExhausted, errors.Overloaded)
NO_ANSWER = (
    errors.NotAnswerable,
    errors.Ambiguous,
    errors.RefusedByPolicy,
    errors.SqlInvalid,
    errors.TooManyRows,
    errors.QuestionError,
    errors.DatabaseUnreachable,
    errors.ModelFailed,
    errors.TimedOut,
    errors.AlreadyFinished,
)
JSON, CSV = "application/json", "text/csv"
PARQUET = "application/vnd.apache.parquet"
ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": QueryAccepted, "description": "It takes longer and goes on; follow Location."}
}


@router.post(
    "/execute",
    response_model=FinishedQuery,
    responses={200: {"content": EVENTS}, **ACCEPTED, **problems(errors.NotFound, *NOT_ASKABLE, *NO_ANSWER)},
)
async def execute_query(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_EXECUTE))],
    body: QueryCreate,
    engine: EngineDep,
    accept: Accept = None,
) -> Any:
    """Asks a question and waits for the answer; with `Accept: text/event-stream` tells how it comes about.

    A question without an answer ends in a problem document whose code says why, with `query_id` in it; the query is
    kept all the same. One that outlives the limit goes on in the background: 202.
    """
    running = await queries.start(engine, actor, body)
    location = {"Location": f"/api/v1/queries/{running.query.id}"}
    if preferred(accept, (JSON, SSE)) == SSE:
        return event_stream(queries.follow(engine, running.query, after=0), headers=location)
    done = await queries.wait(running, timeout_s=engine.platform.settings.sync_limit_s)
    if done is None:
        return _accepted(running.query.id, QueryState.RUNNING)
    content = query_results.finished(done).model_dump_json()
    return Response(content, media_type=JSON, headers=location)


@router.post(
    "/execute-async",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=QueryAccepted,
    responses=problems(errors.NotFound, *NOT_ASKABLE),
)
async def execute_query_async(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_EXECUTE))], body: QuerySubmit, engine: EngineDep
) -> JSONResponse:
    """Records a question for the workers; from the 202 on it reaches a final state whatever process dies.

    With `webhook_id` that webhook is told the end.
    """
    return _accepted(await queries.submit(engine, actor, body), QueryState.QUEUED)


@router.get("/history")
async def list_queries(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    session: ReaderDep,
    page: PageDep,
    agent_id: Annotated[UUID | None, Query(description="Only questions to this agent.")] = None,
    state: Annotated[QueryState | None, Query(description="Only questions in this state.")] = None,
) -> PageRead[QuerySummary]:
    """One's own questions, newest first."""
    found = await queries.list_page(session, actor, page, agent_id=agent_id, state=state)
    return PageRead[QuerySummary].model_validate(found)


@router.get("/{query_id}")
async def read_query(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))], query_id: UUID, session: ReaderDep
) -> QueryRead:
    """A question with its SQL, answer, chart, timings, tokens and cost; GET …/result has the rows."""
    return await queries.read(session, actor, query_id)


@router.get("/{query_id}/status")
async def read_query_status(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))], query_id: UUID, session: ReaderDep
) -> QueryStatus:
    """Where a question stands."""
    return await queries.status(session, actor, query_id)


@router.get("/{query_id}/trace", response_model_exclude_none=True)
async def read_query_trace(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))], query_id: UUID, session: ReaderDep
) -> TraceRead:
    """What a question did step by step, without secrets and without data of the sources; for its owner alone.

    Empty unless the agent had `debug` on when the question ran.
    """
    return await queries.trace(session, actor, query_id)


@router.get(
    "/{query_id}/result",
    response_model=ResultPage,
    responses={
        200: {"content": {CSV: {"schema": {"type": "string"}}, PARQUET: {}}},
        **problems(errors.NotReady, *NO_ANSWER),
    },
)
async def read_result(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    query_id: UUID,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most rows to return.")] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000, description="Rows to leave out first.")] = 0,
    accept: Accept = None,
) -> Any:
    """The rows of an answer in pages; by `Accept: text/csv` or `application/vnd.apache.parquet` all of them as a file.

    In CSV a text that a spreadsheet could take for a formula starts with an apostrophe.
    """
    stored = await query_results.rows_of(session, actor, query_id)
    wanted = preferred(accept, (JSON, CSV, PARQUET))
    if wanted == JSON:
        return query_results.page_of_rows(stored, limit=limit, offset=offset)
    await query_results.note_export(session, actor, query_id, stored, form=wanted)
    if wanted == CSV:
        headers = _attachment(query_id, "csv")
        return StreamingResponse(query_results.csv_of(stored), media_type=f"{CSV}; charset=utf-8", headers=headers)
    content = await query_results.parquet_file(stored)
    return Response(content, media_type=PARQUET, headers=_attachment(query_id, "parquet"))


def _attachment(query_id: UUID, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="query-{query_id}.{suffix}"'}


@router.post(
    "/{query_id}/cancel",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(errors.AlreadyFinished),
)
async def cancel_query(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_CANCEL))], query_id: UUID, engine: EngineDep
) -> QueryStatus:
    """Stops a question wherever it runs, with its model call and its statement, within about two seconds."""
    await queries.cancel(engine, actor, query_id)
    async with engine.platform.database.read() as session:
        return await queries.status(session, actor, query_id)


@router.get("/{query_id}/events", response_class=Response, responses={200: {"content": EVENTS}})
async def follow_query(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    query_id: UUID,
    engine: EngineDep,
    last_event: LastEventId = None,
) -> Response:
    """What happens in a question, as server-sent events with rising ids; `usage` comes right before the end."""
    after = last_event_id(last_event)
    async with engine.platform.database.read() as session:
        query = await queries.get(session, actor, query_id)
    return event_stream(queries.follow(engine, query, after=after))


def _accepted(query_id: UUID, state: QueryState) -> JSONResponse:
    body = QueryAccepted(id=query_id, state=state)
    headers = {"Location": f"/api/v1/queries/{query_id}"}
    return JSONResponse(body.model_dump(mode="json"), status_code=status.HTTP_202_ACCEPTED, headers=headers)
