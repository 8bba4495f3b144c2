"""Work beside model calls, metered by person and day: statements, reading of files, storage."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from app.agentgraph.outcome import AnsweredBy
from app.core.actor import Actor
from app.core.db import Session
from app.core.dimensions import CostsBy, MeteredBy
from app.models import Work
from app.repositories import costs, metering
from app.repositories.costs import Scope
from app.repositories.metering import NONE, Amount
from app.repositories.queries import Ending
from app.schemas.metering import (
    MeteredGroupRead,
    MeteredRead,
    MeteringAsked,
    MeteringRead,
    OwnMeteringAsked,
    WorkRead,
)
from app.services.costs.costs import scope_of
from app.services.platform import Platform


def of_statements(ending: Ending) -> Amount | None:
    """What a question's statements took; None when it ran none, as one that the cache answers."""
    attempts = (ending.details or {}).get("attempts") or []
    if not attempts or ending.answered_by == AnsweredBy.CACHE.value:
        return None
    seconds = sum(attempt["elapsed_s"] for attempt in attempts)
    return Amount(len(attempts), seconds, ending.row_count or 0, len(ending.rows or b""))


async def note_storage(platform: Platform) -> None:
    """Notes what is stored now. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        await metering.note_stored(session)


async def read(session: Session, actor: Actor, asked: MeteringAsked) -> MeteringRead:
    """Work as far as `actor` may see costs: of all for an ADMIN, else of its own users or its own."""
    return await _read(session, scope_of(actor), asked, asked.by)


async def read_own(session: Session, actor: Actor, asked: OwnMeteringAsked) -> MeteringRead:
    """The actor's own work, by day."""
    return await _read(session, Scope(actor.user_id), asked, MeteredBy.DAY)


async def _read(session: Session, scope: Scope, asked: OwnMeteringAsked, by: MeteredBy) -> MeteringRead:
    found: dict[str, dict[Work, Amount]] = {}
    for key, work, amount in await metering.sums(session, scope, by, since=asked.since, until=asked.until):
        found.setdefault(key, {})[work] = amount
    keys = list(found)
    if by is MeteredBy.USER:
        keys.sort(key=lambda key: -sum(amount.seconds for amount in found[key].values()))
    shown = keys[: asked.limit]
    names: Mapping[UUID, str] = {}
    if by is MeteredBy.USER:
        names = await costs.names(session, CostsBy.USER, map(UUID, shown))
    return MeteringRead(
        by=by,
        since=asked.since,
        until=asked.until,
        total=MeteredRead(**_works({work: _sum(one.get(work, NONE) for one in found.values()) for work in Work})),
        groups=[
            MeteredGroupRead(key=key, name=names.get(UUID(key)) if by is MeteredBy.USER else None, **_works(found[key]))
            for key in shown
        ],
        is_complete=len(keys) <= asked.limit,
    )


def _sum(amounts: Iterable[Amount]) -> Amount:
    several = list(amounts)
    return Amount(*(sum(getattr(one, part.name) for one in several) for part in fields(Amount)))


def _works(amounts: Mapping[Work, Amount]) -> dict[str, Any]:
    return {
        "sql": WorkRead.model_validate(amounts.get(Work.SQL, NONE)),
        "ingestion": WorkRead.model_validate(amounts.get(Work.INGESTION, NONE)),
        "stored_byte_days": amounts.get(Work.STORAGE, NONE).bytes,
    }
