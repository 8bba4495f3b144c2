"""The queue of record: enqueue, claim, keep, finish and rescue jobs, all by the database's clock and a rising fence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.core.jobs import JobKind
from app.models import Job, JobState


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one job until its lease ends; `fence` proves it in every write."""

    job_id: UUID
    kind: JobKind
    subject_id: UUID
    fence: int
    attempts: int
    is_batch: bool = False
    traceparent: str = ""
    """The trace that the work belongs to; empty where it is done by whoever claims it."""


@dataclass(frozen=True, slots=True)
class Rescued:
    """A job whose lease ran out: queued again, or FAILED after its last attempt."""

    job_id: UUID
    kind: JobKind
    subject_id: UUID
    state: JobState
    attempts: int
    fence: int


@dataclass(frozen=True, slots=True)
class Hint:
    """A queued job of which the broker is to be told."""

    kind: JobKind
    job_id: UUID


_AGAIN = text(
    """
    UPDATE jobs SET state = 'queued', attempts = 0, published_at = NULL, finished_at = NULL
     WHERE kind = :kind AND subject_id = :subject_id AND state IN ('done', 'failed')
    RETURNING id
    """
)
_CLAIM = text(
    """
    UPDATE jobs SET state = 'running', fence = fence + 1, attempts = attempts + 1,
           lease_until = now() + make_interval(secs => :lease_s)
     WHERE id = :job_id AND state = 'queued' AND (run_after IS NULL OR run_after <= now())
    RETURNING id, kind, subject_id, fence, attempts, is_batch, traceparent
    """
)
_CLAIM_OLDEST = text(
    """
    WITH next AS (
        SELECT id FROM jobs
         WHERE kind = :kind AND state = 'queued' AND (run_after IS NULL OR run_after <= now())
         ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs SET state = 'running', fence = fence + 1, attempts = attempts + 1,
           lease_until = now() + make_interval(secs => :lease_s)
      FROM next WHERE jobs.id = next.id
    RETURNING jobs.id, jobs.kind, jobs.subject_id, jobs.fence, jobs.attempts, jobs.is_batch, jobs.traceparent
    """
)
_CLAIM_FAIREST = text(
    """
    WITH waiting AS MATERIALIZED (
        SELECT DISTINCT is_batch, owner_id FROM jobs
         WHERE kind = :kind AND state = 'queued' AND owner_id IS NOT NULL
           AND (CAST(:batches AS boolean) OR NOT is_batch)
    ), running AS (
        SELECT owner_id, count(*) AS jobs FROM jobs WHERE kind = :kind AND state = 'running' GROUP BY owner_id
    ), turn AS MATERIALIZED (
        SELECT waiting.is_batch, waiting.owner_id
          FROM waiting LEFT JOIN running USING (owner_id)
         WHERE :most_of_one = 0 OR coalesce(running.jobs, 0) < :most_of_one
         ORDER BY waiting.is_batch, coalesce(running.jobs, 0), random()
    ), next AS (
        SELECT job.id
          FROM turn CROSS JOIN LATERAL (
                SELECT id FROM jobs
                 WHERE kind = :kind AND state = 'queued' AND is_batch = turn.is_batch AND owner_id = turn.owner_id
                 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
               ) job
         LIMIT 1
    )
    UPDATE jobs SET state = 'running', fence = fence + 1, attempts = attempts + 1,
           lease_until = now() + make_interval(secs => :lease_s)
      FROM next WHERE jobs.id = next.id
    RETURNING jobs.id, jobs.kind, jobs.subject_id, jobs.fence, jobs.attempts, jobs.is_batch, jobs.traceparent
    """
)
_EXTEND = text(
    """
    UPDATE jobs SET lease_until = now() + make_interval(secs => :lease_s)
      FROM unnest(CAST(:ids AS uuid[]), CAST(:fences AS bigint[])) AS held(id, fence)
     WHERE jobs.id = held.id AND jobs.fence = held.fence AND jobs.state = 'running'
    RETURNING jobs.id
    """
)
_FINISH = text(
    """
    UPDATE jobs SET state = :state, finished_at = now(), lease_until = NULL
     WHERE id = :job_id AND fence = :fence AND state = 'running'
    RETURNING id
    """
)
_RELEASE = text(
    """
    UPDATE jobs SET state = 'queued', attempts = attempts - 1, lease_until = NULL, published_at = NULL
      FROM unnest(CAST(:ids AS uuid[]), CAST(:fences AS bigint[])) AS held(id, fence)
     WHERE jobs.id = held.id AND jobs.fence = held.fence AND jobs.state = 'running'
    RETURNING jobs.id, jobs.kind
    """
)
_POSTPONE = text(
    """
    UPDATE jobs SET state = 'queued', attempts = 0, lease_until = NULL, published_at = NULL,
           run_after = now() + make_interval(secs => :delay_s)
     WHERE id = :job_id AND fence = :fence AND state = 'running'
    RETURNING id
    """
)
_WITHDRAW = text(
    """
    UPDATE jobs SET state = 'done', finished_at = now()
     WHERE kind = :kind AND subject_id = :subject_id AND state IN ('queued', 'held')
    RETURNING fence
    """
)
_WAITING = text("SELECT count(*) FROM jobs WHERE state = 'queued'")
_RESCUE = text(
    """
    WITH lost AS (
        SELECT id FROM jobs WHERE state = 'running' AND lease_until < now()
         ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs SET lease_until = NULL, published_at = NULL,
           state = CASE WHEN attempts >= :max_attempts THEN 'failed' ELSE 'queued' END,
           finished_at = CASE WHEN attempts >= :max_attempts THEN now() END
      FROM lost WHERE jobs.id = lost.id
    RETURNING jobs.id, jobs.kind, jobs.subject_id, jobs.state, jobs.attempts, jobs.fence
    """
)
_DUE = text(
    """
    WITH head AS (
        SELECT first.id FROM unnest(CAST(:kinds AS text[])) AS of (kind)
         CROSS JOIN LATERAL (
             SELECT id FROM jobs WHERE jobs.state = 'queued' AND jobs.kind = of.kind ORDER BY id LIMIT :always
         ) AS first
    ), due AS (
        SELECT id FROM jobs
         WHERE state = 'queued' AND (run_after IS NULL OR run_after <= now())
           AND ((published_at IS NULL AND created_at < now() - make_interval(secs => :grace_s))
                OR (published_at < now() - make_interval(secs => :repeat_s)
                    AND (published_at - created_at < now() - published_at OR id IN (SELECT id FROM head))))
         ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    )
    UPDATE jobs SET published_at = now() FROM due WHERE jobs.id = due.id
    RETURNING jobs.kind, jobs.id
    """
)
_KINDS = [kind.value for kind in JobKind]


