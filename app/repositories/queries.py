"""Questions as their owners see them, and the few statements that a run of one costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import PageRequest
from app.core.tracing import traceparent
from app.models import FINAL_STATES, JobState, Query, QueryResult, QueryState
from app.repositories.jobs import Claim, Hint
from app.repositories.shares import ANSWER_IS_READABLE
from app.repositories.usage import bill_of


@dataclass(frozen=True, slots=True)
class NewQuery:
    """A question that is about to be recorded."""

    owner_id: UUID
    agent_id: UUID
    agent_version: int
    question: str
    language: str | None
    session_id: UUID | None = None
    message_number: int | None = None
    borrowed: tuple[str, ...] = ()
    """What others share that it would rest on, were it run now."""
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Ending:
    """Everything a finished run leaves, in the form in which it is stored."""

    state: QueryState
    language: str | None = None
    outcome: str | None = None
    answer: str | None = None
    answered_by: str | None = None
    sql: str | None = None
    chart: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    row_count: int | None = None
    truncated: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: Decimal | None = None
    input_request: dict[str, Any] | None = None
    columns: list[dict[str, Any]] | None = None
    rows: bytes | None = None
    borrowed: tuple[str, ...] = ()
    """What others share that it rests on."""
    trace: tuple[dict[str, Any], ...] = ()
    """Steps for `query_traces`."""


_ADD = text(
    """
    WITH asked AS (
        INSERT INTO queries (id, owner_id, agent_id, agent_version, question, language, session_id,
                             message_number, state, started_at, truncated, tokens_in, tokens_out, borrowed)
        VALUES (:id, :owner_id, :agent_id, :agent_version, :question, :language, CAST(:session_id AS uuid),
                CAST(:message_number AS integer), :state, CASE WHEN :claimed THEN now() END, false, 0, 0,
                CAST(:borrowed AS text[]))
        RETURNING id
    )
    INSERT INTO jobs (id, kind, subject_id, owner_id, state, attempts, fence, lease_until)
    SELECT :job_id, :kind, asked.id, CAST(:owner_id AS uuid), :job_state,
           CAST(:attempts AS integer), CAST(:attempts AS integer),
           CASE WHEN :claimed THEN now() + make_interval(secs => :lease_s) END
      FROM asked
    """
)
_START = text(
    """
    UPDATE queries SET state = 'running', started_at = coalesce(started_at, now())
     WHERE id = :id AND state IN ('queued', 'running')
    RETURNING owner_id, agent_id, agent_version, question, language, session_id, message_number, batch_id, inputs,
              cancel_requested_at
    """
)
_END = text(
    """
    WITH job AS (
        UPDATE jobs SET state = 'done', finished_at = now(), lease_until = NULL
         WHERE id = :job_id AND fence = :fence AND state = 'running'
        RETURNING subject_id
    ), query AS (
        UPDATE queries
           SET state = :state, language = coalesce(:language, language), outcome = :outcome, answer = :answer,
               answered_by = :answered_by, sql = :sql, chart = CAST(:chart AS jsonb), error = CAST(:error AS jsonb),
               details = CAST(:details AS jsonb), row_count = :row_count, truncated = :truncated,
               tokens_in = :tokens_in, tokens_out = :tokens_out, cost_usd = :cost_usd,
               borrowed = coalesce(CAST(:borrowed AS text[]), borrowed),
               input_request = CAST(:input_request AS jsonb),
               finished_at = CASE WHEN :is_final THEN now() END
          FROM job WHERE queries.id = job.subject_id
        RETURNING queries.id, queries.created_at, queries.started_at, queries.finished_at
    ), result AS (
        INSERT INTO query_results (query_id, columns, rows)
        SELECT id, CAST(:columns AS jsonb), CAST(:rows AS bytea) FROM query WHERE CAST(:rows AS bytea) IS NOT NULL
    ), indexing AS (
        INSERT INTO jobs (id, kind, subject_id, state, attempts, fence, traceparent)
        SELECT CAST(:index_job_id AS uuid), :index_kind, id, 'queued', 0, 0, :traceparent FROM query
         WHERE :state IN ('succeeded', 'failed')
        ON CONFLICT (kind, subject_id)
        DO UPDATE SET state = 'queued', attempts = 0, published_at = NULL, finished_at = NULL
         WHERE jobs.state IN ('done', 'failed')
    )
    SELECT created_at, started_at, finished_at FROM query
    """
)


def visible_to(owner_id: UUID) -> Select[Query]:
    """The queries that `owner_id` may see; every read of queries starts here.

    One that rests on what others no longer share is as if it were not there.
    """
    return select(Query).where(Query.owner_id == owner_id, ANSWER_IS_READABLE)


async def get(session: AsyncSession, owner_id: UUID, query_id: UUID) -> Query | None:
    """One query."""
    return (await session.execute(visible_to(owner_id).where(Query.id == query_id))).scalar_one_or_none()


async def page(
    session: AsyncSession,
    owner_id: UUID,
    request: PageRequest,
    *,
    agent_id: UUID | None = None,
    state: QueryState | None = None,
) -> Sequence[Query]:
    """Up to `limit + 1` queries, newest first, of one agent or in one state when given."""
    statement = visible_to(owner_id).order_by(Query.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Query.id < request.before)
    if agent_id is not None:
        statement = statement.where(Query.agent_id == agent_id)
    if state is not None:
        statement = statement.where(Query.state == state)
    return (await session.execute(statement)).scalars().all()


async def result(session: AsyncSession, query_id: UUID) -> QueryResult | None:
    """The rows of a query that the caller has been shown to own."""
    return await session.get(QueryResult, query_id)


async def add_claimed(session: AsyncSession, query: NewQuery, *, lease_s: float) -> Claim:
    """Records a question and its job in one statement; this process holds the job from the start."""
    job_id = await _add(session, query, JobState.RUNNING, lease_s=lease_s)
    return Claim(job_id, JobKind.RUN_QUERY, query.id, fence=1, attempts=1)


async def add_queued(session: AsyncSession, query: NewQuery) -> Hint:
    """Records a question and its job in one statement; give the hint to the broker once that is committed."""
    return Hint(kind=JobKind.RUN_QUERY, job_id=await _add(session, query, JobState.QUEUED))


async def add_held(session: AsyncSession, query: NewQuery) -> None:
    """Records a question of a session and its job, which nobody takes until `sessions.release_next` lets it go."""
    await _add(session, query, JobState.HELD)


async def _add(session: AsyncSession, query: NewQuery, job_state: JobState, *, lease_s: float = 0.0) -> UUID:
    job_id, claimed = new_id(), job_state is JobState.RUNNING
    parameters = {
        "id": query.id,
        "owner_id": query.owner_id,
        "agent_id": query.agent_id,
        "agent_version": query.agent_version,
        "question": query.question,
        "language": query.language,
        "session_id": query.session_id,
        "message_number": query.message_number,
        "state": (QueryState.RUNNING if claimed else QueryState.QUEUED).value,
        "claimed": claimed,
        "borrowed": list(query.borrowed) or None,
        "job_id": job_id,
        "job_state": job_state.value,
        "kind": JobKind.RUN_QUERY.value,
        "attempts": int(claimed),
        "lease_s": lease_s,
    }
    await session.execute(_ADD, parameters)
    return job_id


@dataclass(frozen=True, slots=True)
class StartedQuery:
    """A claimed question, as a worker reads it."""

    owner_id: UUID
    agent_id: UUID | None
    agent_version: int
    question: str
    language: str | None
    session_id: UUID | None
    message_number: int | None
    inputs: list[dict[str, Any]]
    batch_id: UUID | None
    cancel_requested: bool


async def start(session: AsyncSession, query_id: UUID) -> StartedQuery | None:
    """Moves a claimed query to running and reads it; None when it is final already."""
    row = (await session.execute(_START, {"id": query_id})).first()
    if row is None:
        return None
    return StartedQuery(
        owner_id=row.owner_id,
        agent_id=row.agent_id,
        agent_version=row.agent_version,
        question=row.question,
        language=row.language,
        session_id=row.session_id,
        message_number=row.message_number,
        inputs=row.inputs or [],
        batch_id=row.batch_id,
        cancel_requested=row.cancel_requested_at is not None,
    )


@dataclass(frozen=True, slots=True)
class Times:
    """When a query was asked, begun and ended, by the database's clock."""

    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    """None when it waits for its owner."""


