"""Connections may name a schema in which their owner lets tables be made of answers."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1540"
down_revision = "20261130_1510"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column("databases", sa.Column("write_schema", sa.String(length=128), nullable=True))


def downgrade() -> None:
    """Takes the change back."""
    op.drop_column("databases", "write_schema")
