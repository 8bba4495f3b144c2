"""Conversations as their owners and those they share them with see them, messages in order, and whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.jobs import JobKind
from app.core.pagination import PageRequest
from app.models import (
    FINAL_STATES,
    Conversation,
    Message,
    Query,
    QueryState,
    SessionFilter,
    SessionState,
    Speaker,
    User,
)
from app.repositories.jobs import Hint
from app.repositories.shares import answer_is_readable, received_by


@dataclass(frozen=True, slots=True)
class Said:
    """A message with its query, whose answer is the text of an assistant's message."""

    message: Message
    query: Query | None


@dataclass(frozen=True, slots=True)
class Ended:
    """What the next question may know of one that has ended: light, because charts hold all of their rows."""

    id: UUID
    number: int
    question: str
    language: str | None
    state: str
    outcome: str | None
    answer: str | None
    error: dict[str, Any] | None
    sql: str | None
    reading: str | None
    steps: list[dict[str, str]] | None
    tables: list[str] | None
    chart_type: str | None


_RELEASE_NEXT: Final = text(
    """
    UPDATE jobs SET state = 'queued'
     WHERE kind = :kind AND state = 'held'
       AND subject_id = (SELECT id FROM queries
                          WHERE session_id = :session_id AND state IN ('queued', 'running')
                          ORDER BY message_number LIMIT 1)
    RETURNING id
    """
)


def visible_to(reader_id: UUID) -> Select[Conversation]:
    """The conversations that `reader_id` may see, own and shared; every read of them starts here."""
    is_readable = or_(Conversation.owner_id == reader_id, Conversation.id.in_(received_by(reader_id)))
    return select(Conversation).where(is_readable)


async def get(session: AsyncSession, reader_id: UUID, session_id: UUID) -> Conversation | None:
    """One conversation, to be read."""
    return (await session.execute(visible_to(reader_id).where(Conversation.id == session_id))).scalar_one_or_none()


async def get_own(
    session: AsyncSession, owner_id: UUID, session_id: UUID, *, lock: bool = False
) -> Conversation | None:
    """One conversation, for its owner; with `lock` nobody else adds a message until the transaction ends."""
    statement = visible_to(owner_id).where(Conversation.id == session_id, Conversation.owner_id == owner_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession, reader_id: UUID, request: PageRequest, wanted: SessionFilter
) -> Sequence[Conversation]:
    """Up to `limit + 1` conversations, newest first."""
    statement = visible_to(reader_id).order_by(Conversation.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Conversation.id < request.before)
    if wanted.agent_id is not None:
        statement = statement.where(Conversation.agent_id == wanted.agent_id)
    if wanted.state is not None:
        statement = statement.where(Conversation.state == wanted.state)
    if wanted.is_pinned is not None:
        statement = statement.where(Conversation.is_pinned.is_(wanted.is_pinned))
    if wanted.tag is not None:
        statement = statement.where(Conversation.tags.contains([wanted.tag]))
    return (await session.execute(statement)).scalars().all()


async def add(session: AsyncSession, conversation: Conversation) -> None:
    """Stores a new conversation."""
    session.add(conversation)
    await session.flush()
    await session.refresh(conversation, ["created_at", "last_activity_at"])


async def save(session: AsyncSession) -> None:
    """Writes what was changed."""
    await session.flush()


async def touch(session: AsyncSession, conversation: Conversation) -> None:
    """Notes that something happens in the conversation now."""
    now = func.now()
    statement = update(Conversation).where(Conversation.id == conversation.id).values(last_activity_at=now)
    await session.execute(statement)
    await session.refresh(conversation, ["last_activity_at"])


async def remove(session: AsyncSession, conversation: Conversation) -> None:
    """Removes a conversation with its messages; its questions stay in the history."""
    await session.delete(conversation)
    await session.flush()


async def add_messages(session: AsyncSession, conversation: Conversation, messages: Sequence[Message]) -> None:
    """Appends messages, numbered on from the last one. The caller holds the conversation's row."""
    for message in messages:
        conversation.message_count += 1
        message.session_id, message.number = conversation.id, conversation.message_count
        session.add(message)
    await session.flush()


async def settle_answer(session: AsyncSession, query: Query, words: str) -> None:
    """Keeps `words` as the text of the message that was to hold the answer of `query`."""
    statement = update(Message).where(
        Message.session_id == query.session_id,
        Message.query_id == query.id,
        Message.speaker == Speaker.ASSISTANT,
        Message.text.is_(None),
    )
    await session.execute(statement.values(text=words))


async def asking_back(session: AsyncSession, session_id: UUID) -> Query | None:
    """The last question of a conversation that waits for its owner."""
    statement = select(Query).where(Query.session_id == session_id, Query.state == QueryState.NEEDS_INPUT)
    return (await session.execute(statement.order_by(Query.message_number.desc()).limit(1))).scalar_one_or_none()


