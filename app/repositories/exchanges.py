"""The index of exchanges: filling it, and taking out of it what is not to be found any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.jobs import JobKind
from app.models import Exchange
from app.models.exchanges import TERM_DIMENSIONS
from app.repositories.jobs import Hint

LOOKED_AT: Final = 500
"""Latest exchanges over the same versions that are compared with a new question; they take a few milliseconds."""


@dataclass(frozen=True, slots=True)
class ToIndex:
    """An exchange whose entry is to be made."""

    query_id: UUID
    question: str
    reading: str | None
    """How it was understood, where it goes on from another question."""


@dataclass(frozen=True, slots=True)
class Alike:
    """An answered question like another one."""

    query_id: UUID
    question: str
    sql: str
    asked_at: datetime
    likeness: float


@dataclass(frozen=True, slots=True)
class Vector:
    """What a model makes of an exchange."""

    model: str
    numbers: Sequence[float]
    terms: Mapping[int, float] | None


# Everything that may be found. A question with a number and without a session was asked in a conversation that is
# removed by now, and an account that is closed has nothing to find.
_MISSING = text(
    """
    SELECT q.id, q.question, CASE WHEN q.details->>'continues' IS NOT NULL THEN q.details->>'reading' END AS reading
      FROM queries q JOIN users u ON u.id = q.owner_id
     WHERE q.state IN ('succeeded', 'failed') AND u.deleted_at IS NULL
       AND (q.session_id IS NOT NULL OR q.message_number IS NULL)
       AND q.id > :after
       AND NOT EXISTS (SELECT FROM exchanges e WHERE e.query_id = q.id AND e.model IS NOT DISTINCT FROM :model)
     ORDER BY q.id LIMIT :most
    """
)
_THESE = text(
    """
    SELECT q.id, q.question, CASE WHEN q.details->>'continues' IS NOT NULL THEN q.details->>'reading' END AS reading
      FROM queries q JOIN users u ON u.id = q.owner_id
     WHERE q.state IN ('succeeded', 'failed') AND u.deleted_at IS NULL
       AND (q.session_id IS NOT NULL OR q.message_number IS NULL)
       AND q.id = ANY(CAST(:query_ids AS uuid[]))
    """
)
# A session that is being removed is waited for, so that its exchange is not put back behind it.
_HOLD_SESSION = text(
    "SELECT id FROM sessions WHERE id = (SELECT session_id FROM queries WHERE id = :query_id) FOR KEY SHARE"
)
_PUT = text(
    """
    INSERT INTO exchanges (query_id, owner_id, agent_id, session_id, source_ids, basis, borrowed, outcome,
                           language, asked_at, words, spelling, model, vector, terms, indexed_at)
    SELECT q.id, q.owner_id, q.agent_id, q.session_id,
           ARRAY(SELECT CAST(jsonb_object_keys(q.details->'sources') AS uuid)),
           CASE WHEN q.details->'sources' <> '{}'
                THEN encode(sha256(convert_to(q.details->>'sources', 'UTF8')), 'hex') END,
           q.borrowed, coalesce(q.outcome, q.state), q.language, q.created_at,
           setweight(to_tsvector('agentgraph_pt', q.question), 'A')
           || setweight(to_tsvector('agentgraph_en', q.question), 'A')
           || setweight(to_tsvector('agentgraph_pt', left(coalesce(q.answer, ''), 4000)), 'B')
           || setweight(to_tsvector('agentgraph_en', left(coalesce(q.answer, ''), 4000)), 'B'),
           lower(unaccent(q.question)), CAST(:model AS text), CAST(CAST(:vector AS text) AS halfvec),
           CAST(CAST(:terms AS text) AS sparsevec), now()
      FROM queries q JOIN users u ON u.id = q.owner_id
     WHERE q.id = :query_id AND q.state IN ('succeeded', 'failed') AND u.deleted_at IS NULL
       AND (q.session_id IS NOT NULL OR q.message_number IS NULL)
    ON CONFLICT (query_id) DO UPDATE
       SET words = excluded.words, spelling = excluded.spelling, model = excluded.model, vector = excluded.vector,
           terms = excluded.terms, source_ids = excluded.source_ids, basis = excluded.basis,
           borrowed = excluded.borrowed, outcome = excluded.outcome, language = excluded.language, indexed_at = now()
    """
)
_ENQUEUE_SESSION = text(
    """
    INSERT INTO jobs (id, kind, subject_id, state, attempts, fence, published_at)
    SELECT gen_random_uuid(), :kind, id, 'queued', 0, 0, now() FROM queries
     WHERE session_id = :session_id AND owner_id = :owner_id AND state IN ('succeeded', 'failed')
    ON CONFLICT (kind, subject_id) DO UPDATE
       SET state = 'queued', attempts = 0, published_at = now(), finished_at = NULL
     WHERE jobs.state IN ('queued', 'done', 'failed')
    RETURNING id
    """
)


_ALIKE = text(
    """
    SELECT found.query_id, q.question, q.sql, q.created_at AS asked_at, found.likeness
      FROM (
            SELECT query_id, similarity(spelling, :spelling) AS likeness
              FROM (
                    SELECT query_id, spelling FROM exchanges
                     WHERE owner_id = :owner_id AND outcome = 'answered' AND query_id <> :before
                       AND basis = encode(sha256(convert_to(CAST(CAST(:versions AS jsonb) AS text), 'UTF8')), 'hex')
                       AND (borrowed IS NULL
                            OR borrowed <@ ARRAY(SELECT CAST(key AS text) FROM received_sources
                                                  WHERE reader_id = :owner_id))
                       AND indexed_at < (SELECT created_at FROM queries WHERE id = :before)
                     ORDER BY asked_at DESC LIMIT :looked_at
                   ) AS latest
           ) AS found
      JOIN queries q ON q.id = found.query_id AND q.sql IS NOT NULL
     WHERE found.likeness >= :least
     ORDER BY found.likeness DESC, found.query_id DESC LIMIT :most
    """
)


async def alike(
    session: AsyncSession,
    owner_id: UUID,
    versions: Mapping[str, str],
    spelling: str,
    *,
    before: UUID,
    least: float,
    most: int,
) -> list[Alike]:
    """Up to `most` answered questions over `versions` that were indexed before `before` was asked, the likest first."""
    parameters = {"owner_id": owner_id, "versions": orjson.dumps(versions).decode(), "spelling": spelling}
    limits = {"least": least, "most": most, "looked_at": LOOKED_AT, "before": before}
    return [Alike(**row._mapping) for row in await session.execute(_ALIKE, {**parameters, **limits})]


async def to_index(session: AsyncSession, query_ids: Sequence[UUID]) -> dict[UUID, ToIndex]:
    """The exchanges of queries, by the query; without those that are not to be found."""
    rows = await session.execute(_THESE, {"query_ids": query_ids})
    return {row.id: ToIndex(row.id, row.question, row.reading) for row in rows}


async def missing(session: AsyncSession, model: str | None, *, after: UUID, most: int) -> list[ToIndex]:
    """Up to `most` exchanges with ids above `after` that are not indexed, or by another model, by id."""
    rows = await session.execute(_MISSING, {"model": model, "after": after, "most": most})
    return [ToIndex(row.id, row.question, row.reading) for row in rows]


async def put(session: AsyncSession, query_id: UUID, vector: Vector | None) -> None:
    """Makes or replaces the entry of a query from what is stored of it now; nothing when it is gone meanwhile."""
    await session.execute(_HOLD_SESSION, {"query_id": query_id})
    parameters: dict[str, Any] = {
        "query_id": query_id,
        "model": None if vector is None else vector.model,
        "vector": None if vector is None else vector_text(vector.numbers),
        "terms": None if vector is None or vector.terms is None else terms_text(vector.terms),
    }
    await session.execute(_PUT, parameters)


async def remove_of(session: AsyncSession, owner_id: UUID) -> None:
    """Takes everything of an owner out of the index."""
    await session.execute(delete(Exchange).where(Exchange.owner_id == owner_id))


async def enqueue_session(session: AsyncSession, owner_id: UUID, session_id: UUID) -> list[Hint]:
    """Jobs that index what was asked in a session, anew where it is indexed; give the hints once that is committed."""
    kind = JobKind.INDEX_EXCHANGE
    parameters = {"kind": kind.value, "session_id": session_id, "owner_id": owner_id}
    return [Hint(kind, job_id) for job_id in (await session.execute(_ENQUEUE_SESSION, parameters)).scalars()]


def vector_text(numbers: Sequence[float]) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(f'{number:.6g}' for number in numbers)}]"


def terms_text(terms: Mapping[int, float]) -> str:
    """A sparse vector as pgvector reads it, which counts from one."""
    listed = ",".join(f"{place + 1}:{weight:.5g}" for place, weight in sorted(terms.items()))
    return f"{{{listed}}}/{TERM_DIMENSIONS}"
