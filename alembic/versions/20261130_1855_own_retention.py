"""People say for themselves how long their conversations are kept, within what the installation allows."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1855"
down_revision = "20261130_1837"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column("users", sa.Column("session_retention_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("users", "session_retention_days")