async def end(session: AsyncSession, held: Claim, ending: Ending) -> Times | None:
    """Ends job and query and stores the rows in one statement; None, with nothing written, when the claim is lost.

    The job that indexes the exchange comes with it, as a part of the present trace, also outside of a transaction. The
    sweeper gives its hint, so that no answer waits for the broker.
    """
    parameters = {
        "index_job_id": new_id(),
        "index_kind": JobKind.INDEX_EXCHANGE.value,
        "traceparent": traceparent(),
        "job_id": held.job_id,
        "fence": held.fence,
        "state": ending.state.value,
        "language": ending.language,
        "outcome": ending.outcome,
        "answer": ending.answer,
        "answered_by": ending.answered_by,
        "sql": ending.sql,
        "chart": _json(ending.chart),
        "error": _json(ending.error),
        "details": _json(ending.details),
        "row_count": ending.row_count,
        "truncated": ending.truncated,
        "tokens_in": ending.tokens_in,
        "tokens_out": ending.tokens_out,
        "cost_usd": ending.cost_usd,
        "input_request": _json(ending.input_request),
        "is_final": ending.state in FINAL_STATES,
        "columns": _json(ending.columns),
        "rows": ending.rows,
        "borrowed": list(ending.borrowed) or None,
    }
    row = (await session.execute(_END, parameters)).first()
    return None if row is None else Times(row.created_at, row.started_at, row.finished_at)


