"""Routes for batches of questions."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response, status
from fastapi.responses import StreamingResponse

from app.api.accept import preferred
from app.api.deps import EngineDep, PageDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.core import errors
from app.core.actor import Actor
from app.core.errors.access import QuotaExhausted, TooManyQuestions
from app.core.permissions import Permission
from app.schemas.batches import BatchAnswers, BatchCreate, BatchRead
from app.schemas.common import PageRead
from app.services.automation import batches

router = APIRouter(prefix="/batches", tags=["batches"])

JSON, NDJSON = "application/json", "application/x-ndjson"
LINES: Final[dict[str, Any]] = {NDJSON: {"schema": {"type": "string"}}}
NOT_ASKABLE = (
    errors.NotFound,
    errors.SourceMissing,
    errors.NotReady,
    TooManyQuestions,
    QuotaExhausted,
    errors.Overloaded,
)


@router.post("", status_code=status.HTTP_202_ACCEPTED, responses=problems(*NOT_ASKABLE))
async def create_batch(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_EXECUTE))],
    body: BatchCreate,
    engine: EngineDep,
    response: Response,
) -> BatchRead:
    """Asks many questions as one job; all of them are kept, or none. Questions that somebody waits for go first."""
    made = await batches.submit(engine, actor, body)
    response.headers["Location"] = f"/api/v1/batches/{made.id}"
    return made


@router.get("")
async def list_batches(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    session: SessionDep,
    page: PageDep,
    schedule_id: Annotated[UUID | None, Query(description="Only the runs of this schedule.")] = None,
) -> PageRead[BatchRead]:
    """One's own batches with their progress, newest first."""
    found = await batches.list_page(session, actor, page, schedule_id=schedule_id)
    return PageRead[BatchRead].model_validate(found)


@router.get("/{batch_id}")
async def read_batch(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))], batch_id: UUID, session: ReaderDep
) -> BatchRead:
    """How far a batch has come."""
    return await batches.read(session, actor, batch_id)


@router.get("/{batch_id}/results", response_model=BatchAnswers, responses={200: {"content": LINES}})
async def read_batch_results(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_READ))],
    batch_id: UUID,
    engine: EngineDep,
    page: PageDep,
    rows: Annotated[int, Query(ge=0, le=1000, description="Most rows to return with each answer.")] = 10,
    accept: Annotated[str | None, Header(description="Which of the documented forms is wanted.")] = None,
) -> Any:
    """The answers in the order of the questions, also while some are open; by `Accept: application/x-ndjson` all."""
    if preferred(accept, (JSON, NDJSON)) == NDJSON:
        headers = {"Content-Disposition": f'attachment; filename="batch-{batch_id}.jsonl"'}
        lines = await batches.all_answers(engine, actor, batch_id, rows=rows)
        return StreamingResponse(lines, media_type=NDJSON, headers=headers)
    async with engine.platform.database.read() as session:
        return await batches.answers(session, actor, batch_id, page, rows=rows)


@router.post("/{batch_id}/cancel", status_code=status.HTTP_202_ACCEPTED, responses=problems(errors.AlreadyFinished))
async def cancel_batch(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_CANCEL))], batch_id: UUID, engine: EngineDep
) -> BatchRead:
    """Stops all of its questions: those that wait at once, those that run within about two seconds."""
    return await batches.cancel(engine, actor, batch_id)