async def enqueue(session: AsyncSession, kind: JobKind, subject_id: UUID) -> Hint:
    """Adds a job for `subject_id`; give the hint to the broker once the transaction is committed."""
    job = Job(id=new_id(), kind=kind.value, subject_id=subject_id)
    session.add(job)
    await session.flush()
    return Hint(kind=kind, job_id=job.id)


async def enqueue_again(session: AsyncSession, kind: JobKind, subject_id: UUID) -> Hint:
    """Queues a job that is over once more; for a subject without a job adds one."""
    row = (await session.execute(_AGAIN, {"kind": kind.value, "subject_id": subject_id})).first()
    return await enqueue(session, kind, subject_id) if row is None else Hint(kind=kind, job_id=row.id)


async def claim(session: AsyncSession, job_id: UUID, *, lease_s: float) -> Claim | None:
    """Takes a queued job for `lease_s` seconds; None when somebody else has it or it is over."""
    row = (await session.execute(_CLAIM, {"job_id": job_id, "lease_s": lease_s})).first()
    return None if row is None else _claimed(row)


async def claim_oldest(session: AsyncSession, kind: JobKind, *, lease_s: float, most: int) -> list[Claim]:
    """Takes up to `most` queued jobs of a kind, the oldest, to be done together; those that others take are left."""
    rows = await session.execute(_CLAIM_OLDEST, {"kind": kind.value, "lease_s": lease_s, "most": most})
    return [_claimed(row) for row in rows]


async def claim_fairest(
    session: AsyncSession, kind: JobKind, *, lease_s: float, batches: bool, most_of_one: int
) -> Claim | None:
    """Takes the queued job whose turn it is; None when there is none.

    Work that somebody waits for goes before batches (left out without `batches`); then goes whoever has the fewest
    running, by lot between equals; of one person's jobs the oldest. Nobody gets more than `most_of_one` at once; 0 for
    any number.
    """
    parameters = {"kind": kind.value, "lease_s": lease_s, "batches": batches, "most_of_one": most_of_one}
    row = (await session.execute(_CLAIM_FAIREST, parameters)).first()
    return None if row is None else _claimed(row)


