"""Work that goes on at this moment, over everybody."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from app.core.db import Session

_IN_CIRCLE: Final = "(CAST(:manager_id AS uuid) IS NULL OR u.id = :manager_id OR u.manager_id = :manager_id)"
_QUESTIONS: Final = text(
    f"""
    SELECT q.id, q.owner_id, u.name AS owner_name, u.manager_id AS group_id, q.agent_id, q.session_id, q.batch_id,
           q.state, q.created_at, q.started_at, q.cancel_requested_at IS NOT NULL AS is_cancelling,
           coalesce(j.attempts, 0) AS attempts
      FROM queries q JOIN users u ON u.id = q.owner_id
      LEFT JOIN jobs j ON j.kind = 'run_query' AND j.subject_id = q.id
     WHERE q.state IN ('queued', 'running') AND {_IN_CIRCLE}
     ORDER BY q.state DESC, q.id LIMIT :most
    """  # noqa: S608  (put together from constants)
)
_UPLOADS: Final = text(
    f"""
    SELECT v.id, v.file_id, f.owner_id, u.name AS owner_name, u.manager_id AS group_id, v.state, v.size_bytes,
           v.rows_done, v.bytes_done, v.created_at, v.started_at
      FROM file_versions v JOIN files f ON f.id = v.file_id JOIN users u ON u.id = f.owner_id
     WHERE v.state IN ('queued', 'ingesting') AND f.deleted_at IS NULL AND {_IN_CIRCLE}
     ORDER BY v.state, v.id LIMIT :most
    """  # noqa: S608  (put together from constants)
)
_OWNER: Final = text(
    f"SELECT u.id FROM queries q JOIN users u ON u.id = q.owner_id WHERE q.id = :query_id AND {_IN_CIRCLE}"  # noqa: S608
)


async def questions(session: Session, manager_id: UUID | None, *, most: int) -> Sequence[Row[Any]]:
    """Questions that wait or run, those that run first; with `manager_id` its own and those of its users."""
    return (await session.execute(_QUESTIONS, {"manager_id": manager_id, "most": most})).all()


async def uploads(session: Session, manager_id: UUID | None, *, most: int) -> Sequence[Row[Any]]:
    """Versions of files that wait to be read or are read, in the same way."""
    return (await session.execute(_UPLOADS, {"manager_id": manager_id, "most": most})).all()


async def owner_of(session: Session, manager_id: UUID | None, query_id: UUID) -> UUID | None:
    """Whose question it is, within the same circle; None when it is not there."""
    found: UUID | None = await session.scalar(_OWNER, {"manager_id": manager_id, "query_id": query_id})
    return found
