"""Budgets: how much may be spent in a period, how much of it is, and what running calls have reserved."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Numeric, String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified

AMOUNT = Numeric(20, 10)


class Budget(Identified, Base):
    """How much may be spent in any one period."""

    __tablename__ = "budgets"
    __table_args__ = (Index("ix_budgets_subject_id", "subject_id"),)

    scope: Mapped[str] = mapped_column(String(16))
    """`app.core.budgets.BudgetScope`."""
    subject_id: Mapped[UUID | None]
    """The user, role, MASTER or agent; NULL for the installation and for each user."""
    unit: Mapped[str] = mapped_column(String(16))
    """`app.core.budgets.BudgetUnit`."""
    period: Mapped[str] = mapped_column(String(16))
    """`app.core.periods.Period`."""
    time_zone: Mapped[str] = mapped_column(String(60))
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    warn_share: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    """The part of `amount` from which on it is said that the budget runs out."""
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class BudgetPeriod(Base):
    """What was used of a budget in one period; whoever adds to it holds the row."""

    __tablename__ = "budget_periods"

    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The user, of a budget of each user; else the budget itself."""
    since: Mapped[datetime] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    used: Mapped[Decimal] = mapped_column(AMOUNT)
    reserved: Mapped[Decimal] = mapped_column(AMOUNT)
    """Sum of its reservations."""
    overdraft: Mapped[Decimal] = mapped_column(AMOUNT)
    """What an ADMIN allowed beyond the amount, in this period alone."""
    warned_at: Mapped[datetime | None]


class BudgetReservation(Base):
    """What a model call under way may cost. One whose process died is settled as it is, once its query has ended."""

    __tablename__ = "budget_reservations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["budget_id", "holder_id", "since"],
            ["budget_periods.budget_id", "budget_periods.holder_id", "budget_periods.since"],
            ondelete="CASCADE",
            name="fk_budget_reservations_budget_id",
        ),
        Index("ix_budget_reservations_period", "budget_id", "holder_id", "since"),
        Index("ix_budget_reservations_query_id", "query_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of the call; one that counts for several budgets has a row for each."""
    budget_id: Mapped[UUID] = mapped_column(primary_key=True)
    holder_id: Mapped[UUID]
    since: Mapped[datetime]
    query_id: Mapped[UUID]
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
