"""The route by which people reply to what a question asks back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response, status
from fastapi.responses import JSONResponse

from app.api.accept import preferred
from app.api.deps import EngineDep, requires
from app.api.openapi import problems
from app.api.streaming import EVENTS, SSE, event_stream
from app.core import errors
from app.core.actor import Actor
from app.core.errors.access import QuotaExhausted, TooManyQuestions
from app.core.errors.results import InputNotWanted
from app.core.errors.sessions import SessionEnded
from app.core.permissions import Permission
from app.models import QueryState
from app.schemas.queries import FinishedQuery, InputCreate, QueryAccepted
from app.services.jobs import events
from app.services.queries import queries, query_inputs, query_results

router = APIRouter(prefix="/queries", tags=["queries"])

Accept = Annotated[str | None, Header(description="Which of the documented forms is wanted.")]
JSON = "application/json"
REFUSED = (InputNotWanted, SessionEnded, errors.SourceMissing, errors.NotReady, TooManyQuestions, QuotaExhausted)
NO_ANSWER = (errors.QuestionError, errors.DatabaseUnreachable, errors.ModelFailed, errors.TimedOut)
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": EVENTS},
    202: {"model": QueryAccepted, "description": "It waits for its turn or for a worker, or takes long; see Location."},
}


@router.post(
    "/{query_id}/input",
    response_model=FinishedQuery,
    responses={**RESPONSES, **problems(*REFUSED, *NO_ANSWER)},
)
async def give_input(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_EXECUTE))],
    query_id: UUID,
    body: InputCreate,
    engine: EngineDep,
    accept: Accept = None,
) -> Any:
    """Replies to a question that asks back (`needs_input`), and waits for its answer as POST /queries/execute does.

    It is the same question with one bill over all of its parts, and may ask back once more.
    """
    given = await query_inputs.give(engine, actor, query_id, body)
    location = {"Location": f"/api/v1/queries/{query_id}"}
    if preferred(accept, (JSON, SSE)) == SSE:
        async with engine.platform.database.read() as session:
            query = await queries.get(session, actor, query_id)
        after = events.before_claim(given.fence)
        return event_stream(queries.follow(engine, query, after=after), headers=location)
    limit_s = engine.platform.settings.sync_limit_s
    done = None if given.running is None else await queries.wait(given.running, timeout_s=limit_s)
    if done is None:
        state = QueryState.QUEUED if given.running is None else QueryState.RUNNING
        accepted = QueryAccepted(id=query_id, state=state).model_dump(mode="json")
        return JSONResponse(accepted, status_code=status.HTTP_202_ACCEPTED, headers=location)
    return Response(query_results.finished(done).model_dump_json(), media_type=JSON, headers=location)
