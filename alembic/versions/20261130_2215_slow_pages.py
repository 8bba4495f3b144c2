"""Pages over millions of rows: the slowest questions by the day, and audited events by action and by how they ended."""

from alembic import op

revision = "20261130_2215"
down_revision = "20261130_2150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.execute(
        "CREATE INDEX ix_queries_slowest ON queries"
        " (CAST(timezone('UTC', finished_at) AS date), (finished_at - started_at))"
        " WHERE finished_at IS NOT NULL AND started_at IS NOT NULL"
    )
    op.drop_index("ix_queries_finished_at", table_name="queries")
    op.create_index("ix_audit_events_action_id", "audit_events", ["action", "id"])
    op.create_index("ix_audit_events_outcome_id", "audit_events", ["outcome", "id"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_audit_events_outcome_id", table_name="audit_events")
    op.drop_index("ix_audit_events_action_id", table_name="audit_events")
    op.create_index("ix_queries_finished_at", "queries", ["finished_at"], postgresql_where="finished_at IS NOT NULL")
    op.drop_index("ix_queries_slowest", table_name="queries")
