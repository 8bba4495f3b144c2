"""Budgets: setting them, seeing how far they are used, and letting one be overdrawn."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.core.actor import Actor
from app.core.budgets import BudgetScope, BudgetState
from app.core.db import Session
from app.core.errors import NotFound, ValidationFailed
from app.core.errors.people import NotYours
from app.core.i18n import Text
from app.core.pagination import Page, PageRequest, page_of
from app.core.periods import zone_of
from app.core.permissions import UserKind
from app.models import AuditAction, Budget
from app.repositories import budgets
from app.repositories.budgets import NO_USE, Use
from app.schemas.budgets import BudgetCreate, BudgetRead, BudgetUpdate, OverdraftWrite, OwnBudgetRead
from app.services.audit.audit import record
from app.services.costs.spending import place_of, plain

_WITHOUT_SUBJECT: Final = frozenset({BudgetScope.INSTALLATION, BudgetScope.EACH_USER})
_NO_SUBJECT = Text(
    en="There is no {scope} {subject_id} that you manage.", pt="Não existe {scope} {subject_id} que você administre."
)
_OF_EACH = Text(
    en="A budget of each user is not overdrawn as a whole: set a budget for the one user.",
    pt="Um orçamento de cada usuário não se excede por inteiro: defina um orçamento para o usuário.",
)
_NEEDLESS = Text(en="A budget of this scope has no subject.", pt="Um orçamento deste escopo não tem objeto.")


async def create(session: Session, actor: Actor, wanted: BudgetCreate) -> BudgetRead:
    """Makes a budget: an ADMIN's of anything, a MASTER's of one of its users. Raises ValidationFailed, NotYours."""
    zone_of(wanted.time_zone)
    await _require_subject(session, actor, wanted)
    budget = Budget(
        scope=wanted.scope.value,
        subject_id=wanted.subject_id,
        unit=wanted.unit.value,
        period=wanted.period.value,
        time_zone=wanted.time_zone,
        amount=wanted.amount,
        warn_share=wanted.warn_share,
        created_by=actor.user_id,
    )
    await budgets.save(session, budget)
    await record(session, actor, AuditAction.BUDGET_CREATED, "budget", budget.id, after=_noted(budget))
    return await _shown(session, budget)


async def read(session: Session, actor: Actor, budget_id: UUID) -> BudgetRead:
    """One budget that the actor may see. Raises NotFound."""
    return await _shown(session, await _visible(session, actor, budget_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[BudgetRead]:
    """Budgets, newest first: all for an ADMIN, else those of the MASTER's group, users, roles and their agents."""
    rows = await budgets.page(session, _manager(actor), request)
    return page_of(await _all_shown(session, rows), request)


async def list_own(session: Session, actor: Actor) -> list[OwnBudgetRead]:
    """The budgets that the actor's questions count for, those of agents apart, as far as they are used."""
    counting = await budgets.counting_for(session, actor.user_id, None)
    places = [place_of(budget, actor.user_id) for budget in counting]
    found = await budgets.uses(session, places)
    return [
        OwnBudgetRead.model_validate(_fields(budget, found.get(place.key, NO_USE), actor.user_id))
        for budget, place in zip(counting, places, strict=True)
    ]


async def update(session: Session, actor: Actor, budget_id: UUID, wanted: BudgetUpdate) -> BudgetRead:
    """Sets another amount, which counts at once. Raises NotFound, NotYours."""
    budget = await _changeable(session, actor, budget_id)
    before = _noted(budget)
    budget.amount, budget.warn_share = wanted.amount, wanted.warn_share
    await budgets.save(session, budget)
    after = _noted(budget)
    await record(session, actor, AuditAction.BUDGET_CHANGED, "budget", budget.id, before=before, after=after)
    return await _shown(session, budget)


async def delete(session: Session, actor: Actor, budget_id: UUID) -> None:
    """Removes a budget. Raises NotFound, NotYours."""
    budget = await _changeable(session, actor, budget_id)
    await budgets.remove(session, budget)
    await record(session, actor, AuditAction.BUDGET_DELETED, "budget", budget.id, before=_noted(budget))


