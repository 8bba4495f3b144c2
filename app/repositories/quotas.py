"""How many questions somebody has open and has asked today, and what they cost in tokens."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text

from app.core.db import Session
from app.core.ids import first_id_at

LOCK_SEED: Final = 0x6173_6B
"""Keeps this advisory lock apart from others of the same owner ("ask")."""


_OPEN: Final = text(
    """
    SELECT count(*) FILTER (WHERE state = 'running') AS running, count(*) AS open
      FROM queries WHERE owner_id = :owner_id AND state IN ('queued', 'running')
    """
)
_TODAY: Final = text(
    """
    SELECT count(*) AS questions, coalesce(sum(tokens_in + tokens_out), 0) AS tokens
      FROM queries WHERE (CAST(:owner_id AS uuid) IS NULL OR owner_id = :owner_id) AND id >= :first_id
    """
)


async def lock(session: Session, owner_id: UUID) -> None:
    """Until the transaction ends, nobody else asks in the name of `owner_id`: what is counted stays true."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(owner_id), LOCK_SEED))))


async def open_questions(session: Session, owner_id: UUID) -> tuple[int, int]:
    """How many questions of a user run, and how many wait or run."""
    row = (await session.execute(_OPEN, {"owner_id": owner_id})).one()
    return row.running, row.open


async def asked_since(session: Session, owner_id: UUID | None, moment: datetime) -> tuple[int, int]:
    """Questions asked since `moment`, by a user or (None) by all, and the tokens of those that have ended."""
    row = (await session.execute(_TODAY, {"owner_id": owner_id, "first_id": first_id_at(moment)})).one()
    return row.questions, int(row.tokens)