async def messages_before(
    session: AsyncSession, reader_id: UUID, session_id: UUID, before: int | None, limit: int
) -> list[Said]:
    """Up to `limit` messages with numbers below `before`, the last first."""
    statement = _said(reader_id, session_id).order_by(Message.number.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Message.number < before)
    return [Said(row.Message, row.Query) for row in await session.execute(statement)]


async def messages_after(
    session: AsyncSession, reader_id: UUID, session_id: UUID, after: int, limit: int
) -> list[Said]:
    """Up to `limit` messages with numbers above `after`, in their order."""
    statement = _said(reader_id, session_id).where(Message.number > after).order_by(Message.number).limit(limit)
    return [Said(row.Message, row.Query) for row in await session.execute(statement)]


async def ended_before(
    session: AsyncSession, reader_id: UUID, session_id: UUID, number: int, limit: int
) -> list[Ended]:
    """The last `limit` questions asked before message `number` that have ended, in their order.

    Those that rest on what is not shared with the reader, or no longer as it was, are left out.
    """
    details = Query.details
    statement = (
        select(
            Query.id,
            Query.message_number.label("number"),
            Query.question,
            Query.language,
            Query.state,
            Query.outcome,
            Query.answer,
            Query.error,
            Query.sql,
            details["reading"].label("reading"),
            details["steps"].label("steps"),
            details["tables"].label("tables"),
            Query.chart["type"].label("chart_type"),
        )
        .where(Query.session_id == session_id, Query.message_number < number, Query.state.in_(FINAL_STATES))
        .where(answer_is_readable(reader_id))
        .order_by(Query.message_number.desc())
        .limit(limit)
    )
    return [Ended(**row._mapping) for row in reversed((await session.execute(statement)).all())]


async def open_questions(session: AsyncSession, session_id: UUID) -> Sequence[UUID]:
    """The questions that wait or run, in their order."""
    open_states = (QueryState.QUEUED, QueryState.RUNNING)
    statement = (
        select(Query.id)
        .where(Query.session_id == session_id, Query.state.in_(open_states))
        .order_by(Query.message_number)
    )
    return (await session.execute(statement)).scalars().all()


async def release_next(session: AsyncSession, session_id: UUID) -> Hint | None:
    """Lets the next held question go when no other is open before it.

    Takes the conversation's row first: a question that is being added at the same moment is seen, or sees the end of
    the one before it.
    """
    await session.execute(select(Conversation.id).where(Conversation.id == session_id).with_for_update())
    parameters = {"kind": JobKind.RUN_QUERY.value, "session_id": session_id}
    job_id = (await session.execute(_RELEASE_NEXT, parameters)).scalar_one_or_none()
    return None if job_id is None else Hint(kind=JobKind.RUN_QUERY, job_id=job_id)


async def pause_idle(session: AsyncSession, *, idle_s: float) -> int:
    """Pauses active conversations without activity for `idle_s` seconds and open question; gives how many."""
    is_open = (
        select(Query.id)
        .where(Query.session_id == Conversation.id, Query.state.in_((QueryState.QUEUED, QueryState.RUNNING)))
        .exists()
    )
    statement = (
        update(Conversation)
        .where(
            Conversation.state == SessionState.ACTIVE,
            Conversation.last_activity_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, idle_s),
            ~is_open,
        )
        .values(state=SessionState.PAUSED)
        .returning(Conversation.id)
    )
    return len((await session.execute(statement)).all())


async def remove_older(session: AsyncSession, *, days: int, most: int = 500) -> int:
    """Removes conversations without activity for `days` days (0: any), or fewer of their owner's; gives how many.

    Pinned ones stay.
    """
    own = User.session_retention_days
    kept_days = func.least(own, days) if days else own
    old = (
        select(Conversation.id)
        .join(User, User.id == Conversation.owner_id)
        .where(
            Conversation.is_pinned.is_(False),
            kept_days.is_not(None),
            Conversation.last_activity_at < func.now() - func.make_interval(0, 0, 0, kept_days),
        )
        .limit(most)
        .with_for_update(of=Conversation, skip_locked=True)
    )
    statement = delete(Conversation).where(Conversation.id.in_(old)).returning(Conversation.id)
    return len((await session.execute(statement)).all())


def question_message(words: str, query_id: UUID) -> Message:
    """What a person asks."""
    return Message(speaker=Speaker.USER, text=words, query_id=query_id)


def answer_message(query_id: UUID) -> Message:
    """The place of the answer to a question, right behind it."""
    return Message(speaker=Speaker.ASSISTANT, query_id=query_id)


def _said(reader_id: UUID, session_id: UUID) -> Select[Message, Query]:
    is_told = (Query.id == Message.query_id) & answer_is_readable(reader_id)
    return select(Message, Query).outerjoin(Query, is_told).where(Message.session_id == session_id)
