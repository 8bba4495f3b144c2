"""Budgets in the system database: which count for a question, what is used of them, and what is reserved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, and_, delete, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.core.budgets import BudgetScope, BudgetUnit
from app.core.db import Session
from app.core.pagination import PageRequest
from app.models import (
    FINAL_STATES,
    Agent,
    Budget,
    BudgetPeriod,
    BudgetReservation,
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

    used: Decimal
    reserved: Decimal
    overdraft: Decimal
    is_warned: bool


NO_USE: Final = Use(Decimal(0), Decimal(0), Decimal(0), is_warned=False)


async def counting_for(session: Session, owner_id: UUID, agent_id: UUID | None) -> Sequence[Budget]:
    """The budgets that a question of `owner_id` to an agent counts for, in one order for all who lock them.

    Without an agent those of agents are left out.
    """
    group = select(func.coalesce(User.manager_id, User.id)).where(User.id == owner_id).scalar_subquery()
    role = select(User.role_id).where(User.id == owner_id).scalar_subquery()
    statement = select(Budget).where(
        or_(
            Budget.scope.in_([BudgetScope.INSTALLATION, BudgetScope.EACH_USER]),
            and_(Budget.scope == BudgetScope.USER, Budget.subject_id == owner_id),
            and_(Budget.scope == BudgetScope.ROLE, Budget.subject_id == role),
            and_(Budget.scope == BudgetScope.GROUP, Budget.subject_id == group),
            and_(Budget.scope == BudgetScope.AGENT, Budget.subject_id == agent_id),
        )
    )
    return (await session.scalars(statement.order_by(Budget.id))).all()


async def lock_use(session: Session, budget: Budget, place: Place) -> Use:
    """What is used and reserved of `budget` in a period, which nobody else changes until the transaction ends."""
    row = await _locked(session, place)
    if row is None:
        await _begin(session, budget, place)
        row = await _locked(session, place)
    reserved = await _reserved(session, [place])
    if row is None:
        return NO_USE
    return Use(row.used, reserved.get(place.key, Decimal(0)), row.overdraft, is_warned=row.warned_at is not None)


async def uses(session: Session, places: Sequence[Place]) -> dict[tuple[UUID, UUID, datetime], Use]:
    """What is used and reserved in each period that has begun, by the key of its place."""
    if not places:
        return {}
    keys = [place.key for place in places]
    columns = tuple_(BudgetPeriod.budget_id, BudgetPeriod.holder_id, BudgetPeriod.since)
    rows = (await session.scalars(select(BudgetPeriod).where(columns.in_(keys)))).all()
    reserved = await _reserved(session, places)
    found = {}
    for row in rows:
        key = (row.budget_id, row.holder_id, row.since)
        found[key] = Use(row.used, reserved.get(key, Decimal(0)), row.overdraft, is_warned=row.warned_at is not None)
    return found


async def reserve(session: Session, call_id: UUID, query_id: UUID, amounts: Sequence[tuple[Place, Decimal]]) -> None:
    """Keeps `amounts` for a call; the periods are locked."""
    values = [
        {
            "id": call_id,
            "budget_id": place.budget_id,
            "holder_id": place.holder_id,
            "since": place.since,
            "query_id": query_id,
            "amount": amount,
        }
        for place, amount in amounts
    ]
    await session.execute(insert(BudgetReservation).values(values))


async def settle(session: Session, call_id: UUID, amounts: Iterable[tuple[Place, Decimal]]) -> None:
    """Turns what a call reserved into what it used."""
    for place, amount in amounts:
        await add_use(session, place, amount)
    await session.execute(delete(BudgetReservation).where(BudgetReservation.id == call_id))


async def add_use(session: Session, place: Place, amount: Decimal) -> None:
    """Counts `amount` as used."""
    await session.execute(_period(place).values(used=BudgetPeriod.used + amount))


async def note_warning(session: Session, place: Place) -> None:
    """Notes that it was said that the budget runs out."""
    await session.execute(_period(place).values(warned_at=func.now()))


async def allow_overdraft(session: Session, budget: Budget, place: Place, amount: Decimal) -> None:
    """Lets a period go beyond the amount of its budget by `amount`, in place of what was allowed before."""
    await lock_use(session, budget, place)
    await session.execute(_period(place).values(overdraft=amount))


async def forget_reservations(session: Session) -> None:
    """Removes what calls of ended queries have left reserved: their process died before they were settled."""
    ended = select(Query.id).where(Query.state.in_([state.value for state in FINAL_STATES]))
    await session.execute(delete(BudgetReservation).where(BudgetReservation.query_id.in_(ended)))


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


def _period(place: Place) -> Update:
    return update(BudgetPeriod).where(
        BudgetPeriod.budget_id == place.budget_id,
        BudgetPeriod.holder_id == place.holder_id,
        BudgetPeriod.since == place.since,
    )


async def _locked(session: Session, place: Place) -> BudgetPeriod | None:
    statement = (
        select(BudgetPeriod)
        .where(
            BudgetPeriod.budget_id == place.budget_id,
            BudgetPeriod.holder_id == place.holder_id,
            BudgetPeriod.since == place.since,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: BudgetPeriod | None = await session.scalar(statement)
    return found


async def _begin(session: Session, budget: Budget, place: Place) -> None:
    """Begins a period with what was used in it before the budget was made."""
    values = {
        "budget_id": place.budget_id,
        "holder_id": place.holder_id,
        "since": place.since,
        "until": place.until,
        "used": await _used_before(session, budget, place),
        "overdraft": 0,
    }
    await session.execute(insert(BudgetPeriod).values(values).on_conflict_do_nothing())


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


async def _reserved(session: Session, places: Sequence[Place]) -> dict[tuple[UUID, UUID, datetime], Decimal]:
    columns = (BudgetReservation.budget_id, BudgetReservation.holder_id, BudgetReservation.since)
    is_open = Query.state.not_in([state.value for state in FINAL_STATES])
    statement = (
        select(*columns, func.sum(BudgetReservation.amount).label("amount"))
        .join(Query, Query.id == BudgetReservation.query_id)
        .where(tuple_(*columns).in_([place.key for place in places]), is_open)
        .group_by(*columns)
    )
    return {(row.budget_id, row.holder_id, row.since): row.amount for row in await session.execute(statement)}
