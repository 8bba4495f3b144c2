"""Agents may have queries compared where the first is in doubt."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1550"
down_revision = "20261130_1541"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column("agents", sa.Column("candidates", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("agents", "candidates", server_default=None)


def downgrade() -> None:
    """Takes the change back."""
    op.drop_column("agents", "candidates")
