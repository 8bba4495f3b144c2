"""Budgets in the system database: which count for a question, what is used of them, and what is reserved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, func, or_, select, text, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.core.budgets import BudgetScope, BudgetUnit
from app.core.db import Session
from app.core.pagination import PageRequest
from app.models import (
    Agent,
    Budget,
    BudgetPeriod,
    Query,
    Role,
    UsageRecord,
    User,
)


@dataclass(frozen=True, slots=True)
class Place:
    """The period of a budget that a use is counted in."""

    budget_id: UUID
    holder_id: UUID
    since: datetime
    until: datetime

    @property
    def key(self) -> tuple[UUID, UUID, datetime]:
        """Primary key of the period."""
        return self.budget_id, self.holder_id, self.since


@dataclass(frozen=True, slots=True)
class Use:
    """What is used in one period, and what running calls have reserved beside that."""

    used: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    overdraft: Decimal = Decimal(0)


NO_USE: Final = Use()


@dataclass(frozen=True, slots=True)
class Taken:
    """An amount that had room in its period; `total` is what is used and reserved since then."""

    place: Place
    total: Decimal
    is_warning_due: bool


_TAKE: Final = text(
    """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:budget_ids AS uuid[]), CAST(:holder_ids AS uuid[]), CAST(:sinces AS timestamptz[]),
                             CAST(:amounts AS numeric[])) AS w(budget_id, holder_id, since, amount)
    ), locked AS (
        SELECT budget_id, holder_id, since, wanted.amount
          FROM budget_periods p JOIN wanted USING (budget_id, holder_id, since)
         ORDER BY budget_id FOR UPDATE OF p
    ), taken AS (
        UPDATE budget_periods p
           SET used = p.used + CASE WHEN :is_final THEN locked.amount ELSE 0 END,
               reserved = p.reserved + CASE WHEN :is_final THEN 0 ELSE locked.amount END
          FROM locked JOIN budgets b ON b.id = locked.budget_id
         WHERE (p.budget_id, p.holder_id, p.since) = (locked.budget_id, locked.holder_id, locked.since)
           AND p.used + p.reserved + locked.amount <= b.amount + p.overdraft
           AND p.used + p.reserved < b.amount + p.overdraft
        RETURNING p.budget_id, p.holder_id, p.since, locked.amount, p.used + p.reserved AS total,
                  p.warned_at IS NULL AND p.used + p.reserved >= b.amount * b.warn_share AS is_warning_due
    ), kept AS (
        INSERT INTO budget_reservations (id, budget_id, holder_id, since, query_id, amount)
        SELECT :call_id, budget_id, holder_id, since, :query_id, amount FROM taken WHERE NOT :is_final
    )
    SELECT budget_id, total, is_warning_due FROM taken
    """
)
_GIVE_BACK: Final = text(
    """
    WITH held AS (
        DELETE FROM budget_reservations WHERE id = :call_id RETURNING budget_id, holder_id, since, amount
    )
    UPDATE budget_periods p SET reserved = p.reserved - held.amount
      FROM held WHERE (p.budget_id, p.holder_id, p.since) = (held.budget_id, held.holder_id, held.since)
    """
)
_SETTLE_LEFT: Final = text(
    """
    WITH gone AS (
        DELETE FROM budget_reservations r
         WHERE NOT EXISTS (SELECT FROM queries q WHERE q.id = r.query_id AND q.state IN ('queued', 'running'))
        RETURNING budget_id, holder_id, since, amount
    ), sums AS (
        SELECT budget_id, holder_id, since, sum(amount) AS amount FROM gone GROUP BY 1, 2, 3
    )
    UPDATE budget_periods p SET used = p.used + sums.amount, reserved = p.reserved - sums.amount
      FROM sums WHERE (p.budget_id, p.holder_id, p.since) = (sums.budget_id, sums.holder_id, sums.since)
    """
)


_OWNER: Final = bindparam("owner_id", type_=Uuid)
_COUNTING: Final = (
    select(Budget)
    .where(
        or_(
            Budget.scope.in_([BudgetScope.INSTALLATION, BudgetScope.EACH_USER]),
            and_(Budget.scope == BudgetScope.USER, Budget.subject_id == _OWNER),
            and_(
                Budget.scope == BudgetScope.ROLE,
                Budget.subject_id == select(User.role_id).where(User.id == _OWNER).scalar_subquery(),
            ),
            and_(
                Budget.scope == BudgetScope.GROUP,
                Budget.subject_id
                == select(func.coalesce(User.manager_id, User.id)).where(User.id == _OWNER).scalar_subquery(),
            ),
            and_(Budget.scope == BudgetScope.AGENT, Budget.subject_id == bindparam("agent_id", type_=Uuid)),
        )
    )
    .order_by(Budget.id)
)
"""Made once: every question asks it."""


async def counting_for(session: Session, owner_id: UUID, agent_id: UUID | None) -> Sequence[Budget]:
    """The budgets that a question of `owner_id` to an agent counts for, in one order for all who lock them.

    Without an agent those of agents are left out.
    """
    return (await session.scalars(_COUNTING, {"owner_id": owner_id, "agent_id": agent_id})).all()


async def begin(session: Session, budget: Budget, place: Place) -> None:
    """Sees to it that a period has begun, with what was used in it before the budget was made."""
    found = select(BudgetPeriod.budget_id).where(_at(place))
    if await session.scalar(found) is not None:
        return
    values = {
        "budget_id": place.budget_id,
        "holder_id": place.holder_id,
        "since": place.since,
        "until": place.until,
        "used": await _used_before(session, budget, place),
        "reserved": 0,
        "overdraft": 0,
    }
    await session.execute(insert(BudgetPeriod).values(values).on_conflict_do_nothing())


async def reserve(
    session: Session, call_id: UUID, query_id: UUID, amounts: Sequence[tuple[Place, Decimal]]
) -> Sequence[Taken]:
    """Keeps amounts for a call where there is room, in one statement; the others are missing from what it gives.

    Not even a call that costs nothing has room in a period that is used up.
    """
    return await _take(session, amounts, call_id=call_id, query_id=query_id)


async def use(session: Session, amounts: Sequence[tuple[Place, Decimal]]) -> Sequence[Taken]:
    """The same for what is used at once, as questions are."""
    return await _take(session, amounts, call_id=None, query_id=None)


async def give_back(session: Session, call_id: UUID) -> None:
    """Frees what a call that is not made has reserved."""
    await session.execute(_GIVE_BACK, {"call_id": call_id})


async def settle_left(session: Session) -> None:
    """Counts what calls have left reserved whose process died, once their query has ended: they may have been paid."""
    await session.execute(_SETTLE_LEFT)


async def uses(session: Session, places: Sequence[Place]) -> dict[tuple[UUID, UUID, datetime], Use]:
    """What is used and reserved in each period that has begun, by the key of its place."""
    if not places:
        return {}
    columns = tuple_(BudgetPeriod.budget_id, BudgetPeriod.holder_id, BudgetPeriod.since)
    rows = await session.scalars(select(BudgetPeriod).where(columns.in_([place.key for place in places])))
    return {(row.budget_id, row.holder_id, row.since): Use(row.used, row.reserved, row.overdraft) for row in rows.all()}


async def note_warning(session: Session, place: Place) -> bool:
    """Notes that it was said that the budget runs out; False when somebody else had said so."""
    statement = update(BudgetPeriod).where(_at(place), BudgetPeriod.warned_at.is_(None)).values(warned_at=func.now())
    return (await session.execute(statement.returning(BudgetPeriod.budget_id))).first() is not None


async def allow_overdraft(session: Session, budget: Budget, place: Place, amount: Decimal) -> None:
    """Lets a period go beyond the amount of its budget by `amount`, in place of what was allowed before."""
    await begin(session, budget, place)
    await session.execute(update(BudgetPeriod).where(_at(place)).values(overdraft=amount))


def visible_to(manager_id: UUID | None) -> Select[Budget]:
    """The budgets that an ADMIN (None) or a MASTER sees: those of its group, users, roles and their agents."""
    return select(Budget).where(_belongs_to(manager_id))


async def get(session: Session, manager_id: UUID | None, budget_id: UUID, *, lock: bool = False) -> Budget | None:
    """One budget."""
    statement = visible_to(manager_id).where(Budget.id == budget_id)
    found: Budget | None = await session.scalar(statement.with_for_update() if lock else statement)
    return found


async def page(session: Session, manager_id: UUID | None, request: PageRequest) -> Sequence[Budget]:
    """Up to `limit + 1` budgets, newest first."""
    statement = visible_to(manager_id).order_by(Budget.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Budget.id < request.before)
    return (await session.scalars(statement)).all()


async def save(session: Session, budget: Budget) -> None:
    """Stores a budget, new or changed."""
    session.add(budget)
    await session.flush()
    await session.refresh(budget, ["created_at", "updated_at"])


async def remove(session: Session, budget: Budget) -> None:
    """Removes a budget with what was used of it."""
    await session.delete(budget)


async def subject_exists(session: Session, scope: BudgetScope, subject_id: UUID, manager_id: UUID | None) -> bool:
    """Whether there is such a user, role, MASTER or agent; with `manager_id` among what that MASTER manages."""
    statement = _SUBJECTS[scope].where(_SUBJECT_IDS[scope] == subject_id)
    if manager_id is not None:
        statement = statement.where(User.manager_id == manager_id)
    return (await session.scalar(statement)) is not None


_ALIVE: Final = User.deleted_at.is_(None)
_SUBJECT_IDS: Final = {
    BudgetScope.USER: User.id,
    BudgetScope.GROUP: User.id,
    BudgetScope.ROLE: Role.id,
    BudgetScope.AGENT: Agent.id,
}
_SUBJECTS: Final[dict[BudgetScope, Select[UUID]]] = {
    BudgetScope.USER: select(User.id).where(_ALIVE),
    BudgetScope.GROUP: select(User.id).where(_ALIVE, User.kind == "MASTER"),
    BudgetScope.ROLE: select(Role.id),
    BudgetScope.AGENT: select(Agent.id).join(User, User.id == Agent.owner_id),
}


def _belongs_to(manager_id: UUID | None) -> ColumnElement[bool]:
    if manager_id is None:
        return true()
    managed = select(User.id).where(or_(User.manager_id == manager_id, User.id == manager_id))
    roles = select(Role.id).where(Role.owner_id == manager_id)
    agents = select(Agent.id).where(Agent.owner_id.in_(managed))
    return or_(
        and_(Budget.scope.in_([BudgetScope.USER, BudgetScope.GROUP]), Budget.subject_id.in_(managed)),
        and_(Budget.scope == BudgetScope.ROLE, Budget.subject_id.in_(roles)),
        and_(Budget.scope == BudgetScope.AGENT, Budget.subject_id.in_(agents)),
    )


def _at(place: Place) -> ColumnElement[bool]:
    return and_(
        BudgetPeriod.budget_id == place.budget_id,
        BudgetPeriod.holder_id == place.holder_id,
        BudgetPeriod.since == place.since,
    )


async def _take(
    session: Session, amounts: Sequence[tuple[Place, Decimal]], *, call_id: UUID | None, query_id: UUID | None
) -> Sequence[Taken]:
    parameters = {
        "budget_ids": [place.budget_id for place, _ in amounts],
        "holder_ids": [place.holder_id for place, _ in amounts],
        "sinces": [place.since for place, _ in amounts],
        "amounts": [amount for _, amount in amounts],
        "is_final": call_id is None,
        "call_id": call_id,
        "query_id": query_id,
    }
    places = {place.budget_id: place for place, _ in amounts}
    rows = await session.execute(_TAKE, parameters)
    return [Taken(places[row.budget_id], row.total, row.is_warning_due) for row in rows]


async def _used_before(session: Session, budget: Budget, place: Place) -> Decimal:
    if budget.unit == BudgetUnit.QUESTIONS:
        statement = select(func.count()).select_from(Query).join(User, User.id == Query.owner_id)
        statement = statement.where(_asked_for(budget, place), Query.created_at >= place.since)
        return Decimal(await session.scalar(statement) or 0)
    tokens = UsageRecord.tokens_in + UsageRecord.tokens_out
    counted = func.sum(UsageRecord.price_usd if budget.unit == BudgetUnit.USD else tokens)
    spent = select(func.coalesce(counted, 0)).where(_called_for(budget, place), UsageRecord.created_at >= place.since)
    return Decimal(await session.scalar(spent) or 0)


def _asked_for(budget: Budget, place: Place) -> ColumnElement[bool]:
    conditions: dict[str, ColumnElement[bool]] = {
        BudgetScope.USER: Query.owner_id == budget.subject_id,
        BudgetScope.EACH_USER: Query.owner_id == place.holder_id,
        BudgetScope.AGENT: Query.agent_id == budget.subject_id,
        BudgetScope.ROLE: User.role_id == budget.subject_id,
        BudgetScope.GROUP: or_(User.manager_id == budget.subject_id, User.id == budget.subject_id),
    }
    return conditions.get(budget.scope, true())


def _called_for(budget: Budget, place: Place) -> ColumnElement[bool]:
    conditions: dict[str, ColumnElement[bool]] = {
        BudgetScope.USER: UsageRecord.owner_id == budget.subject_id,
        BudgetScope.EACH_USER: UsageRecord.owner_id == place.holder_id,
        BudgetScope.AGENT: UsageRecord.agent_id == budget.subject_id,
        BudgetScope.ROLE: UsageRecord.role_id == budget.subject_id,
        BudgetScope.GROUP: UsageRecord.group_id == budget.subject_id,
    }
    return conditions.get(budget.scope, true())
