"""What processes measure, by hour and in all, and their heartbeats."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1305"
down_revision = "20261130_1259"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _tally() -> list[sa.Column[object]]:
    return [
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("total_s", sa.Double(), nullable=False),
        sa.Column("classes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
    ]


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "measure_hours",
        *_tally(),
        sa.Column("hour", TIME, nullable=False),
        sa.PrimaryKeyConstraint("measure", "key", "hour", name=op.f("pk_measure_hours")),
    )
    op.create_table(
        "measure_totals", *_tally(), sa.PrimaryKeyConstraint("measure", "key", name=op.f("pk_measure_totals"))
    )
    op.create_table(
        "process_heartbeats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_heartbeats")),
    )


def downgrade() -> None:
    """Takes it back."""
    for table in ("process_heartbeats", "measure_totals", "measure_hours"):
        op.drop_table(table)
