"""The audit log in the system database: adding to it, reading it, sealing it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, delete, func, insert, select, text, true
from sqlalchemy.orm import aliased

from app.core.db import Session
from app.core.ids import first_id_at
from app.core.pagination import PageRequest
from app.models import AuditCheckpoint, AuditEvent, AuditFilter, User

APART: Final = timedelta(days=1)
"""More than there is between an event's moment, by the database's clock, and its id's, by that of whoever made it.

Events are read by their ids, the newest first: within these bounds, an old day is not looked for from today on."""
_FIRST_DAY, _LAST_DAY = datetime(1970, 1, 1, tzinfo=UTC) + APART, datetime(9999, 12, 31, tzinfo=UTC) - APART
"""Between them every moment has ids within a day of it."""
SEALER_LOCK: Final = 0x6175_6474
"""Advisory lock of whoever seals or removes ("audt"): the chain has one end."""
_SEAL: Final = text(
    """
    UPDATE audit_events SET seq = sealed.seq, seal = sealed.seal
      FROM unnest(CAST(:ids AS uuid[]), CAST(:seqs AS bigint[]), CAST(:seals AS bytea[])) AS sealed(id, seq, seal)
     WHERE audit_events.id = sealed.id
    """
)


_ADD: Final = insert(AuditEvent.__table__)  # type: ignore[arg-type]  # a table, which its class does not say
"""Made once: everything that is done adds one."""


async def add(session: Session, values: dict[str, Any]) -> None:
    """Stores one event, in one statement."""
    await session.execute(_ADD, values)


async def page(
    session: Session, request: PageRequest, wanted: AuditFilter, *, manager_id: UUID | None
) -> Sequence[AuditEvent]:
    """Up to `limit + 1` events, newest first; with `manager_id` only its own and those of the users it manages."""
    statement = _filtered(wanted).order_by(AuditEvent.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(AuditEvent.id < request.before)
    if manager_id is not None:
        statement = _of_each_member(statement, manager_id).limit(request.limit + 1)
    return (await session.execute(statement)).scalars().all()


async def become_sealer(session: Session) -> bool:
    """Whether this transaction is the only one that may seal now; until it ends."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(SEALER_LOCK))))


async def unsealed(session: Session, *, most: int) -> Sequence[Row[Any]]:
    """Committed events without a place in the chain, oldest first, with all columns."""
    columns = AuditEvent.__table__.c
    statement = select(*columns).where(columns.seal.is_(None)).order_by(columns.id).limit(most)
    return (await session.execute(statement)).all()


async def set_seals(session: Session, ids: Sequence[UUID], seqs: Sequence[int], seals: Sequence[bytes]) -> None:
    """Gives events their places."""
    await session.execute(_SEAL, {"ids": ids, "seqs": seqs, "seals": seals})


async def head(session: Session) -> tuple[int, bytes] | None:
    """Place and seal of the newest sealed event."""
    statement = select(AuditEvent.seq, AuditEvent.seal).where(AuditEvent.seq.is_not(None))
    row = (await session.execute(statement.order_by(AuditEvent.seq.desc()).limit(1))).first()
    return None if row is None or row.seq is None or row.seal is None else (row.seq, row.seal)


async def sealed_after(session: Session, seq: int, *, most: int) -> Sequence[Row[Any]]:
    """Sealed events beyond `seq` in the order of the chain, with all columns."""
    columns = AuditEvent.__table__.c
    statement = select(*columns).where(columns.seq > seq).order_by(columns.seq).limit(most)
    return (await session.execute(statement)).all()


async def count_unsealed(session: Session) -> int:
    """How many events wait for their seal."""
    statement = select(func.count()).select_from(AuditEvent).where(AuditEvent.seal.is_(None))
    return (await session.execute(statement)).scalar_one()


async def checkpoint(session: Session) -> AuditCheckpoint | None:
    """The newest checkpoint."""
    return await session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1))


async def last_before(session: Session, moment: datetime, *, most: int) -> tuple[int, bytes] | None:
    """Place and seal of the last event that may be removed: it and all before it are older than `moment`.

    At most `most` events from the beginning of the chain are looked at.
    """
    oldest = select(AuditEvent.seq, AuditEvent.seal, AuditEvent.created_at).where(AuditEvent.seq.is_not(None))
    rows = (await session.execute(oldest.order_by(AuditEvent.seq).limit(most))).all()
    found = None
    for row in rows:
        if row.created_at >= moment or row.seq is None or row.seal is None:
            break
        found = (row.seq, row.seal)
    return found


async def remove_up_to(session: Session, new: AuditCheckpoint) -> int:
    """Stores a checkpoint, then removes the events up to it; gives how many."""
    session.add(new)
    await session.flush()
    removed = await session.execute(delete(AuditEvent).where(AuditEvent.seq <= new.seq).returning(AuditEvent.id))
    return len(removed.all())


def _of_each_member(statement: Select[AuditEvent], manager_id: UUID) -> Select[AuditEvent]:
    """The newest events of `statement` of a group: asked for member by member, since others may have made millions."""
    members = select(User.id).where((User.id == manager_id) | (User.manager_id == manager_id)).subquery()
    newest = statement.where(AuditEvent.actor_id == members.c.id).lateral()
    found = aliased(AuditEvent, newest)
    return select(found).select_from(members.join(newest, true())).order_by(found.id.desc())


def _filtered(wanted: AuditFilter) -> Select[AuditEvent]:
    statement = select(AuditEvent)
    for name in ("actor_id", "action", "object_type", "object_id", "outcome"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(AuditEvent, name) == value)
    if wanted.since is not None:
        begun = first_id_at(_told_by_ids(wanted.since) - APART)
        statement = statement.where(AuditEvent.created_at >= wanted.since, AuditEvent.id >= begun)
    if wanted.until is not None:
        ended = first_id_at(_told_by_ids(wanted.until) + APART)
        statement = statement.where(AuditEvent.created_at < wanted.until, AuditEvent.id < ended)
    return statement


def _told_by_ids(moment: datetime) -> datetime:
    """The moment, or what comes nearest to it among those that ids can tell."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max(aware, _FIRST_DAY), _LAST_DAY)
