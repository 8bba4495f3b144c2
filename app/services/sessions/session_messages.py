"""What is said in a conversation: asking in it by the one path of all questions, reading it, taking it away."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.errors import NotFound
from app.core.errors.sessions import SessionAgentGone, SessionBusy, SessionEnded
from app.core.i18n import Language, Text
from app.core.pagination import Page, PageRequest, numbered_page_of
from app.models import AuditAction, BusyPolicy, Conversation, Query, QueryState, SessionState, Speaker
from app.repositories import queries as query_rows
from app.repositories import sessions
from app.repositories.agents import AskedAgent
from app.repositories.jobs import Hint
from app.repositories.sessions import Said
from app.schemas.sessions import MessageCreate, MessageQuery, MessageRead
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.memory.session_memory import Place
from app.services.queries import queries, query_inputs
from app.services.queries.queries import Running
from app.services.queries.query_answer import Asked
from app.services.queries.query_inputs import Reply
from app.services.sessions.session_basis import Change, ChangeKind, basis_of, sentence
from app.services.sessions.sessions import own, readable, tell_changes

TITLE_CHARS = 80
WITHHELD = Text(
    en="This answer rests on a source that is not shared with you, or no longer as it was.",
    pt="Esta resposta se baseia em uma fonte que não está compartilhada com você, ou não mais como estava.",
)
EXPORT_PAGE = 200
"""Messages read at a time for an export."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A question that has its place in a conversation."""

    query_id: UUID
    place: Place
    changes: list[Change]
    running: Running | None
    """The run in this process; None when it waits for its turn or for a worker."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """A conversation in which a question may be asked now, its row held."""

    conversation: Conversation
    agent: AskedAgent
    changes: list[Change]
    is_busy: bool


async def post(engine: Engine, actor: Actor, session_id: UUID, wanted: MessageCreate) -> Posted:
    """Records a question in its place, and begins to answer it here unless it has to wait or is to be left to others.

    Words that reply to what the question before asks back let that one go on instead.

    Raises NotFound, SessionEnded, SessionBusy, SessionAgentGone, and what `queries.start` raises.
    """
    claimed_at = time.monotonic()
    await engine.admission.require_room(running=0 if wanted.background else engine.jobs.count)
    asked: Asked | None = None
    async with engine.platform.database.transaction() as session:
        seat = await _take_seat(session, actor, session_id)
        place = Place(session_id, seat.conversation.message_count + 1)
        resumed = await _replied(session, engine, actor, seat, wanted)
        if resumed is not None:
            query_id, asked, hints = resumed
        elif seat.is_busy or wanted.background:
            query_id, hints = await queries.record_waiting(
                session, engine, actor, agent=seat.agent, question=wanted.text, place=place, is_held=seat.is_busy
            )
        else:
            asked = await queries.record_running(
                session, engine, actor, agent=seat.agent, question=wanted.text, place=place
            )
            query_id, hints = asked.claim.subject_id, []
        if resumed is None:
            await _write(session, seat, wanted.text, query_id)
    if hints:
        engine.jobs.hint_soon(hints)
    running = None if asked is None else queries.begin(engine, asked, claimed_at)
    return Posted(query_id, place, seat.changes, running)


async def list_page(
    session: Session, actor: Actor, session_id: UUID, request: PageRequest, language: Language
) -> Page[MessageRead]:
    """Messages, the last first. Raises NotFound."""
    await readable(session, actor, session_id)
    rows = await sessions.messages_before(session, actor.user_id, session_id, request.before_number, request.limit + 1)
    return numbered_page_of([as_read(said, language) for said in rows], request)


async def export(
    database: Database, actor: Actor, session_id: UUID, language: Language
) -> tuple[Conversation, list[MessageRead]]:
    """The conversation with all its messages in their order; noted in the audit log. Raises NotFound."""
    async with database.transaction() as session:
        conversation = await readable(session, actor, session_id)
        after = {"messages": conversation.message_count}
        await record(session, actor, AuditAction.SESSION_EXPORTED, "session", session_id, after=after)
    return conversation, [as_read(said, language) async for said in _all(database, actor.user_id, session_id)]


def as_read(said: Said, language: Language) -> MessageRead:
    """A message as clients see it; notices in the reader's language."""
    message, query = said.message, said.query
    is_answer = message.speaker == Speaker.ASSISTANT and message.text is None
    return MessageRead(
        number=message.number,
        speaker=message.speaker,
        text=_text(said, language),
        query_id=message.query_id,
        query=MessageQuery.model_validate(query) if is_answer and query is not None else None,
        created_at=message.created_at,
    )


