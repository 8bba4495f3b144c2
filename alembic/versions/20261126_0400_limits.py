"""Limits: an index for the questions that are open."""

from alembic import op

revision = "20261126_0400"
down_revision = "20261125_2355"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_index("ix_queries_open", "queries", ["owner_id"], postgresql_where="state IN ('queued', 'running')")


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_queries_open", "queries")
