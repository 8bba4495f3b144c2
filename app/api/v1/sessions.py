"""Routes for conversations and the questions asked in them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response, status
from fastapi.responses import JSONResponse

from app.api.accept import preferred
from app.api.deps import EngineDep, LanguageDep, PageDep, PlatformDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.api.streaming import EVENTS, SSE, event_stream
from app.core import errors
from app.core.actor import Actor
from app.core.errors.access import QuotaExhausted, TooManyQuestions
from app.core.errors.sessions import SessionAgentGone, SessionBusy, SessionEnded
from app.core.permissions import Permission
from app.models import QueryState, SessionFilter, SessionState
from app.schemas.common import PageRead
from app.schemas.queries import QueryAccepted
from app.schemas.sessions import (
    ExchangeRead,
    MessageCreate,
    MessageRead,
    SessionCreate,
    SessionDetail,
    SessionExport,
    SessionRead,
    SessionUpdate,
)
from app.services.queries import queries, query_results
from app.services.sessions import session_messages, sessions
from app.services.sessions.session_document import markdown

router = APIRouter(prefix="/sessions", tags=["sessions"])

Accept = Annotated[str | None, Header(description="Which of the documented forms is wanted.")]
JSON, MARKDOWN = "application/json", "text/markdown"
TOO_MUCH = (TooManyQuestions, QuotaExhausted, errors.Overloaded)
REFUSED = (SessionBusy, SessionEnded, SessionAgentGone, errors.SourceMissing, *TOO_MUCH)
NO_ANSWER = (errors.QuestionError, errors.DatabaseUnreachable, errors.ModelFailed, errors.TimedOut)
ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": QueryAccepted, "description": "It waits for its turn or for a worker, or takes long; see Location."}
}


@router.get("/")
async def list_sessions(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_READ))],
    session: ReaderDep,
    page: PageDep,
    agent_id: Annotated[UUID | None, Query(description="Only conversations with this agent.")] = None,
    state: Annotated[SessionState | None, Query(description="Only conversations in this state.")] = None,
    pinned: Annotated[bool | None, Query(description="Only pinned ones, or only others.")] = None,
    tag: Annotated[str | None, Query(max_length=50, description="Only conversations with this tag.")] = None,
) -> PageRead[SessionRead]:
    """One's own conversations and those that others share, newest first."""
    wanted = SessionFilter(agent_id=agent_id, state=state, is_pinned=pinned, tag=tag)
    return PageRead[SessionRead].model_validate(await sessions.list_page(session, actor, page, wanted))


@router.post("/", status_code=status.HTTP_201_CREATED, responses=problems(errors.NotFound))
async def create_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_CREATE))], body: SessionCreate, session: SessionDep
) -> SessionRead:
    """Begins a conversation with an agent."""
    return await sessions.create(session, actor, wanted=body)


@router.get("/{session_id}")
async def read_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_READ))],
    session_id: UUID,
    session: ReaderDep,
    language: LanguageDep,
) -> SessionDetail:
    """One conversation: the state that its next question starts from, and what has changed since its last answer."""
    return await sessions.read(session, actor, session_id, language)


@router.patch("/{session_id}")
async def update_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_UPDATE))],
    session_id: UUID,
    body: SessionUpdate,
    session: SessionDep,
) -> SessionRead:
    """Changes title, tags, pin or policy, pauses or ends it; what is left out stays as it is."""
    return await sessions.update(session, actor, session_id, wanted=body)


@router.delete("/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_DELETE))], session_id: UUID, session: SessionDep
) -> None:
    """Removes a conversation with its messages and cancels what is open in it; its questions stay in the history."""
    await sessions.delete(session, actor, session_id)


@router.put("/{session_id}/resume")
async def resume_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_UPDATE))],
    session_id: UUID,
    session: SessionDep,
    language: LanguageDep,
) -> SessionDetail:
    """Makes a paused or ended conversation active again, exactly where it stood, and tells what changed meanwhile."""
    return await sessions.resume(session, actor, session_id, language)


@router.get("/{session_id}/messages")
async def list_messages(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_READ))],
    session_id: UUID,
    session: ReaderDep,
    page: PageDep,
    language: LanguageDep,
) -> PageRead[MessageRead]:
    """What was said, the last message first; answers come with SQL, chart and cost, and rows by GET …/result."""
    found = await session_messages.list_page(session, actor, session_id, page, language)
    return PageRead[MessageRead].model_validate(found)


@router.post(
    "/{session_id}/messages",
    response_model=ExchangeRead,
    responses={200: {"content": EVENTS}, **ACCEPTED, **problems(*REFUSED, *NO_ANSWER)},
)
async def post_message(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_EXECUTE))],
    session_id: UUID,
    body: MessageCreate,
    engine: EngineDep,
    language: LanguageDep,
    accept: Accept = None,
) -> Any:
    """Asks in a conversation and waits for the answer, as POST /queries/execute does, its streaming included.

    A question may refer to the one before it. While another is not answered it waits for its turn (202), or is
    refused as `session_busy` where the conversation wants that.
    """
    posted = await session_messages.post(engine, actor, session_id, body)
    location = {"Location": f"/api/v1/queries/{posted.query_id}"}
    if preferred(accept, (JSON, SSE)) == SSE:
        async with engine.platform.database.read() as session:
            query = await queries.get(session, actor, posted.query_id)
        return event_stream(queries.follow(engine, query, after=0), headers=location)
    limit_s = engine.platform.settings.sync_limit_s
    done = None if posted.running is None else await queries.wait(posted.running, timeout_s=limit_s)
    if done is None:
        state = QueryState.QUEUED if posted.running is None else QueryState.RUNNING
        accepted = QueryAccepted(id=posted.query_id, state=state).model_dump(mode="json")
        return JSONResponse(accepted, status_code=status.HTTP_202_ACCEPTED, headers=location)
    exchange = ExchangeRead(
        session_id=session_id,
        notices=sessions.as_changes(posted.changes, language),
        question_number=posted.place.number,
        answer_number=posted.place.number + 1,
        query=query_results.finished(done),
    )
    return Response(exchange.model_dump_json(), media_type=JSON, headers=location)


@router.get(
    "/{session_id}/export",
    response_model=SessionExport,
    responses={200: {"content": {MARKDOWN: {"schema": {"type": "string"}}}}},
)
async def export_session(
    actor: Annotated[Actor, Depends(requires(Permission.SESSIONS_READ))],
    session_id: UUID,
    platform: PlatformDep,
    language: LanguageDep,
    accept: Accept = None,
) -> Any:
    """A whole conversation as JSON, or as a document by `Accept: text/markdown`."""
    conversation, messages = await session_messages.export(platform.database, actor, session_id, language)
    found = sessions.as_read(conversation)
    suffix = "md" if preferred(accept, (JSON, MARKDOWN)) == MARKDOWN else "json"
    headers = {"Content-Disposition": f'attachment; filename="session-{session_id}.{suffix}"'}
    if suffix == "md":
        return Response(markdown(found, messages, language), media_type=f"{MARKDOWN}; charset=utf-8", headers=headers)
    content = SessionExport(session=found, messages=messages).model_dump_json()
    return Response(content, media_type=JSON, headers=headers)
