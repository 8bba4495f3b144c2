"""What model calls cost, added up over the hours of the ledger and the calls that no hour has yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text

from app.core.db import Session
from app.core.dimensions import TRAITS_OF, CostsBy, Trait, opening
from app.models import Agent, CostFilter, File, Role, SourceDatabase, User
from app.repositories.usage_hours import OPENS

HOUR: Final = timedelta(hours=1)
_ALIKE: Final = "owner_id, group_id, role_id, agent_id, source_ids, provider, model, node"
_COUNTS: Final = (
    "calls",
    "unanswered",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "cost_usd",
    "without_price",
    "latency_s",
)
_MODEL: Final = "concat(provider, ':', model) AS provider_model"
"""Put together before the calls are grouped: of an expression PostgreSQL expects so many values that it would sort."""
_WHOLE_HOURS: Final = f"""
    SELECT hour AS at, first_at, opens, {_ALIKE}, {_MODEL}, {", ".join(_COUNTS)} FROM usage_hours WHERE true
"""  # noqa: S608  (put together from constants)
_ONE_BY_ONE: Final = f"""
    SELECT date_trunc('hour', created_at, :calls_zone) AS at, created_at AS first_at,
           coalesce(opens, ({OPENS})::smallint) AS opens, {_ALIKE}, {_MODEL}, 1::bigint AS calls,
           (outcome <> 'answered')::int::bigint AS unanswered, tokens_in::bigint, tokens_out::bigint,
           tokens_cached::bigint, tokens_reasoning::bigint, coalesce(price_usd, 0) AS cost_usd,
           (price_usd IS NULL)::int::bigint AS without_price, latency_s
      FROM usage_records r WHERE true
"""  # noqa: S608  (put together from constants)
_KEYS: Final[Mapping[CostsBy, str]] = {
    CostsBy.USER: "owner_id",
    CostsBy.GROUP: "group_id",
    CostsBy.ROLE: "role_id",
    CostsBy.AGENT: "agent_id",
    CostsBy.SOURCE: "source_ids",
    CostsBy.PROVIDER: "provider",
    CostsBy.MODEL: "provider_model",
    CostsBy.NODE: "node",
    CostsBy.DAY: "at",
    CostsBy.HOUR: "at",
}
_SHOWN: Final[Mapping[CostsBy, str]] = {
    CostsBy.SOURCE: "array_to_string(key, '+')",
    CostsBy.DAY: "to_char(timezone(:time_zone, key), 'YYYY-MM-DD')",
    CostsBy.HOUR: "to_char(timezone(:time_zone, key), 'YYYY-MM-DD\"T\"HH24:00')",
}
"""How a key is told, where not as plain text: of few keys instead of many calls."""
_CONDITIONS: Final = {
    "user_id": "owner_id = :user_id",
    "group_id": "group_id = :group_id",
    "role_id": "role_id = :role_id",
    "agent_id": "agent_id = :agent_id",
    "source_id": ":source_id = ANY (source_ids)",
    "provider": "provider = :provider",
    "model": "model = :model",
    "node": "node = :node",
}
_SUMS: Final = """
    WITH calls AS ({calls}), keys AS MATERIALIZED (
        SELECT {key} AS key, {sums},
               coalesce(sum(calls) FILTER (WHERE opens & {opening} <> 0), 0) AS questions,
               coalesce(sum(calls) FILTER (WHERE opens & {group_opening} <> 0), 0) AS group_questions
          FROM calls WHERE {conditions} GROUP BY 1
    ), groups AS (
        SELECT {shown} AS key, {sums}, sum(group_questions) AS questions FROM keys
         GROUP BY 1 ORDER BY {order} DESC NULLS LAST, 1 LIMIT :most
    )
    SELECT NULL AS key, {sums}, sum(questions) AS questions FROM keys
    UNION ALL
    SELECT * FROM groups
