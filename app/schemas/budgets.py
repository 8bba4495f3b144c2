"""Shapes of budgets."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.budgets import BudgetScope, BudgetState, BudgetUnit
from app.core.periods import Period
from app.schemas.common import RequestModel, ResponseModel
from app.schemas.queries import Usd

Amount = Annotated[Decimal, Field(ge=0, lt=10**9, decimal_places=10)]
Share = Annotated[Decimal, Field(gt=0, le=1, decimal_places=3)]
Plain = Usd
"""A number as decimal text: dollars, tokens or questions."""


class BudgetUpdate(RequestModel):
    """How much may be spent."""

    amount: Amount
    """In any one period: US dollars, tokens or questions."""
    warn_share: Share = Decimal("0.8")
    """The part of it from which on it is said that the budget runs out."""


class BudgetCreate(BudgetUpdate):
    """A new budget."""

    scope: BudgetScope
    subject_id: UUID | None = None
    """The user, role, MASTER (of a group) or agent; null for the installation and for each user."""
    unit: BudgetUnit
    period: Period
    time_zone: Annotated[str, Field(max_length=60)] = "UTC"
    """IANA name: at whose midnight a period begins."""


class OverdraftWrite(RequestModel):
    """What may be used beyond a budget in its present period."""

    amount: Amount
    """In place of what was allowed before; 0 takes it back."""


class OwnBudgetRead(ResponseModel):
    """A budget that one's questions count for, in its present period."""

    id: UUID
    scope: BudgetScope
    unit: BudgetUnit
    period: Period
    time_zone: str
    amount: Plain
    overdraft: Plain
    """Allowed beyond `amount` by an administrator, in this period."""
    used: Plain
    reserved: Plain
    """For model calls that are under way."""
    state: BudgetState
    since: datetime
    until: datetime


class BudgetRead(OwnBudgetRead):
    """A budget in its present period; of one of each user, `used` is not told."""

    subject_id: UUID | None
    warn_share: Plain
    created_by: UUID
    created_at: datetime
    updated_at: datetime
