"""Exchanges keep the sources of others that they rest on, so that search finds them while those are shared."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1217"
down_revision = "20261130_1212"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.add_column("exchanges", sa.Column("borrowed", postgresql.ARRAY(sa.Text()), nullable=True))
    op.execute("UPDATE exchanges SET borrowed = q.borrowed FROM queries q WHERE q.id = exchanges.query_id")


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("exchanges", "borrowed")
