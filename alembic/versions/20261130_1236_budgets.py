"""Budgets, what is used of them, and what running calls have reserved."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1236"
down_revision = "20261130_1226"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
AMOUNT = sa.Numeric(precision=20, scale=10)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "budgets",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.Column("warn_share", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("updated_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_budgets_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index("ix_budgets_subject_id", "budgets", ["subject_id"])
    op.create_table(
        "budget_periods",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("used", AMOUNT, nullable=False),
        sa.Column("reserved", AMOUNT, nullable=False),
        sa.Column("overdraft", AMOUNT, nullable=False),
        sa.Column("warned_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name=op.f("fk_budget_periods_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "holder_id", "since", name=op.f("pk_budget_periods")),
    )
    op.create_table(
        "budget_reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("amount", AMOUNT, nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id", "holder_id", "since"],
            ["budget_periods.budget_id", "budget_periods.holder_id", "budget_periods.since"],
            name=op.f("fk_budget_reservations_budget_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", "budget_id", name=op.f("pk_budget_reservations")),
    )
    op.create_index("ix_budget_reservations_period", "budget_reservations", ["budget_id", "holder_id", "since"])
    op.create_index("ix_budget_reservations_query_id", "budget_reservations", ["query_id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("budget_reservations")
    op.drop_table("budget_periods")
    op.drop_table("budgets")