async def overdraw(session: Session, actor: Actor, budget_id: UUID, wanted: OverdraftWrite) -> BudgetRead:
    """Lets a budget be overdrawn in its present period; of one of each user, set a budget of that user instead.

    Raises NotFound, ValidationFailed.
    """
    budget = await _visible(session, actor, budget_id)
    if budget.scope == BudgetScope.EACH_USER:
        raise ValidationFailed(_OF_EACH, pointer="/amount")
    place = place_of(budget, None)
    await budgets.allow_overdraft(session, budget, place, wanted.amount)
    after = {"since": place.since.isoformat(), "overdraft": plain(wanted.amount)}
    await record(session, actor, AuditAction.BUDGET_OVERDRAWN, "budget", budget.id, after=after)
    return await _shown(session, budget)


async def _require_subject(session: Session, actor: Actor, wanted: BudgetCreate) -> None:
    manager_id = _manager(actor)
    if manager_id is not None and wanted.scope is not BudgetScope.USER:
        raise NotYours
    if wanted.scope in _WITHOUT_SUBJECT:
        if wanted.subject_id is not None:
            raise ValidationFailed(_NEEDLESS, pointer="/subject_id")
        return
    subject_id = wanted.subject_id
    if subject_id is None or not await budgets.subject_exists(session, wanted.scope, subject_id, manager_id):
        raise ValidationFailed(_NO_SUBJECT, pointer="/subject_id", scope=wanted.scope.value, subject_id=str(subject_id))


async def _visible(session: Session, actor: Actor, budget_id: UUID, *, lock: bool = False) -> Budget:
    budget = await budgets.get(session, _manager(actor), budget_id, lock=lock)
    if budget is None:
        raise NotFound
    return budget


async def _changeable(session: Session, actor: Actor, budget_id: UUID) -> Budget:
    budget = await _visible(session, actor, budget_id, lock=True)
    if actor.kind is not UserKind.ADMIN and budget.created_by != actor.user_id:
        raise NotYours
    return budget


def _manager(actor: Actor) -> UUID | None:
    return None if actor.kind is UserKind.ADMIN else actor.user_id


async def _shown(session: Session, budget: Budget) -> BudgetRead:
    (shown,) = await _all_shown(session, [budget])
    return shown


async def _all_shown(session: Session, rows: Sequence[Budget]) -> list[BudgetRead]:
    places = [place_of(budget, None) for budget in rows]
    found = await budgets.uses(session, places)
    return [
        BudgetRead.model_validate(
            {
                **_fields(budget, found.get(place.key, NO_USE), None),
                "subject_id": budget.subject_id,
                "warn_share": budget.warn_share,
                "created_by": budget.created_by,
                "created_at": budget.created_at,
                "updated_at": budget.updated_at,
            }
        )
        for budget, place in zip(rows, places, strict=True)
    ]


def _fields(budget: Budget, use: Use, owner_id: UUID | None) -> dict[str, object]:
    place, limit = place_of(budget, owner_id), budget.amount + use.overdraft
    state = BudgetState.OPEN
    if use.used >= limit:
        state = BudgetState.EXHAUSTED
    elif use.used >= budget.amount * budget.warn_share:
        state = BudgetState.WARNING
    return {
        "id": budget.id,
        "scope": budget.scope,
        "unit": budget.unit,
        "period": budget.period,
        "time_zone": budget.time_zone,
        "amount": budget.amount,
        "overdraft": use.overdraft,
        "used": use.used,
        "reserved": use.reserved,
        "state": state,
        "since": place.since,
        "until": place.until,
    }


def _noted(budget: Budget) -> dict[str, object]:
    return {
        "scope": budget.scope,
        "subject_id": None if budget.subject_id is None else str(budget.subject_id),
        "unit": budget.unit,
        "period": budget.period,
        "time_zone": budget.time_zone,
        "amount": plain(budget.amount),
        "warn_share": plain(budget.warn_share),
    }
