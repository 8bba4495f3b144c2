"""The trace in which a job was made, so that whoever works on it goes on with it."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1541"
down_revision = "20261130_1540"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    # Every transaction tells its trace as `agentgraph.traceparent`: whatever adds a job need not know of it.
    default = sa.text("coalesce(current_setting('agentgraph.traceparent', true), '')")
    op.add_column("jobs", sa.Column("traceparent", sa.String(length=55), server_default=default, nullable=False))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("jobs", "traceparent")