"""
_SPENT: Final = """
    WITH calls AS ({calls})
    SELECT coalesce(sum(cost_usd), 0) AS cost_usd, min(first_at) AS first_at FROM calls WHERE {conditions}
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls may be seen: those of one user, of a MASTER with its users, or (both None) of everybody."""

    owner_id: UUID | None = None
    manager_id: UUID | None = None

    def conditions(self) -> list[str]:
        """What calls within the scope fulfil, of its own parameters."""
        if self.owner_id is not None:
            return ["owner_id = :scope_owner_id"]
        if self.manager_id is None:
            return []
        managed = "SELECT id FROM users WHERE manager_id = :scope_manager_id"
        # What somebody spent before belonged to another group, and is that one's to see.
        return ["group_id = :scope_manager_id", f"(owner_id = :scope_manager_id OR owner_id IN ({managed}))"]

    def parameters(self) -> dict[str, UUID | None]:
        """Values of what the conditions name."""
        return {"scope_owner_id": self.owner_id, "scope_manager_id": self.manager_id}


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose days and hours are meant; `whole_hours`: they begin when an hour of UTC does."""

    time_zone: str
    whole_hours: bool


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
    session: Session, scope: Scope, wanted: CostFilter, by: CostsBy, *, clock: Clock, most: int
) -> tuple[Sums, Sequence[tuple[str | None, Sums]]]:
    """Sums over all calls, and for each value of `by` (None: without one), of one and the same moment.

    A question counts once, where the first of the calls that are asked for was made. The dearest come first, days and
    hours the latest first; no more than `most`.
    """
    by_time, traits = by in {CostsBy.DAY, CostsBy.HOUR}, _traits(wanted)
    whole_hours = clock.whole_hours or not by_time
    statement = _SUMS.format(
        calls=_calls(wanted, whole_hours=whole_hours),
        key=_KEYS[by],
        shown=_SHOWN.get(by, "CAST(key AS text)"),
        sums=", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in _COUNTS),
        opening=opening(traits),
        group_opening=opening(traits | TRAITS_OF.get(by, Trait(0))),
        conditions=_conditions(scope, wanted),
        order="1" if by_time else "sum(cost_usd)",
    )
    zones = {"time_zone": clock.time_zone, "calls_zone": "UTC" if whole_hours else clock.time_zone}
    total, *groups = await session.execute(text(statement), {**_parameters(scope, wanted), **zones, "most": most})
    return _sums(total), [(row.key, _sums(row)) for row in groups]


async def spent(
    session: Session, scope: Scope, wanted: CostFilter, *, since: datetime, until: datetime
) -> tuple[Decimal, datetime | None]:
    """Known prices from `since` to before `until`, and the moment of the first of these calls."""
    within = replace(wanted, since=since, until=until)
    statement = _SPENT.format(calls=_calls(within, whole_hours=True), conditions=_conditions(scope, within))
    row = (await session.execute(text(statement), {**_parameters(scope, within), "calls_zone": "UTC"})).one()
    return Decimal(row.cost_usd), row.first_at


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


def _calls(wanted: CostFilter, *, whole_hours: bool) -> str:
    """The calls of the wanted time: whole hours as they are summed, and one by one those that these do not hold.

    The latter were not summed yet, or are in the hours within which the time begins and ends. Without `whole_hours`
    all come one by one.
    """
    within = _between("created_at", wanted, "since", "until")
    if not whole_hours:
        return _ONE_BY_ONE + within
    parts = [
        _WHOLE_HOURS + _between("hour", wanted, "whole_since", "whole_until"),
        f"{_ONE_BY_ONE} AND opens IS NULL {within}",
    ]
    edges = ["created_at < :whole_since"] if wanted.since is not None else []
    edges += ["created_at >= :whole_until"] if wanted.until is not None else []
    if edges:
        parts.append(f"{_ONE_BY_ONE} AND opens IS NOT NULL {within} AND ({' OR '.join(edges)})")
    return " UNION ALL ".join(parts)


def _between(column: str, wanted: CostFilter, since: str, until: str) -> str:
    begun = f" AND {column} >= :{since}" if wanted.since is not None else ""
    return begun + (f" AND {column} < :{until}" if wanted.until is not None else "")


def _conditions(scope: Scope, wanted: CostFilter) -> str:
    asked = [condition for name, condition in _CONDITIONS.items() if getattr(wanted, name) is not None]
    return " AND ".join([*scope.conditions(), *asked]) or "true"


def _parameters(scope: Scope, wanted: CostFilter) -> dict[str, Any]:
    """Values of everything that a statement may name."""
    whole_since = None if wanted.since is None else _hour(wanted.since + HOUR - timedelta.resolution)
    whole_until = None if wanted.until is None else _hour(wanted.until)
    return {**scope.parameters(), **asdict(wanted), "whole_since": whole_since, "whole_until": whole_until}


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _traits(wanted: CostFilter) -> Trait:
    """The traits that the filter fixes: a question counts where the first call with them was made."""
    fixed = {Trait.PROVIDER: wanted.provider, Trait.MODEL: wanted.model, Trait.NODE: wanted.node}
    return reduce(or_, (trait for trait, value in fixed.items() if value is not None), Trait(0))


def _sums(row: Row[Any]) -> Sums:
    calls = int(row.calls)
    return Sums(
        calls=calls,
        questions=int(row.questions or 0),
        unanswered=int(row.unanswered),
        tokens_in=int(row.tokens_in),
        tokens_out=int(row.tokens_out),
        tokens_cached=int(row.tokens_cached),
        tokens_reasoning=int(row.tokens_reasoning),
        cost_usd=Decimal(row.cost_usd),
        without_price=int(row.without_price),
        mean_latency_s=row.latency_s / calls if calls else None,
    )
