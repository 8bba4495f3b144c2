"""Keeping questions within their budgets: a call reserves what it may cost, and is settled when it is recorded."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from app.agentgraph.context import Reservation
from app.core.budgets import BudgetScope, BudgetUnit
from app.core.clock import now
from app.core.db import Database, Session, seeing_all
from app.core.errors import BudgetExhausted, Unavailable
from app.core.periods import Period, bounds, zone_of
from app.models import AuditAction, Budget
from app.repositories import budgets
from app.repositories.budgets import NO_USE, Place, Taken
from app.services.audit.audit import record

_log = logging.getLogger(__name__)


class Spending:
    """The budgets that the calls of one query count for; read once, with the query's first call."""

    def __init__(self, database: Database, query_id: UUID, owner_id: UUID, agent_id: UUID | None) -> None:
        self.query_id = query_id
        self._database = database
        self._owner_id = owner_id
        self._agent_id = agent_id
        self._budgets: Sequence[Budget] | None = None
        self._begun: set[Place] = set()

    async def reserve(self, call_id: UUID, estimate: Callable[[], Reservation]) -> None:
        """Reserves what a call may cost in every budget, or in none. Raises BudgetExhausted."""
        counted = await self._counted()
        if not counted:
            return
        wanted = estimate()
        by_unit = {BudgetUnit.USD: wanted.price_usd or Decimal(0), BudgetUnit.TOKENS: Decimal(wanted.tokens)}
        amounts = _amounts(counted, self._owner_id, by_unit)
        await self._begin(counted, amounts)
        async with self._database.autocommit() as session:
            taken = await budgets.reserve(session, call_id, self.query_id, amounts)
            if len(taken) < len(amounts):
                await budgets.give_back(session, call_id)
                raise await _exhausted(session, counted, amounts, taken)
        if any(one.is_warning_due for one in taken):
            await self._warn(counted, taken)

    async def _warn(self, counted: Sequence[Budget], taken: Sequence[Taken]) -> None:
        try:
            async with self._database.transaction() as session:
                await _warn(session, counted, taken)
        except Unavailable:
            # The room is reserved and the call goes on; the next one finds the warning due again.
            _log.warning("a budget runs out, which could not be noted: the system database is away")

    async def _counted(self) -> Sequence[Budget]:
        if self._budgets is None:
            async with self._database.read() as session:
                found = await budgets.counting_for(session, self._owner_id, self._agent_id)
            self._budgets = [budget for budget in found if budget.unit != BudgetUnit.QUESTIONS]
        return self._budgets

    async def _begin(self, counted: Sequence[Budget], amounts: Sequence[tuple[Place, Decimal]]) -> None:
        for budget, (place, _) in zip(counted, amounts, strict=True):
            if place not in self._begun:
                async with self._database.autocommit() as session, seeing_all(session):
                    await budgets.begin(session, budget, place)
                self._begun.add(place)


async def count_questions(session: Session, owner_id: UUID, agent_id: UUID, count: int) -> None:
    """Counts questions that are about to be recorded in this transaction. Raises BudgetExhausted."""
    found = await budgets.counting_for(session, owner_id, agent_id)
    counted = [budget for budget in found if budget.unit == BudgetUnit.QUESTIONS]
    if not counted:
        return
    amounts = _amounts(counted, owner_id, {BudgetUnit.QUESTIONS: Decimal(count)})
    for budget, (place, _) in zip(counted, amounts, strict=True):
        async with seeing_all(session):
            await budgets.begin(session, budget, place)
    taken = await budgets.use(session, amounts)
    if len(taken) < len(amounts):
        raise await _exhausted(session, counted, amounts, taken)
    await _warn(session, counted, taken)


def place_of(budget: Budget, owner_id: UUID | None) -> Place:
    """The present period of a budget for a user's question; of one of each user the user is needed."""
    since, until = bounds(Period(budget.period), now(), zone_of(budget.time_zone))
    holder_id = owner_id if budget.scope == BudgetScope.EACH_USER and owner_id is not None else budget.id
    return Place(budget.id, holder_id, since, until)


def plain(amount: Decimal) -> str:
    """An amount as decimal text without idle zeros."""
    return f"{amount.normalize():f}"


def _amounts(
    counted: Sequence[Budget], owner_id: UUID, by_unit: Mapping[BudgetUnit, Decimal]
) -> list[tuple[Place, Decimal]]:
    return [(place_of(budget, owner_id), by_unit[BudgetUnit(budget.unit)]) for budget in counted]


async def _warn(session: Session, counted: Sequence[Budget], taken: Sequence[Taken]) -> None:
    """Says once a period of a budget that it runs out."""
    by_id = {budget.id: budget for budget in counted}
    for one in taken:
        if not one.is_warning_due or not await budgets.note_warning(session, one.place):
            continue
        budget = by_id[one.place.budget_id]
        _log.warning("the budget %s is used to %s of %s %s", budget.id, one.total, budget.amount, budget.unit)
        after = {"since": one.place.since.isoformat(), "used": plain(one.total), "amount": plain(budget.amount)}
        await record(session, None, AuditAction.BUDGET_WARNED, "budget", budget.id, after=after)


async def _exhausted(
    session: Session,
    counted: Sequence[Budget],
    amounts: Sequence[tuple[Place, Decimal]],
    taken: Sequence[Taken],
) -> BudgetExhausted:
    """The error that names the first budget without room."""
    had_room = {one.place.budget_id for one in taken}
    pairs = zip(counted, amounts, strict=True)
    budget, place = next((budget, place) for budget, (place, _) in pairs if budget.id not in had_room)
    use = (await budgets.uses(session, [place])).get(place.key, NO_USE)
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
        retry_after_s=max(1, math.ceil((place.until - now()).total_seconds())),
    )