async def end_unrun(session: AsyncSession, query_id: UUID, state: QueryState, error: dict[str, Any] | None) -> bool:
    """Ends a query whose job no process holds; False when it is final already.

    Its bill is what earlier attempts have cost, whose processes died.
    """
    statement = (
        update(Query)
        .where(Query.id == query_id, Query.state.not_in([s.value for s in FINAL_STATES]))
        .values(state=state, error=error, input_request=None, finished_at=func.now(), **bill_of(query_id))
        .returning(Query.id)
    )
    return (await session.execute(statement)).first() is not None


async def of_job(session: AsyncSession, query_id: UUID) -> Query:
    """The query of a job, for work that the queue gave out."""
    return (await session.execute(select(Query).where(Query.id == query_id))).scalar_one()


async def find(session: AsyncSession, query_id: UUID) -> Query | None:
    """The query that the caller has been shown to have asked."""
    return (await session.execute(select(Query).where(Query.id == query_id))).scalar_one_or_none()


async def reread(session: AsyncSession, query: Query) -> Query:
    """`query` as it is in the database after statements that the session did not see."""
    await session.refresh(query)
    return query


async def request_cancel(session: AsyncSession, query_id: UUID) -> None:
    """Asks whoever runs the query to stop; noticed within about a second."""
    statement = update(Query).where(Query.id == query_id, Query.cancel_requested_at.is_(None))
    await session.execute(statement.values(cancel_requested_at=func.now()))


async def cancel_requested(session: AsyncSession, query_ids: Sequence[UUID]) -> set[UUID]:
    """Those of `query_ids` that somebody wants stopped."""
    statement = select(Query.id).where(Query.id.in_(query_ids), Query.cancel_requested_at.is_not(None))
    return set((await session.execute(statement)).scalars())


async def requeued(session: AsyncSession, query_ids: Sequence[UUID]) -> None:
    """Shows queries as waiting again, because their job went back into the queue."""
    statement = update(Query).where(Query.id.in_(query_ids), Query.state == QueryState.RUNNING)
    await session.execute(statement.values(state=QueryState.QUEUED))


def _json(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
