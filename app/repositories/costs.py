"""What model calls cost, added up over the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    true,
)

from app.core.db import Session
from app.core.dimensions import CostsBy
from app.models import Agent, CostFilter, File, Role, SourceDatabase, UsageRecord, User

_OWN: Final[Mapping[CostsBy, SQLColumnExpression[Any]]] = {
    CostsBy.USER: cast(UsageRecord.owner_id, String),
    CostsBy.GROUP: cast(UsageRecord.group_id, String),
    CostsBy.ROLE: cast(UsageRecord.role_id, String),
    CostsBy.AGENT: cast(UsageRecord.agent_id, String),
    CostsBy.SOURCE: func.array_to_string(UsageRecord.source_ids, "+"),
    CostsBy.PROVIDER: UsageRecord.provider,
    CostsBy.MODEL: func.concat(UsageRecord.provider, ":", UsageRecord.model),
    CostsBy.NODE: UsageRecord.node,
}
_FORMATS: Final = {CostsBy.DAY: "YYYY-MM-DD", CostsBy.HOUR: 'YYYY-MM-DD"T"HH24:00'}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls may be seen: those of one user, of a MASTER with its users, or (both None) of everybody."""

    owner_id: UUID | None = None
    manager_id: UUID | None = None

    def condition(self) -> ColumnElement[bool]:
        """The rows of the ledger within the scope."""
        if self.owner_id is not None:
            return UsageRecord.owner_id == self.owner_id
        if self.manager_id is None:
            return true()
        managed = select(User.id).where(User.manager_id == self.manager_id)
        mine = or_(UsageRecord.owner_id == self.manager_id, UsageRecord.owner_id.in_(managed))
        # What somebody spent before belonged to another group, and is that one's to see.
        return and_(UsageRecord.group_id == self.manager_id, mine)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over some calls."""

    calls: int
    questions: int
    unanswered: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    tokens_reasoning: int
    cost_usd: Decimal
    without_price: int
    mean_latency_s: float | None


async def sums(
    session: Session, scope: Scope, wanted: CostFilter, by: CostsBy, *, time_zone: str, most: int
) -> tuple[Sums, Sequence[tuple[str | None, Sums]]]:
    """Sums over all calls, and for each value of `by` (None: without one), of one and the same moment.

    The dearest come first, days and hours the latest first; no more than `most`.
    """
    key = _key(by, time_zone)
    calls = _filtered(scope, wanted).with_only_columns(key.label("key"), UsageRecord).subquery()
    column = calls.c
    cost = func.coalesce(func.sum(column.price_usd), 0).label("cost_usd")
    is_total = func.grouping(column.key).label("is_total")
    order = column.key.desc() if by in _FORMATS else cost.desc()
    statement = (
        select(
            column.key,
            func.count().label("calls"),
            func.count(column.query_id.distinct()).label("questions"),
            func.count().filter(column.outcome != "answered").label("unanswered"),
            *(func.coalesce(func.sum(column[name]), 0).label(name) for name in _TOKENS),
            cost,
            func.count().filter(column.price_usd.is_(None)).label("without_price"),
            func.avg(column.latency_s).label("mean_latency_s"),
        )
        .group_by(func.grouping_sets(column.key, text("()")))
        .order_by(is_total.desc(), order.nulls_last(), column.key)
        .limit(most + 1)
    )
    total, *groups = [(row.key, _sums(row._asdict())) for row in await session.execute(statement)]
    return total[1], groups


_TOKENS: Final = ("tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning")


async def spent(
    session: Session, scope: Scope, wanted: CostFilter, *, since: datetime, until: datetime
) -> tuple[Decimal, datetime | None]:
    """Known prices from `since` to before `until`, and the moment of the first of these calls."""
    statement = (
        _filtered(scope, wanted)
        .with_only_columns(func.coalesce(func.sum(UsageRecord.price_usd), 0), func.min(UsageRecord.created_at))
        .where(UsageRecord.created_at >= since, UsageRecord.created_at < until)
    )
    row = (await session.execute(statement)).one()
    return Decimal(row[0] or 0), row[1]


async def names(session: Session, by: CostsBy, ids: Iterable[UUID]) -> Mapping[UUID, str]:
    """What people call these users, roles, agents or sources; those that are gone have no name."""
    wanted = list(ids)
    found: dict[UUID, str] = {}
    for table in _NAMED.get(by, ()):
        statement = select(table.id, table.name).where(table.id.in_(wanted))
        found |= {row.id: row.name for row in await session.execute(statement)}
    return found


_NAMED: Final[Mapping[CostsBy, tuple[type[User | Role | Agent | File | SourceDatabase], ...]]] = {
    CostsBy.USER: (User,),
    CostsBy.GROUP: (User,),
    CostsBy.ROLE: (Role,),
    CostsBy.AGENT: (Agent,),
    CostsBy.SOURCE: (File, SourceDatabase),
}


def _key(by: CostsBy, time_zone: str) -> SQLColumnExpression[Any]:
    if by in _FORMATS:
        return func.to_char(func.timezone(time_zone, UsageRecord.created_at), _FORMATS[by])
    return _OWN[by]


def _filtered(scope: Scope, wanted: CostFilter) -> Select[Any]:
    statement = select(UsageRecord).where(scope.condition())
    columns = {
        UsageRecord.owner_id: wanted.user_id,
        UsageRecord.group_id: wanted.group_id,
        UsageRecord.role_id: wanted.role_id,
        UsageRecord.agent_id: wanted.agent_id,
        UsageRecord.provider: wanted.provider,
        UsageRecord.model: wanted.model,
        UsageRecord.node: wanted.node,
    }
    for column, value in columns.items():
        if value is not None:
            statement = statement.where(column == value)
    if wanted.source_id is not None:
        statement = statement.where(literal(wanted.source_id) == func.any(UsageRecord.source_ids))
    if wanted.since is not None:
        statement = statement.where(UsageRecord.created_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(UsageRecord.created_at < wanted.until)
    return statement


def _sums(row: Mapping[str, Any]) -> Sums:
    values = {name: row[name] for name in Sums.__slots__}
    return Sums(**{**values, "cost_usd": Decimal(values["cost_usd"])})
