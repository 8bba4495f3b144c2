"""Conversations: beginning, reading, changing, resuming and removing them."""

from uuid import UUID

from app.agentgraph.agents.summary import NODE
from app.core import clock
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotFound
from app.core.errors.people import NotYours
from app.core.i18n import Language
from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import Page, PageRequest, page_of
from app.models import (
    AuditAction,
    BusyPolicy,
    Conversation,
    Message,
    Query,
    QueryState,
    SessionFilter,
    SessionState,
    Speaker,
)
from app.repositories import agents, jobs, queries, sessions, usage
from app.schemas.sessions import (
    LastAnswer,
    PendingInput,
    SessionChange,
    SessionCreate,
    SessionDetail,
    SessionRead,
    SessionSpentRead,
    SessionUpdate,
)
from app.schemas.shares import SharedBy
from app.services.audit.audit import fingerprint, record
from app.services.sessions.session_basis import Change, ChangeKind, basis_of, changes, sentence
from app.services.shares import sharers


async def create(session: Session, actor: Actor, *, wanted: SessionCreate) -> SessionRead:
    """Begins a conversation. Raises NotFound for an agent that is not there."""
    if await agents.get(session, actor.user_id, wanted.agent_id) is None:
        raise NotFound
    made = Conversation(
        id=new_id(),
        owner_id=actor.user_id,
        agent_id=wanted.agent_id,
        title=wanted.title,
        state=SessionState.ACTIVE,
        is_pinned=wanted.pinned,
        tags=list(dict.fromkeys(wanted.tags)),
        on_busy=BusyPolicy(wanted.on_busy),
        message_count=0,
    )
    await sessions.add(session, made)
    after = {"agent_id": str(wanted.agent_id)}
    await record(session, actor, AuditAction.SESSION_CREATED, "session", made.id, after=after)
    return as_read(made)


async def readable(session: Session, actor: Actor, session_id: UUID) -> Conversation:
    """A conversation that the actor may read, its own or one that is shared with it. Raises NotFound."""
    found = await sessions.get(session, actor.user_id, session_id)
    if found is None:
        raise NotFound
    return found


async def own(session: Session, actor: Actor, session_id: UUID, *, lock: bool = False) -> Conversation:
    """A conversation that the actor may go on with. Raises NotFound, NotYours for one that is only shared with it."""
    found = await sessions.get_own(session, actor.user_id, session_id, lock=lock)
    if found is None:
        await readable(session, actor, session_id)
        raise NotYours
    return found


async def list_page(session: Session, actor: Actor, request: PageRequest, wanted: SessionFilter) -> Page[SessionRead]:
    """The actor's conversations and those shared with it, newest first."""
    rows = await sessions.page(session, actor.user_id, request, wanted)
    others = await sharers(session, actor, {row.owner_id for row in rows})
    return page_of([as_read(row, others.get(row.owner_id)) for row in rows], request)


async def read(session: Session, actor: Actor, session_id: UUID, language: Language) -> SessionDetail:
    """One conversation with the state that its next question starts from. Raises NotFound."""
    found = await readable(session, actor, session_id)
    if found.owner_id != actor.user_id:
        return await _shared_detail(session, actor, found)
    return await _detail(session, found, await _changes(session, found), language)


async def update(session: Session, actor: Actor, session_id: UUID, *, wanted: SessionUpdate) -> SessionRead:
    """Changes what was sent. Raises NotFound."""
    found = await own(session, actor, session_id, lock=True)
    if wanted.title is not None:
        found.title = wanted.title
    if wanted.tags is not None:
        found.tags = list(dict.fromkeys(wanted.tags))
    if wanted.pinned is not None:
        found.is_pinned = wanted.pinned
    if wanted.on_busy is not None:
        found.on_busy = BusyPolicy(wanted.on_busy)
    if wanted.state is not None:
        found.state = SessionState(wanted.state)
        found.ended_at = clock.now() if found.state is SessionState.ENDED else None
    await sessions.save(session)
    after = wanted.model_dump(exclude_unset=True)
    after |= {name: fingerprint(str(after[name])) for name in ("title", "tags") if name in after}
    await record(session, actor, AuditAction.SESSION_CHANGED, "session", session_id, after=after)
    return as_read(found)


async def resume(session: Session, actor: Actor, session_id: UUID, language: Language) -> SessionDetail:
    """Makes a conversation active again, and says in it what has changed since its last answer. Raises NotFound."""
    found = await own(session, actor, session_id, lock=True)
    found.state, found.ended_at = SessionState.ACTIVE, None
    told = await tell_changes(session, found)
    await sessions.touch(session, found)
    await record(session, actor, AuditAction.SESSION_RESUMED, "session", session_id)
    return await _detail(session, found, told, language)


