"""What model calls cost: by whom, for what, and what the present period is going to cost."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core.actor import Actor
from app.core.clock import now
from app.core.db import Session
from app.core.dimensions import CostsBy
from app.core.periods import Period, bounds, has_whole_hours, zone_of
from app.core.permissions import UserKind
from app.models import CostFilter
from app.repositories import costs
from app.repositories.costs import Clock, Scope, Sums
from app.schemas.costs import CostGroupRead, CostsAsked, CostsRead, ForecastRead, SumsRead, UsageAsked
from app.schemas.exchange_rates import RateUsed
from app.services.costs import exchange_rates
from app.services.results import csv_text

TREND: Final = timedelta(days=7)
"""How far back the pace of spending is measured: a whole week, because weekends differ from other days."""
METHOD: Final = "spent so far + mean per hour of the last 7 days (or since the first call in them) x hours left"
_COST_PLACES: Final = Decimal("1e-10")


async def read(session: Session, actor: Actor, asked: CostsAsked) -> CostsRead:
    """Costs as far as `actor` may see them: all for an ADMIN, else its own group's or its own.

    Raises ValidationFailed for an unknown time zone.
    """
    wanted = replace(_filter(asked), user_id=asked.user_id, group_id=asked.group_id, role_id=asked.role_id)
    return await _read(session, scope_of(actor), wanted, asked)


async def read_own(session: Session, actor: Actor, asked: UsageAsked) -> CostsRead:
    """What `actor` itself has cost, whatever its kind. Raises ValidationFailed for an unknown time zone."""
    return await _read(session, Scope(actor.user_id), _filter(asked), asked)


def scope_of(actor: Actor) -> Scope:
    """Whose costs `actor` may see."""
    if actor.kind is UserKind.ADMIN:
        return Scope()
    return Scope(manager_id=actor.user_id) if actor.kind is UserKind.MASTER else Scope(actor.user_id)


def as_csv(found: CostsRead) -> Iterator[str]:
    """The groups as CSV, a piece at a time."""
    columns = ["key", "name", *SumsRead.model_fields]
    rows = [group.model_dump(mode="json") for group in found.groups]
    return csv_text([{"name": name} for name in columns], [[row[name] for name in columns] for row in rows])


def _filter(asked: CostsAsked | UsageAsked) -> CostFilter:
    """What both may ask for. Raises ValidationFailed."""
    zone = zone_of(asked.time_zone)
    return CostFilter(
        agent_id=asked.agent_id,
        source_id=asked.source_id,
        provider=asked.provider,
        model=asked.model,
        node=asked.node,
        since=_aware(asked.since, zone),
        until=_aware(asked.until, zone),
    )


async def _read(session: Session, scope: Scope, wanted: CostFilter, asked: CostsAsked | UsageAsked) -> CostsRead:
    by = CostsBy(asked.by.value)
    zone = zone_of(asked.time_zone)
    clock = Clock(asked.time_zone, whole_hours=has_whole_hours(zone, now()))
    total, groups = await costs.sums(session, scope, wanted, by, clock=clock, most=asked.limit + 1)
    shown = groups[: asked.limit]
    names = await costs.names(session, by, {part for key, _ in shown for part in _ids(by, key)})
    rate = None
    if asked.currency is not None:
        rate = await exchange_rates.rate_at(session, asked.currency, min(wanted.until or now(), now()))
    return CostsRead(
        by=by.value,
        time_zone=asked.time_zone,
        since=wanted.since,
        until=wanted.until,
        shown_at=rate,
        total=_read_sums(total, rate),
        groups=[_group(by, key, _read_sums(sums, rate), names) for key, sums in shown],
        is_complete=len(groups) <= asked.limit,
        forecast=await _forecast(session, scope, wanted, asked.period, zone),
    )


def _read_sums(sums: Sums, rate: RateUsed | None) -> SumsRead:
    read = SumsRead.model_validate(sums)
    return read if rate is None else read.model_copy(update={"cost_shown": sums.cost_usd * rate.per_usd})


def _group(by: CostsBy, key: str | None, sums: SumsRead, names: Mapping[UUID, str]) -> CostGroupRead:
    known = [names[part] for part in _ids(by, key) if part in names]
    return CostGroupRead(key=key or None, name=" + ".join(known) or None, **sums.model_dump())


def _ids(by: CostsBy, key: str | None) -> list[UUID]:
    named = {CostsBy.USER, CostsBy.GROUP, CostsBy.ROLE, CostsBy.AGENT, CostsBy.SOURCE}
    return [UUID(part) for part in key.split("+")] if key and by in named else []


async def _forecast(session: Session, scope: Scope, wanted: CostFilter, period: Period, zone: ZoneInfo) -> ForecastRead:
    """The present period's; the filters count, but for their moments."""
    moment = now()
    since, until = bounds(period, moment, zone)
    always = replace(wanted, since=None, until=None)
    spent, _ = await costs.spent(session, scope, always, since=since, until=moment)
    lately, first = await costs.spent(session, scope, always, since=moment - TREND, until=moment)
    expected = spent
    if first is not None:
        # An hour at the least: the first minute's pace is no forecast.
        measured = max(moment - first, timedelta(hours=1))
        expected += lately * Decimal((until - moment) / measured)
    return ForecastRead(
        period=period.value,
        since=since,
        until=until,
        spent_usd=spent,
        expected_usd=expected.quantize(_COST_PLACES),
        method=METHOD,
    )


def _aware(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A moment without an offset is one of the wanted time zone."""
    return moment.replace(tzinfo=zone).astimezone(UTC) if moment is not None and moment.tzinfo is None else moment
