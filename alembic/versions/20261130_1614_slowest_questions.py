"""The slowest questions of a day are found by when they ended, without reading all that were ever asked."""

from alembic import op

revision = "20261130_1614"
down_revision = "20261130_1556"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_index("ix_queries_finished_at", "queries", ["finished_at"], postgresql_where="finished_at IS NOT NULL")


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_queries_finished_at", table_name="queries")
