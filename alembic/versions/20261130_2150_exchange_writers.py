"""Rows of the search index are changed by their owner alone; who may read them is said by the search itself."""

from alembic import op

revision = "20261130_2150"
down_revision = "20261130_1950"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.execute("ALTER TABLE exchanges ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY writer ON exchanges USING (agentgraph_sees(owner_id))")
    # Always true, which the planner drops: a condition on the row would be evaluated before the indexes of words and
    # letters may be used, because their operators are not leakproof.
    op.execute("CREATE POLICY reader ON exchanges FOR SELECT USING (true)")


def downgrade() -> None:
    """Takes it back."""
    op.execute("DROP POLICY reader ON exchanges")
    op.execute("DROP POLICY writer ON exchanges")
    op.execute("ALTER TABLE exchanges NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