async def waiting(session: AsyncSession) -> int:
    """How many jobs are queued."""
    return int((await session.execute(_WAITING)).scalar_one())


async def extend(session: AsyncSession, claims: Sequence[Claim], *, lease_s: float) -> set[UUID]:
    """Heartbeat: lengthens all leases at once; gives the ids of the jobs that are still ours."""
    rows = await session.execute(_EXTEND, {**_held(claims), "lease_s": lease_s})
    return set(rows.scalars())


async def finish(session: AsyncSession, held: Claim, state: JobState) -> bool:
    """Ends the job in this transaction; False when the claim was lost, and then nothing else may be written."""
    parameters = {"job_id": held.job_id, "fence": held.fence, "state": state.value}
    return (await session.execute(_FINISH, parameters)).first() is not None


async def release(session: AsyncSession, claims: Sequence[Claim]) -> list[Hint]:
    """Hands jobs back unfinished, without counting the attempt; gives those that were still ours."""
    rows = await session.execute(_RELEASE, _held(claims))
    return [Hint(kind=JobKind(row.kind), job_id=row.id) for row in rows]


async def postpone(session: AsyncSession, held: Claim, *, delay_s: float) -> bool:
    """Hands a job back that is to be tried again after `delay_s` seconds; False when the claim was lost."""
    parameters = {"job_id": held.job_id, "fence": held.fence, "delay_s": delay_s}
    return (await session.execute(_POSTPONE, parameters)).first() is not None


async def withdraw(session: AsyncSession, kind: JobKind, subject_id: UUID) -> int | None:
    """Ends a job that nobody has taken yet; gives its fence, or None when it is not in the queue."""
    row = (await session.execute(_WITHDRAW, {"kind": kind.value, "subject_id": subject_id})).first()
    return None if row is None else int(row.fence)


async def rescue(session: AsyncSession, *, max_attempts: int, most: int = 500) -> list[Rescued]:
    """Takes jobs away from workers whose lease is over. Rows that another sweeper holds are left to it."""
    rows = await session.execute(_RESCUE, {"max_attempts": max_attempts, "most": most})
    return [
        Rescued(r.id, JobKind(r.kind), r.subject_id, state=JobState(r.state), attempts=r.attempts, fence=r.fence)
        for r in rows
    ]


async def remove_ended(session: AsyncSession, made_before: UUID, *, most: int = 500) -> None:
    """Forgets jobs that are over and whose ids are smaller than `made_before`."""
    ended = select(Job.id).where(Job.id < made_before, Job.state.in_([JobState.DONE.value, JobState.FAILED.value]))
    ended = ended.order_by(Job.id).limit(most).with_for_update(skip_locked=True)
    await session.execute(delete(Job).where(Job.id.in_(ended)))


async def fence_of(session: AsyncSession, kind: JobKind, subject_id: UUID) -> int:
    """How often the job of an object was claimed; 0 where there is none."""
    statement = select(Job.fence).where(Job.kind == kind.value, Job.subject_id == subject_id)
    return (await session.execute(statement)).scalar_one_or_none() or 0


async def due_hints(
    session: AsyncSession, *, grace_s: float, repeat_s: float, always: int, most: int = 500
) -> list[Hint]:
    """Queued jobs whose hint was never known to be sent, or may have been lost; marks them as sent.

    Of each kind the first `always` are told again every `repeat_s`, the others in pauses that double, so that a long
    queue does not fill the broker: what was lost of those is told once they are among the first.
    """
    values = {"grace_s": grace_s, "repeat_s": repeat_s, "always": always, "most": most, "kinds": _KINDS}
    rows = await session.execute(_DUE, values)
    return [Hint(kind=JobKind(row.kind), job_id=row.id) for row in rows]


def _claimed(row: Row[Any]) -> Claim:
    return Claim(
        row.id,
        JobKind(row.kind),
        row.subject_id,
        fence=row.fence,
        attempts=row.attempts,
        is_batch=row.is_batch,
        traceparent=row.traceparent,
    )


def _held(claims: Sequence[Claim]) -> dict[str, object]:
    return {"ids": [c.job_id for c in claims], "fences": [c.fence for c in claims]}
