"""Search reads its indexes again: under a policy every search went through all rows."""

from alembic import op

revision = "20261130_1905"
down_revision = "20261130_1900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.execute("DROP POLICY owner ON exchanges")
    op.execute("ALTER TABLE exchanges NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Takes it back."""
    op.execute("ALTER TABLE exchanges ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner ON exchanges USING (agentgraph_sees(owner_id))")
