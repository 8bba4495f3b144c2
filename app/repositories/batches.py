"""Batches as their owners see them, and the statements that touch all questions of one at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import PageRequest
from app.models import Batch, Query, QueryState
from app.repositories.jobs import Hint
from app.repositories.shares import ANSWER_IS_READABLE

_ADD_QUERIES: Final = text(
    """
    INSERT INTO queries (id, owner_id, agent_id, agent_version, question, batch_id, batch_number, state,
                         truncated, tokens_in, tokens_out)
    SELECT given.id, :owner_id, :agent_id, :agent_version, given.question, :batch_id, given.number, 'queued',
           false, 0, 0
      FROM unnest(CAST(:ids AS uuid[]), CAST(:questions AS text[]), CAST(:numbers AS integer[]))
           AS given(id, question, number)
    """
)
_ADD_JOBS: Final = text(
    """
    INSERT INTO jobs (id, kind, subject_id, owner_id, is_batch, state, attempts, fence)
    SELECT given.id, :kind, given.subject_id, :owner_id, true, 'queued', 0, 0
      FROM unnest(CAST(:job_ids AS uuid[]), CAST(:ids AS uuid[])) AS given(id, subject_id)
    """
)
_CANCEL: Final = text(
    """
    WITH withdrawn AS (
        UPDATE jobs SET state = 'done', finished_at = now()
          FROM queries
         WHERE queries.batch_id = :batch_id AND jobs.kind = :kind AND jobs.subject_id = queries.id
           AND jobs.state = 'queued'
        RETURNING jobs.subject_id
    )
    UPDATE queries
       SET cancel_requested_at = now(),
           state = CASE WHEN id IN (SELECT subject_id FROM withdrawn) THEN 'cancelled' ELSE state END,
           finished_at = CASE WHEN id IN (SELECT subject_id FROM withdrawn) THEN now() END
     WHERE batch_id = :batch_id AND state IN ('queued', 'running')
    RETURNING id, state
    """
)
_SETTLE: Final = text(
    """
    UPDATE batches SET finished_at = now()
     WHERE finished_at IS NULL AND (CAST(:batch_id AS uuid) IS NULL OR id = :batch_id)
       AND NOT EXISTS (SELECT FROM queries WHERE queries.batch_id = batches.id AND state IN ('queued', 'running'))
    RETURNING id, owner_id, schedule_id, webhook_id, name, question_count, cancel_requested_at, finished_at
    """
)


@dataclass(frozen=True, slots=True)
class FinishedBatch:
    """A batch that has just ended, as far as it is told."""

    id: UUID
    owner_id: UUID
    schedule_id: UUID | None
    webhook_id: UUID | None
    name: str | None
    question_count: int
    is_cancelled: bool
    finished_at: datetime


def visible_to(owner_id: UUID) -> Select[Batch]:
    """The batches that `owner_id` may see; every read of them starts here."""
    return select(Batch).where(Batch.owner_id == owner_id)


async def get(session: AsyncSession, owner_id: UUID, batch_id: UUID, *, lock: bool = False) -> Batch | None:
    """One batch; with `lock` its row is held until the transaction ends."""
    statement = visible_to(owner_id).where(Batch.id == batch_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession, owner_id: UUID, request: PageRequest, schedule_id: UUID | None
) -> Sequence[Batch]:
    """Up to `limit + 1` batches, newest first; only the runs of one schedule when it is given."""
    statement = visible_to(owner_id).order_by(Batch.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Batch.id < request.before)
    if schedule_id is not None:
        statement = statement.where(Batch.schedule_id == schedule_id)
    return (await session.execute(statement)).scalars().all()


async def add(session: AsyncSession, batch: Batch, questions: Sequence[str], *, agent_version: int) -> list[Hint]:
    """Records a batch with its questions, numbered from 1, and a job each."""
    session.add(batch)
    await session.flush()
    await session.refresh(batch, ["created_at"])
    ids, job_ids = [new_id() for _ in questions], [new_id() for _ in questions]
    parameters = {
        "owner_id": batch.owner_id,
        "agent_id": batch.agent_id,
        "agent_version": agent_version,
        "batch_id": batch.id,
        "ids": ids,
        "questions": list(questions),
        "numbers": list(range(1, len(questions) + 1)),
    }
    await session.execute(_ADD_QUERIES, parameters)
    kind = JobKind.RUN_QUERY
    owned = {"job_ids": job_ids, "ids": ids, "kind": kind.value, "owner_id": batch.owner_id}
    await session.execute(_ADD_JOBS, owned)
    return [Hint(kind=kind, job_id=job_id) for job_id in job_ids]


async def progress(session: AsyncSession, batch_ids: Sequence[UUID]) -> Mapping[UUID, Counter[QueryState]]:
    """How many questions of each batch are in each state."""
    statement = (
        select(Query.batch_id, Query.state, func.count())
        .where(Query.batch_id.in_(batch_ids))
        .group_by(Query.batch_id, Query.state)
    )
    found: dict[UUID, Counter[QueryState]] = {batch_id: Counter() for batch_id in batch_ids}
    for batch_id, state, count in await session.execute(statement):
        if batch_id is not None:
            found[batch_id][QueryState(state)] = count
    return found


async def questions_after(session: AsyncSession, batch_id: UUID, number: int, limit: int) -> Sequence[Query]:
    """Up to `limit` questions of a batch with numbers above `number`, in their order."""
    statement = (
        select(Query)
        .where(Query.batch_id == batch_id, Query.batch_number > number, ANSWER_IS_READABLE)
        .order_by(Query.batch_number)
        .limit(limit)
    )
    return (await session.execute(statement)).scalars().all()


async def cancel(session: AsyncSession, batch: Batch) -> list[UUID]:
    """Ends the questions that wait and asks for the end of those that run; gives the ids of the latter."""
    batch.cancel_requested_at = func.now()
    await session.flush()
    parameters = {"batch_id": batch.id, "kind": JobKind.RUN_QUERY.value}
    rows = (await session.execute(_CANCEL, parameters)).all()
    await session.refresh(batch)
    return [row.id for row in rows if row.state != QueryState.CANCELLED]


async def settle(session: AsyncSession, batch_id: UUID | None = None) -> list[FinishedBatch]:
    """Marks one batch, or all, as finished where no question is open any more; gives those that it marked."""
    rows = await session.execute(_SETTLE, {"batch_id": batch_id})
    return [
        FinishedBatch(
            id=row.id,
            owner_id=row.owner_id,
            schedule_id=row.schedule_id,
            webhook_id=row.webhook_id,
            name=row.name,
            question_count=row.question_count,
            is_cancelled=row.cancel_requested_at is not None,
            finished_at=row.finished_at,
        )
        for row in rows
    ]
