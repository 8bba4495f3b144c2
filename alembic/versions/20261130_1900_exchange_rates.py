"""Rates at which costs are shown in other currencies."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1900"
down_revision = "20261130_1855"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "exchange_rates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("per_usd", sa.Numeric(20, 10), nullable=False),
        sa.Column("effective_from", TIME, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_exchange_rates_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rates")),
    )
    op.create_index("ix_exchange_rates_currency_effective_from", "exchange_rates", ["currency", "effective_from"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("exchange_rates")
