"""Routes for budgets: how much questions may cost."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import ValidationFailed
from app.core.errors.people import NotYours
from app.core.permissions import Permission
from app.schemas.budgets import BudgetCreate, BudgetRead, BudgetUpdate, OverdraftWrite, OwnBudgetRead
from app.schemas.common import PageRead
from app.services.costs import budgets

router = APIRouter(tags=["costs"])

Reader = Annotated[Actor, Depends(requires(Permission.BUDGETS_READ))]
Writer = Annotated[Actor, Depends(requires(Permission.BUDGETS_UPDATE))]


@router.get("/admin/budgets")
async def list_budgets(actor: Reader, session: SessionDep, page: PageDep) -> PageRead[BudgetRead]:
    """Budgets with what is used of them now, newest first: all for an ADMIN, for a MASTER those of its people."""
    return PageRead[BudgetRead].model_validate(await budgets.list_page(session, actor, page))


@router.post("/admin/budgets", status_code=status.HTTP_201_CREATED, responses=problems(ValidationFailed, NotYours))
async def create_budget(actor: Writer, body: BudgetCreate, session: SessionDep) -> BudgetRead:
    """Limits what questions may cost in a day, week or month: in dollars, tokens or questions.

    An ADMIN sets any, a MASTER those of its own users. What was used earlier in the period counts.
    Calls of a model without a known price count for tokens, not for dollars.
    """
    return await budgets.create(session, actor, body)


@router.get("/admin/budgets/{budget_id}")
async def read_budget(actor: Reader, budget_id: UUID, session: SessionDep) -> BudgetRead:
    """One budget with what is used of it now."""
    return await budgets.read(session, actor, budget_id)


@router.put("/admin/budgets/{budget_id}", responses=problems(NotYours))
async def update_budget(actor: Writer, budget_id: UUID, body: BudgetUpdate, session: SessionDep) -> BudgetRead:
    """Sets another amount, which counts from the next call on; a MASTER changes only what it set itself."""
    return await budgets.update(session, actor, budget_id, body)


@router.delete("/admin/budgets/{budget_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotYours))
async def delete_budget(actor: Writer, budget_id: UUID, session: SessionDep) -> None:
    """Removes a budget; a MASTER removes only what it set itself."""
    await budgets.delete(session, actor, budget_id)


@router.put("/admin/budgets/{budget_id}/overdraft")
async def overdraw_budget(
    actor: Annotated[Actor, Depends(requires(Permission.BUDGETS_OVERDRAW))],
    budget_id: UUID,
    body: OverdraftWrite,
    session: SessionDep,
) -> BudgetRead:
    """Allows more than the amount in the present period alone; noted in the audit log."""
    return await budgets.overdraw(session, actor, budget_id, body)


@router.get("/users/me/budgets")
async def list_own_budgets(
    actor: Annotated[Actor, Depends(requires(Permission.USAGE_READ))], session: SessionDep
) -> list[OwnBudgetRead]:
    """The budgets that one's questions count for, and what is left; those of single agents are not among them."""
    return await budgets.list_own(session, actor)
