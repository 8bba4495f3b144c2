"""Agents may keep a redacted trace of each question."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1950"
down_revision = "20261130_1920"
branch_labels = None
depends_on = None

OWNED = "EXISTS (SELECT FROM queries o WHERE o.id = query_traces.query_id)"
"""Whoever sees the query, by the policy on that."""


def upgrade() -> None:
    """Applies the change."""
    op.add_column("agents", sa.Column("debug", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("agents", "debug", server_default=None)
    op.create_table(
        "query_traces",
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("steps", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_query_traces_query_id_queries"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("query_id", name=op.f("pk_query_traces")),
    )
    op.execute("ALTER TABLE query_traces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY owner ON query_traces USING ({OWNED})")


def downgrade() -> None:
    """Takes the change back."""
    op.drop_table("query_traces")
    op.drop_column("agents", "debug")
