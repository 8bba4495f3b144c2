"""Costs by the hour: calls that are alike are summed once, so that a page over all time reads hours and not calls."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1825"
down_revision = "20261130_1614"
branch_labels = None
depends_on = None

COUNTS = ("calls", "unanswered", "tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning", "without_price")


def upgrade() -> None:
    """Applies the change. Calls that are there already are summed by the scheduler, a part at a time."""
    op.add_column("usage_records", sa.Column("opens", sa.SmallInteger(), nullable=True))
    op.create_index("ix_usage_records_not_summed", "usage_records", ["id"], postgresql_where="opens IS NULL")
    op.create_table(
        "usage_hours",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("group_id", "role_id", "agent_id")),
        sa.Column("source_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("node", sa.String(length=50), nullable=False),
        sa.Column("opens", sa.SmallInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.Column("cost_usd", sa.Numeric(30, 10), nullable=False),
        sa.Column("latency_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_hours")),
    )
    op.create_index("ix_usage_hours_hour", "usage_hours", ["hour"])
    op.create_index("ix_usage_hours_owner_id_hour", "usage_hours", ["owner_id", "hour"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("usage_hours")
    op.drop_index("ix_usage_records_not_summed", table_name="usage_records")
    op.drop_column("usage_records", "opens")
