"""Routes for what questions know of their conversation."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from app.api.deps import EngineDep, LanguageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.pagination import MAX_NUMBER
from app.core.permissions import Permission
from app.schemas.context import ContextRead, IndexAccepted, IndexCreate
from app.schemas.search import SimilarRead
from app.services import indexing, search
from app.services.search import Likeness
from app.services.sessions import session_context

router = APIRouter(prefix="/context", tags=["context"])


@router.get("/similar", responses=problems(NotFound))
async def read_similar(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_READ))],
    engine: EngineDep,
    text: Annotated[str | None, Query(min_length=1, max_length=4000, description="Any words.")] = None,
    session_id: Annotated[UUID | None, Query(description="A conversation, by its last questions.")] = None,
    number: Annotated[int | None, Query(ge=1, le=MAX_NUMBER, description="Only this message of it.")] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="Most items to return.")] = 10,
) -> SimilarRead:
    """One's own earlier questions and answers most like a text, a message or a conversation, from outside of it."""
    return await search.find_similar(engine, actor, Likeness(text, session_id, number), most=limit)


@router.get("/{session_id}")
async def read_context(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_READ))],
    session_id: UUID,
    session: SessionDep,
    engine: EngineDep,
    language: LanguageDep,
    question: Annotated[str, Query(max_length=4000, description="The question that would be asked next.")] = "",
) -> ContextRead:
    """What of a conversation would be sent to a model with its next question, within the budget, and why each part."""
    return await session_context.read(session, engine, actor, session_id, question=question, language=language)


@router.post("/index", status_code=status.HTTP_202_ACCEPTED, responses=problems(NotFound))
async def index_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_UPDATE))], body: IndexCreate, engine: EngineDep
) -> IndexAccepted:
    """Has a conversation indexed for search now, anew where it is indexed already; workers do it within seconds."""
    return await indexing.index_session(engine, actor, body.session_id)
