"""Keeping questions within their budgets: a call reserves what it may cost, and is settled at what it did cost."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from app.agentgraph.context import Reservation
from app.agentgraph.outcome import ModelCall
from app.core.budgets import BudgetScope, BudgetUnit
from app.core.clock import now
from app.core.db import Database, Session
from app.core.errors import BudgetExhausted
from app.core.periods import Period, bounds, zone_of
from app.models import AuditAction, Budget
from app.repositories import budgets
from app.repositories.budgets import Place, Use
from app.services.audit import record

_log = logging.getLogger(__name__)
Held: TypeAlias = tuple[tuple[Place, BudgetUnit, Decimal], ...]
"""What one call has reserved in each period that it counts in."""


NOTHING_HELD: Final[Held] = ()


class Spending:
    """The budgets that the calls of one query count for; read once, with the query's first call."""

    def __init__(self, database: Database, query_id: UUID, owner_id: UUID, agent_id: UUID | None) -> None:
        self._database = database
        self.query_id = query_id
        self._owner_id = owner_id
        self._agent_id = agent_id
        self._budgets: Sequence[Budget] | None = None

    async def reserve(self, call_id: UUID, estimate: Callable[[], Reservation]) -> Held:
        """Reserves what a call may cost in every budget, or in none. Raises BudgetExhausted."""
        if self._budgets is None:
            async with self._database.read() as session:
                found = await budgets.counting_for(session, self._owner_id, self._agent_id)
            self._budgets = [budget for budget in found if budget.unit != BudgetUnit.QUESTIONS]
        if not self._budgets:
            return NOTHING_HELD
        wanted = estimate()
        amounts = {BudgetUnit.USD: wanted.price_usd or Decimal(0), BudgetUnit.TOKENS: Decimal(wanted.tokens)}
        async with self._database.transaction() as session:
            held = await _take(session, self._budgets, self._owner_id, amounts)
            await budgets.reserve(session, call_id, self.query_id, [(place, amount) for place, _, amount in held])
        return held


async def settle(session: Session, call_id: UUID, held: Held, call: ModelCall) -> None:
    """Counts what a call has used. Where that is not known it is what was reserved, so that it is never too little."""
    if not held:
        return
    is_known = call.price_usd is not None
    tokens = Decimal(call.tokens_in + call.tokens_out) if is_known or call.tokens_in else None
    actual = {BudgetUnit.USD: call.price_usd, BudgetUnit.TOKENS: tokens}
    used = [(place, amount if actual[unit] is None else actual[unit] or Decimal(0)) for place, unit, amount in held]
    await budgets.settle(session, call_id, used)


async def count_questions(session: Session, owner_id: UUID, agent_id: UUID, count: int) -> None:
    """Counts questions that are about to be recorded in this transaction. Raises BudgetExhausted."""
    found = await budgets.counting_for(session, owner_id, agent_id)
    counted = [budget for budget in found if budget.unit == BudgetUnit.QUESTIONS]
    for place, _, amount in await _take(session, counted, owner_id, {BudgetUnit.QUESTIONS: Decimal(count)}):
        await budgets.add_use(session, place, amount)


def place_of(budget: Budget, owner_id: UUID | None) -> Place:
    """The present period of a budget for a user's question; of one of each user the user is needed."""
    since, until = bounds(Period(budget.period), now(), zone_of(budget.time_zone))
    holder_id = owner_id if budget.scope == BudgetScope.EACH_USER and owner_id is not None else budget.id
    return Place(budget.id, holder_id, since, until)


async def _take(
    session: Session, counted: Sequence[Budget], owner_id: UUID, amounts: Mapping[BudgetUnit, Decimal]
) -> Held:
    """The places where `amounts` fit, all locked until the transaction ends. Raises BudgetExhausted."""
    kept = []
    for budget in counted:
        unit = BudgetUnit(budget.unit)
        place, amount = place_of(budget, owner_id), amounts[unit]
        use = await budgets.lock_use(session, budget, place)
        taken = use.used + use.reserved
        # What is used up stops a call that seems to cost nothing too: its price may just not be known.
        if taken + amount > budget.amount + use.overdraft or taken >= budget.amount + use.overdraft:
            raise _exhausted(budget, place, use)
        if taken + amount >= budget.amount * budget.warn_share and not use.is_warned:
            await _warn(session, budget, place, taken + amount)
        kept.append((place, unit, amount))
    return tuple(kept)


async def _warn(session: Session, budget: Budget, place: Place, taken: Decimal) -> None:
    """Says once a period that the budget runs out."""
    await budgets.note_warning(session, place)
    _log.warning("the budget %s is used to %s of %s %s", budget.id, taken, budget.amount, budget.unit)
    after = {"since": place.since.isoformat(), "used": plain(taken), "amount": plain(budget.amount)}
    await record(session, None, AuditAction.BUDGET_WARNED, "budget", budget.id, after=after)


def _exhausted(budget: Budget, place: Place, use: Use) -> BudgetExhausted:
    retry_after_s = max(1, math.ceil((place.until - now()).total_seconds()))
    return BudgetExhausted(
        budget=f"{budget.scope}, {plain(budget.amount)} {budget.unit}/{budget.period}",
        budget_id=str(budget.id),
        scope=budget.scope,
        unit=budget.unit,
        period=budget.period,
        limit=plain(budget.amount + use.overdraft),
        used=plain(use.used),
        reserved=plain(use.reserved),
        until=place.until.isoformat(),
        retry_after_s=retry_after_s,
    )


def plain(amount: Decimal) -> str:
    """An amount as decimal text without idle zeros."""
    return f"{amount.normalize():f}"
