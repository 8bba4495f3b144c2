"""How many questions somebody has open and has asked today, and what they cost in tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Session
from app.core.ids import first_id_at, new_id
from app.models import Quota


@dataclass(frozen=True, slots=True)
class SetLimits:
    """Limits that are set at one place; None leaves a limit to the next wider one, 0 sets none."""

    questions_per_day: int | None
    tokens_per_day: int | None
    storage_bytes: int | None


LOCK_SEED: Final = 0x6173_6B
"""Keeps this advisory lock apart from others of the same owner ("ask")."""


_OF_USER: Final = text(
    """
    SELECT questions_per_day, tokens_per_day, storage_bytes FROM quotas
     WHERE user_id = :user_id OR role_id = (SELECT role_id FROM users WHERE id = :user_id)
     ORDER BY user_id IS NOT NULL
    """
)
_LOCKED: Final = text(
    """
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended(:who, CAST(:seed AS bigint))))
    SELECT questions_per_day, tokens_per_day, storage_bytes
      FROM held
      LEFT JOIN quotas ON user_id = :user_id OR role_id = (SELECT role_id FROM users WHERE id = :user_id)
     ORDER BY user_id IS NOT NULL
    """
)
"""In one round trip. What is counted under the lock has to be a statement of its own, whose snapshot is later."""
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


async def find(session: Session, *, user_id: UUID | None = None, role_id: UUID | None = None) -> Quota | None:
    """What is set for one user, or for one role."""
    holder = Quota.user_id == user_id if role_id is None else Quota.role_id == role_id
    return await session.scalar(select(Quota).where(holder))


async def of_user(session: Session, user_id: UUID, *, lock: bool = False) -> list[SetLimits]:
    """What is set for a user: by the role first, for the person alone after it.

    With `lock` nobody else asks in the user's name until the transaction ends: what is counted in it stays true.
    """
    asked = {"user_id": user_id, "who": str(user_id), "seed": LOCK_SEED}
    rows = await session.execute(_LOCKED, asked) if lock else await session.execute(_OF_USER, {"user_id": user_id})
    return [SetLimits(row.questions_per_day, row.tokens_per_day, row.storage_bytes) for row in rows]


async def put(
    session: Session, limits: dict[str, int | None], *, user_id: UUID | None = None, role_id: UUID | None = None
) -> None:
    """Sets the limits of one user or of one role, whatever they were."""
    place = "user_id" if role_id is None else "role_id"
    statement = insert(Quota).values(id=new_id(), user_id=user_id, role_id=role_id, **limits)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[place], set_={**limits, "updated_at": func.now()})
    )


async def open_questions(session: Session, owner_id: UUID) -> tuple[int, int]:
    """How many questions of a user run, and how many wait or run."""
    row = (await session.execute(_OPEN, {"owner_id": owner_id})).one()
    return row.running, row.open


async def asked_since(session: Session, owner_id: UUID | None, moment: datetime) -> tuple[int, int]:
    """Questions asked since `moment`, by a user or (None) by all, and the tokens of those that have ended."""
    row = (await session.execute(_TODAY, {"owner_id": owner_id, "first_id": first_id_at(moment)})).one()
    return row.questions, int(row.tokens)
