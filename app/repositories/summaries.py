"""Summaries of the older turns of conversations: when one is due, which one counts, and keeping it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.core.jobs import JobKind
from app.models import RECEIVED, Query, SessionSummary

# One job of a conversation waits at a time. Counted are the questions that no summary covers.
_ENQUEUE: Final = text(
    """
    INSERT INTO jobs (id, kind, subject_id, state, attempts, fence, published_at)
    SELECT :id, CAST(:kind AS text), :query_id, 'queued', 0, 0, NULL
     WHERE (SELECT count(*) FROM queries
             WHERE session_id = :session_id AND state IN ('succeeded', 'failed')
               AND message_number > coalesce((SELECT max(until_number) FROM session_summaries
                                               WHERE session_id = :session_id), 0)) >= :least
       AND NOT EXISTS (SELECT FROM jobs j JOIN queries q ON q.id = j.subject_id
                        WHERE j.kind = CAST(:kind AS text) AND j.state IN ('queued', 'running')
                          AND q.session_id = :session_id)
    ON CONFLICT (kind, subject_id) DO NOTHING
    """
)
_PUT: Final = text(
    """
    INSERT INTO session_summaries (session_id, until_number, text, model, tokens_in, tokens_out, cost_usd, borrowed)
    SELECT id, :until_number, :text, :model, :tokens_in, :tokens_out, :cost_usd,
           (SELECT array_agg(DISTINCT key)
              FROM (SELECT unnest(borrowed) FROM queries WHERE id = ANY(CAST(:query_ids AS uuid[]))
                    UNION SELECT unnest(CAST(:borrowed AS text[]))) AS keys(key))
      FROM sessions WHERE id = :session_id
    ON CONFLICT (session_id, until_number) DO NOTHING
    """
)


async def enqueue_due(session: AsyncSession, query_id: UUID, session_id: UUID, *, least: int) -> None:
    """A job that summarises what was asked up to `query_id`, once `least` questions are in no summary."""
    kind = JobKind.SUMMARISE_SESSION
    parameters = {"id": new_id(), "kind": kind.value, "query_id": query_id, "session_id": session_id, "least": least}
    await session.execute(_ENQUEUE, parameters)


async def latest(session: AsyncSession, reader_id: UUID, session_id: UUID, before: int) -> SessionSummary | None:
    """The last summary of what was said before message `before`, as long as all that it rests on may be read.

    One that was made after the message itself does not count: a repeated run tells a model the same as the first.
    """
    asked_at = (
        select(Query.created_at).where(Query.session_id == session_id, Query.message_number == before).scalar_subquery()
    )
    keys = select(func.array_agg(RECEIVED.c.key)).where(RECEIVED.c.reader_id == reader_id).scalar_subquery()
    statement = (
        select(SessionSummary)
        .where(SessionSummary.session_id == session_id, SessionSummary.until_number < before)
        .where(SessionSummary.created_at <= func.coalesce(asked_at, func.now()))
        .where(or_(SessionSummary.borrowed.is_(None), SessionSummary.borrowed.contained_by(keys)))
        .order_by(SessionSummary.until_number.desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def put(session: AsyncSession, summary: SessionSummary, covered: Sequence[UUID]) -> None:
    """Keeps a summary of the questions `covered` and of one before, whose borrowed keys `summary` has.

    Nothing when the conversation is gone, or has one of the same length already.
    """
    values = {
        "session_id": summary.session_id,
        "until_number": summary.until_number,
        "text": summary.text,
        "model": summary.model,
        "tokens_in": summary.tokens_in,
        "tokens_out": summary.tokens_out,
        "cost_usd": summary.cost_usd,
        "borrowed": summary.borrowed,
        "query_ids": list(covered),
    }
    await session.execute(_PUT, values)