async def _replied(
    session: Session, engine: Engine, actor: Actor, seat: _Seat, wanted: MessageCreate
) -> tuple[UUID, Asked | None, list[Hint]] | None:
    """The question that goes on, when it asked back and the words reply to it; one that is passed over is cancelled."""
    waiting = await sessions.asking_back(session, seat.conversation.id)
    if waiting is None or waiting.input_request is None:
        return None
    reply = query_inputs.reply_in(waiting.input_request, wanted.text)
    if reply is None:
        await query_rows.end_unrun(session, waiting.id, QueryState.CANCELLED, None)
        return None
    resumed = await query_inputs.resume(
        session,
        engine,
        actor,
        waiting,
        Reply(reply, wanted.text, background=wanted.background),
        agent=seat.agent,
        conversation=seat.conversation,
    )
    return waiting.id, resumed.asked, resumed.hints


async def _take_seat(session: Session, actor: Actor, session_id: UUID) -> _Seat:
    conversation = await own(session, actor, session_id, lock=True)
    if conversation.state == SessionState.ENDED:
        raise SessionEnded
    agent = await _agent(session, actor, conversation)
    waiting = await sessions.open_questions(session, session_id)
    if waiting and conversation.on_busy == BusyPolicy.REFUSE:
        raise SessionBusy(query_id=str(waiting[0]))
    told = await tell_changes(session, conversation)
    return _Seat(conversation, agent, told, is_busy=bool(waiting))


async def _agent(session: Session, actor: Actor, conversation: Conversation) -> AskedAgent:
    if conversation.agent_id is None:
        raise SessionAgentGone
    try:
        return await queries.askable(session, actor, conversation.agent_id)
    except NotFound:
        raise SessionAgentGone from None


async def _write(session: Session, seat: _Seat, words: str, query_id: UUID) -> None:
    """The question, and the place of its answer right behind it, whatever else is asked meanwhile."""
    conversation = seat.conversation
    asked, answer = sessions.question_message(words, query_id), sessions.answer_message(query_id)
    await sessions.add_messages(session, conversation, [asked, answer])
    conversation.title = conversation.title or title_from(words)
    conversation.basis = basis_of(seat.agent)
    conversation.state = SessionState.ACTIVE
    await sessions.touch(session, conversation)


def title_from(question: str) -> str:
    """The question on one line, cut at a word."""
    flat = " ".join(question.split())
    if len(flat) <= TITLE_CHARS:
        return flat
    cut = flat[: TITLE_CHARS - 1]
    return (cut.rsplit(" ", 1)[0] or cut).rstrip(",;:") + "…"


async def _all(database: Database, reader_id: UUID, session_id: UUID) -> AsyncIterator[Said]:
    after = 0
    while True:
        async with database.read() as session:
            rows = await sessions.messages_after(session, reader_id, session_id, after, EXPORT_PAGE)
        for said in rows:
            yield said
        if len(rows) < EXPORT_PAGE:
            return
        after = rows[-1].message.number


def _text(said: Said, language: Language) -> str | None:
    message, query = said.message, said.query
    if message.speaker == Speaker.NOTICE:
        told = (message.notice or {}).get("changes", [])
        return " ".join(sentence(Change(ChangeKind(change["kind"]), change["name"]), language) for change in told)
    if message.speaker == Speaker.ASSISTANT and query is None and message.query_id is not None:
        return WITHHELD.to(language)
    if message.speaker == Speaker.USER or query is None or message.text is not None:
        return message.text
    return _answer(query)


def _answer(query: Query) -> str | None:
    """The answer, what is asked back, or why there is none; None while the question is open."""
    if query.input_request is not None:
        return query_inputs.as_text(query.input_request)
    if query.error is not None:
        return str(query.error["detail"])
    return query.answer
