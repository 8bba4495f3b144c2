"""Routes for feedback on answers, and for pairs of question and SQL."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from app.api.deps import EngineDep, PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core import errors
from app.core.actor import Actor
from app.core.permissions import Permission
from app.models import PairState
from app.schemas.common import PageRead
from app.schemas.feedback import FeedbackCreate, FeedbackRead, PairRead, PairsImported
from app.services import pairs

router = APIRouter(tags=["pairs"])

NDJSON: Final = "application/x-ndjson"
LINES: Final = {NDJSON: {"schema": {"type": "string"}}}
UNSUITABLE = (errors.SourceMissing, errors.NotReady, errors.SqlInvalid, errors.RefusedByPolicy, errors.TimedOut)
AgentId = Annotated[UUID, Query(description="The agent whose sources the pairs are about.")]


@router.post("/queries/{query_id}/feedback", responses=problems(*UNSUITABLE))
async def give_feedback(
    actor: Annotated[Actor, Depends(requires(Permission.FEEDBACK_GIVE))],
    query_id: UUID,
    body: FeedbackCreate,
    engine: EngineDep,
) -> FeedbackRead:
    """A thumb for an answer. A thumb up, or a corrected statement that runs, proposes a pair; a new one replaces it."""
    return await pairs.give_feedback(engine, actor, query_id, body)


@router.get("/pairs/", responses=problems(errors.NotFound))
async def list_pairs(
    actor: Annotated[Actor, Depends(requires(Permission.PAIRS_READ))],
    session: SessionDep,
    page: PageDep,
    agent_id: Annotated[UUID | None, Query(description="Only pairs of this agent's sources.")] = None,
    state: Annotated[PairState | None, Query(description="Only pairs in this state.")] = None,
    user_id: Annotated[UUID | None, Query(description="A MASTER: pairs of this user, instead of one's own.")] = None,
) -> PageRead[PairRead]:
    """One's own pairs, newest first; a MASTER reads those of its users too."""
    found = await pairs.list_page(session, actor, page, agent_id=agent_id, state=state, user_id=user_id)
    return PageRead[PairRead].model_validate(found)


@router.get("/pairs/export", response_class=Response, responses={200: {"content": LINES}, **problems(errors.NotFound)})
async def export_pairs(
    actor: Annotated[Actor, Depends(requires(Permission.PAIRS_READ))], engine: EngineDep, agent_id: AgentId
) -> Response:
    """All pairs of an agent's sources as JSON lines `{"question": …, "sql": …}`."""
    headers = {"Content-Disposition": 'attachment; filename="pairs.jsonl"'}
    return StreamingResponse(await pairs.export(engine, actor, agent_id), media_type=NDJSON, headers=headers)


@router.post(
    "/pairs/import",
    openapi_extra={"requestBody": {"required": True, "content": LINES}},
    responses=problems(errors.SourceMissing, errors.NotReady),
)
async def import_pairs(
    actor: Annotated[Actor, Depends(requires(Permission.PAIRS_VERIFY))],
    engine: EngineDep,
    agent_id: AgentId,
    request: Request,
) -> PairsImported:
    """Proposes the pairs of JSON lines; each statement takes the gate and is run, and the rest is named by number."""
    return await pairs.import_lines(engine, actor, agent_id, await request.body())


@router.put("/pairs/{pair_id}/verify", responses=problems(*UNSUITABLE))
async def verify_pair(
    actor: Annotated[Actor, Depends(requires(Permission.PAIRS_VERIFY))], pair_id: UUID, engine: EngineDep
) -> PairRead:
    """Runs a pair's statement once more and trusts it from then on: models are shown it with questions like it.

    The one whose pair it is decides that, or the MASTER who manages them.
    """
    return await pairs.verify(engine, actor, pair_id)


@router.delete("/pairs/{pair_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_pair(
    actor: Annotated[Actor, Depends(requires(Permission.PAIRS_VERIFY))], pair_id: UUID, session: SessionDep
) -> None:
    """Removes a pair; models are no longer shown it."""
    await pairs.delete(session, actor, pair_id)
