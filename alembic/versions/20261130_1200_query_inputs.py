"""Questions back: what a query asks its owner, and what was replied."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1200"
down_revision = "20261130_1157"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column("queries", sa.Column("input_request", postgresql.JSONB(), nullable=True))
    op.add_column("queries", sa.Column("inputs", postgresql.JSONB(), nullable=True))
    op.create_index(
        "ix_queries_needs_input", "queries", ["started_at"], postgresql_where=sa.text("state = 'needs_input'")
    )


def downgrade() -> None:
    """Takes the change back; questions that wait for input have failed then."""
    op.execute("UPDATE queries SET state = 'failed', finished_at = now() WHERE state = 'needs_input'")
    op.drop_index("ix_queries_needs_input", table_name="queries")
    op.drop_column("queries", "inputs")
    op.drop_column("queries", "input_request")
