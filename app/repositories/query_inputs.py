"""Questions that ask back: what their owners reply, and those that nobody replied to."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.jobs import JobKind
from app.models import JobState, Query, QueryState
from app.repositories.jobs import Claim, Hint

_RESUME = text(
    """
    WITH asked AS (
        UPDATE queries
           SET state = :state, input_request = NULL,
               message_number = coalesce(CAST(:message_number AS integer), message_number),
               inputs = coalesce(inputs, '[]') || jsonb_build_array(input_request || CAST(:reply AS jsonb))
         WHERE id = :id AND state = 'needs_input'
        RETURNING id
    )
    UPDATE jobs SET state = :job_state, attempts = CAST(:attempts AS integer),
           fence = fence + CAST(:attempts AS integer), published_at = NULL, finished_at = NULL,
           lease_until = CASE WHEN :claimed THEN now() + make_interval(secs => :lease_s) END
      FROM asked WHERE jobs.kind = :kind AND jobs.subject_id = asked.id
    RETURNING jobs.id, jobs.fence
    """
)


async def resume_claimed(
    session: AsyncSession, query: Query, reply: str, *, message_number: int | None, lease_s: float
) -> Claim | None:
    """Lets a query that needs input go on in this process; None when somebody was quicker."""
    row = await _resume(session, query, reply, JobState.RUNNING, message_number=message_number, lease_s=lease_s)
    return None if row is None else Claim(row[0], JobKind.RUN_QUERY, query.id, fence=row[1], attempts=1)


async def resume_waiting(
    session: AsyncSession, query: Query, reply: str, *, message_number: int | None, is_held: bool
) -> Hint | None:
    """Lets a query that needs input go on in a worker, a held one after those before it; None as above."""
    state = JobState.HELD if is_held else JobState.QUEUED
    row = await _resume(session, query, reply, state, message_number=message_number)
    return None if row is None else Hint(kind=JobKind.RUN_QUERY, job_id=row[0])


async def _resume(
    session: AsyncSession,
    query: Query,
    reply: str,
    job_state: JobState,
    *,
    message_number: int | None,
    lease_s: float = 0.0,
) -> tuple[UUID, int] | None:
    claimed = job_state is JobState.RUNNING
    parameters = {
        "id": query.id,
        "state": (QueryState.RUNNING if claimed else QueryState.QUEUED).value,
        "message_number": message_number,
        "reply": orjson.dumps({"reply": reply}).decode(),
        "claimed": claimed,
        "job_state": job_state.value,
        "kind": JobKind.RUN_QUERY.value,
        "attempts": int(claimed),
        "lease_s": lease_s,
    }
    row = (await session.execute(_RESUME, parameters)).first()
    return None if row is None else (row.id, row.fence)


async def unanswered(session: AsyncSession, *, wait_s: float, most: int = 100) -> Sequence[Query]:
    """Queries that began more than `wait_s` seconds ago and wait for their owners since; their rows are held."""
    since = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, wait_s)
    statement = select(Query).where(Query.state == QueryState.NEEDS_INPUT, Query.started_at < since)
    statement = statement.order_by(Query.started_at).limit(most).with_for_update(skip_locked=True)
    return (await session.execute(statement)).scalars().all()
