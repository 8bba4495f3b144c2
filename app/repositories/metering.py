"""Metered work: adding to a day, and sums over days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from app.core.db import Session
from app.core.dimensions import MeteredBy
from app.models import Work
from app.repositories.costs import Scope

_ADD: Final = text(
    """
    INSERT INTO metered_days AS d (day, owner_id, work, times, seconds, rows, bytes)
    VALUES ((now() AT TIME ZONE 'UTC')::date, :owner_id, :work, :times, :seconds, :rows, :bytes)
    ON CONFLICT (day, owner_id, work) DO UPDATE
       SET times = d.times + excluded.times, seconds = d.seconds + excluded.seconds,
           rows = d.rows + excluded.rows, bytes = d.bytes + excluded.bytes
    """
)
_NOTE_STORED: Final = text(
    """
    INSERT INTO metered_days AS d (day, owner_id, work, times, seconds, rows, bytes)
    SELECT (now() AT TIME ZONE 'UTC')::date, f.owner_id, 'storage', 1, 0, 0, sum(v.stored_bytes)
      FROM files f JOIN file_versions v ON v.file_id = f.id
     WHERE f.deleted_at IS NULL GROUP BY f.owner_id HAVING sum(v.stored_bytes) > 0
    ON CONFLICT (day, owner_id, work) DO UPDATE SET bytes = greatest(d.bytes, excluded.bytes)
    """
)
_KEYS: Final = {MeteredBy.USER: "owner_id::text", MeteredBy.DAY: "day::text"}
_SUMS: Final = """
    SELECT {key} AS key, work, sum(times)::bigint AS times, sum(seconds) AS seconds, sum(rows)::bigint AS rows,
           sum(bytes)::bigint AS bytes
      FROM metered_days d WHERE {conditions} GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much work of a kind was done."""

    times: int = 0
    seconds: float = 0.0
    rows: int = 0
    bytes: int = 0


NONE: Final = Amount()


async def add(session: Session, owner_id: UUID, work: Work, amount: Amount) -> None:
    """Adds work to the present day; call it last, because the row is held until the transaction ends."""
    values = {"times": amount.times, "seconds": amount.seconds, "rows": amount.rows, "bytes": amount.bytes}
    await session.execute(_ADD, {"owner_id": owner_id, "work": work.value, **values})


async def note_stored(session: Session) -> None:
    """Notes what is stored of everybody at this moment, when it is the most of the day so far."""
    await session.execute(_NOTE_STORED)


async def sums(
    session: Session, scope: Scope, by: MeteredBy, *, since: date | None, until: date | None
) -> Sequence[tuple[str, Work, Amount]]:
    """Work by key and kind from the day `since` to before the day `until`; of storage the bytes of all days together.

    A MASTER sees the users that it manages now.
    """
    conditions = ["true"]
    if scope.owner_id is not None:
        conditions = ["owner_id = :scope_owner_id"]
    elif scope.manager_id is not None:
        managed = "SELECT id FROM users WHERE manager_id = :scope_manager_id"
        conditions = [f"(owner_id = :scope_manager_id OR owner_id IN ({managed}))"]
    conditions += ["day >= :since"] if since is not None else []
    conditions += ["day < :until"] if until is not None else []
    statement = text(_SUMS.format(key=_KEYS[by], conditions=" AND ".join(conditions)))
    asked = {**scope.parameters(), "since": since, "until": until}
    return [
        (row.key, Work(row.work), Amount(row.times, row.seconds, row.rows, row.bytes))
        for row in await session.execute(statement, asked)
    ]
