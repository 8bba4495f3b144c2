"""Shapes of what model calls cost."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.dimensions import CostsBy, OwnCostsBy
from app.core.periods import Period
from app.schemas.common import RequestModel, ResponseModel
from app.schemas.exchange_rates import Currency, RateUsed
from app.schemas.queries import Usd

Word = Annotated[str | None, Field(max_length=200)]


class _Asked(RequestModel):
    """Which calls are counted, and how; nothing means any."""

    agent_id: UUID | None = None
    source_id: UUID | None = None
    """A file or a database."""
    provider: Word = None
    model: Word = None
    """The provider's own name of it."""
    node: Word = None
    """The step of a question that made the call."""
    since: datetime | None = None
    """ISO 8601; without an offset it is a moment of `time_zone`."""
    until: datetime | None = None
    """The same; not included itself."""
    time_zone: Annotated[str, Field(max_length=60)] = "UTC"
    """IANA name, as `America/Sao_Paulo`: whose days, weeks and months are meant."""
    currency: Currency | None = None
    """ISO 4217, as `BRL`: also shows costs in it, at the rate that counts at `until`, or now."""
    period: Period = Period.MONTH
    """The period whose end is forecast."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Most groups to return: the dearest, or the latest days and hours."""


class UsageAsked(_Asked):
    """What of one's own usage is asked for."""

    by: OwnCostsBy = OwnCostsBy.DAY
    """What the calls are told apart by."""


class CostsAsked(_Asked):
    """Which costs are asked for."""

    by: CostsBy = CostsBy.USER
    """What the calls are told apart by."""
    user_id: UUID | None = None
    group_id: UUID | None = None
    """A MASTER: what its group cost."""
    role_id: UUID | None = None


class SumsRead(ResponseModel):
    """Sums over some calls."""

    calls: int
    """Requests to models, tried again ones included."""
    questions: int
    """Questions that these calls were made for, each where the first of them was made.

    Groups add up to the total, but for those of models, providers and nodes, of which one question may have several."""
    unanswered: int
    """Calls that failed or were cancelled."""
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    """Part of `tokens_in`."""
    tokens_reasoning: int
    """Part of `tokens_out`."""
    cost_usd: Usd
    """Sum of the prices that are known."""
    cost_shown: Usd | None = None
    """The same in the currency that was asked for, not rounded; null without one."""
    without_price: int
    """Calls whose price is not known: they are not in `cost_usd`."""
    mean_latency_s: float | None


class CostGroupRead(SumsRead):
    """Sums for one value of what the calls are told apart by."""

    key: str | None
    """An id (several sources of one agent: joined by `+`), a name, a day or an hour; null for calls without one."""
    name: str | None
    """What people call it; null when it is gone or has no other name than `key`."""


class ForecastRead(ResponseModel):
    """What the present period will have cost when it ends, if it goes on so."""

    period: str
    since: datetime
    until: datetime
    spent_usd: Usd
    expected_usd: Usd
    method: str
    """How it was computed."""


class CostsRead(ResponseModel):
    """What model calls cost."""

    by: str
    time_zone: str
    since: datetime | None
    until: datetime | None
    shown_at: RateUsed | None
    """The rate of `cost_shown`, with its date."""
    total: SumsRead
    """Over all calls, also those of groups that are not listed."""
    groups: list[CostGroupRead]
    """The dearest first; days and hours the latest first."""
    is_complete: bool
    """Whether every group is listed; else `limit` cut them."""
    forecast: ForecastRead
