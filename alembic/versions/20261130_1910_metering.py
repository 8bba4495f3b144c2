"""Work beside model calls, metered by person and day: statements, reading of files, storage."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1910"
down_revision = "20261130_1905"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "metered_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("work", sa.String(length=16), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "owner_id", "work", name=op.f("pk_metered_days")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("metered_days")
