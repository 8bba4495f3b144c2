"""Pages over millions of rows: audited events by action and by how they ended."""

from alembic import op

revision = "20261130_2215"
down_revision = "20261130_2150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.drop_index("ix_queries_finished_at", table_name="queries")
    op.create_index("ix_audit_events_action_id", "audit_events", ["action", "id"])
    op.create_index("ix_audit_events_outcome_id", "audit_events", ["outcome", "id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_audit_events_outcome_id", table_name="audit_events")
    op.drop_index("ix_audit_events_action_id", table_name="audit_events")
    op.create_index("ix_queries_finished_at", "queries", ["finished_at"], postgresql_where="finished_at IS NOT NULL")
