"""The graph over vectors is built with more candidates: among questions that are nearly the same it had islands."""

from alembic import op

revision = "20261130_1920"
down_revision = "20261130_1917"
branch_labels = None
depends_on = None

INDEX = "CREATE INDEX ix_exchanges_vector ON exchanges USING hnsw (vector halfvec_cosine_ops)"


def upgrade() -> None:
    """Applies the change; search by meaning compares all vectors of its owner until the index is there."""
    op.execute("DROP INDEX ix_exchanges_vector")
    op.execute(f"{INDEX} WITH (m = 16, ef_construction = 200)")


def downgrade() -> None:
    """Takes it back."""
    op.execute("DROP INDEX ix_exchanges_vector")
    op.execute(INDEX)