async def delete(session: Session, actor: Actor, session_id: UUID) -> None:
    """Removes a conversation with its messages; questions that wait are cancelled. Raises NotFound."""
    found = await own(session, actor, session_id, lock=True)
    for query_id in await sessions.open_questions(session, session_id):
        if await jobs.withdraw(session, JobKind.RUN_QUERY, query_id) is None:
            await queries.request_cancel(session, query_id)
        else:
            await queries.end_unrun(session, query_id, QueryState.CANCELLED, None)
    await sessions.remove(session, found)
    await record(session, actor, AuditAction.SESSION_DELETED, "session", session_id)


async def tell_changes(session: Session, conversation: Conversation) -> list[Change]:
    """Adds a notice of what has changed since the last answer, once. The caller holds the conversation's row."""
    found = await _changes(session, conversation)
    if not found:
        return []
    told = {"changes": [{"kind": change.kind.value, "name": change.name} for change in found]}
    if conversation.agent_id is not None and found[0].kind is not ChangeKind.AGENT_GONE:
        agent = await agents.asked(session, conversation.owner_id, conversation.agent_id)
        conversation.basis = None if agent is None else basis_of(agent)
        await sessions.add_messages(session, conversation, [Message(speaker=Speaker.NOTICE, notice=told)])
    return found


def as_read(conversation: Conversation, shared_by: SharedBy | None = None) -> SessionRead:
    """The conversation as its owner sees it, or as those do with whom `shared_by` shares it."""
    return SessionRead(
        id=conversation.id,
        agent_id=conversation.agent_id,
        title=conversation.title,
        state=conversation.state,
        pinned=conversation.is_pinned,
        tags=conversation.tags,
        on_busy=conversation.on_busy,
        message_count=conversation.message_count,
        created_at=conversation.created_at,
        last_activity_at=conversation.last_activity_at,
        ended_at=conversation.ended_at,
        shared_by=shared_by,
    )


def as_changes(found: list[Change], language: Language) -> list[SessionChange]:
    """Changes in words."""
    return [SessionChange(kind=change.kind.value, detail=sentence(change, language)) for change in found]


async def _changes(session: Session, conversation: Conversation) -> list[Change]:
    agent = None
    if conversation.agent_id is not None:
        agent = await agents.asked(session, conversation.owner_id, conversation.agent_id)
    return changes(conversation.basis, agent)


async def _detail(
    session: Session, conversation: Conversation, found: list[Change], language: Language
) -> SessionDetail:
    open_questions = await sessions.open_questions(session, conversation.id)
    return SessionDetail(
        **as_read(conversation).model_dump(),
        agent_version=None if conversation.basis is None else conversation.basis["agent_version"],
        last_answer=await _last_answer(session, conversation.owner_id, conversation),
        pending_input=_pending(await sessions.asking_back(session, conversation.id)),
        open_query_id=open_questions[0] if open_questions else None,
        changes=as_changes(found, language),
        spent=SessionSpentRead.model_validate(await usage.of_session(session, conversation.id, summaries=NODE)),
    )


async def _shared_detail(session: Session, actor: Actor, conversation: Conversation) -> SessionDetail:
    """The conversation for a reader: what its next question would meet concerns its owner alone."""
    others = await sharers(session, actor, {conversation.owner_id})
    return SessionDetail(
        **as_read(conversation, others.get(conversation.owner_id)).model_dump(),
        agent_version=None,
        last_answer=await _last_answer(session, actor.user_id, conversation),
        pending_input=None,
        open_query_id=None,
        changes=[],
        spent=None,
    )


async def _last_answer(session: Session, reader_id: UUID, conversation: Conversation) -> LastAnswer | None:
    number = conversation.message_count + 1
    recent = await sessions.ended_before(session, reader_id, conversation.id, number, limit=20)
    ended = next((ended for ended in reversed(recent) if ended.sql is not None), None)
    if ended is None:
        return None
    return LastAnswer(
        query_id=ended.id,
        question=ended.question,
        sql=ended.sql,
        chart_type=ended.chart_type,
        tables=ended.tables or [],
    )


def _pending(query: Query | None) -> PendingInput | None:
    if query is None or query.input_request is None:
        return None
    request = query.input_request
    return PendingInput(
        query_id=query.id, question=query.question, detail=request["question"], options=request["options"]
    )
