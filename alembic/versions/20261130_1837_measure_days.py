"""Measures by the day: performance over months is read from a row a day and not from one an hour."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1837"
down_revision = "20261130_1835"
branch_labels = None
depends_on = None

CLASSES = ", ".join(f"sum(classes[{place}])" for place in range(1, 31))
FILL = f"""
    INSERT INTO measure_days (measure, key, count, failures, total_s, classes, day)
    SELECT measure, key, sum(count), sum(failures), sum(total_s), ARRAY[{CLASSES}]::bigint[],
           date_trunc('day', hour, 'UTC')
      FROM measure_hours GROUP BY measure, key, date_trunc('day', hour, 'UTC')
"""  # noqa: S608  (put together from constants)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "measure_days",
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("total_s", sa.Float(), nullable=False),
        sa.Column("classes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("measure", "key", "day", name=op.f("pk_measure_days")),
    )
    op.execute(FILL)


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("measure_days")
