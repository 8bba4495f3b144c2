"""The older part of a conversation is told as a summary, which is made once and kept with what it cost."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from alembic import op

revision = "20261130_1835"
down_revision = "20261130_1825"
branch_labels = None
depends_on = None

OWNED = """
EXISTS (SELECT FROM sessions s WHERE s.id = session_summaries.session_id AND agentgraph_sees(s.owner_id))
"""


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "session_summaries",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("until_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("model", sa.String(250), nullable=True),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Numeric(20, 10), nullable=True),
        sa.Column("borrowed", ARRAY(sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "until_number"),
    )
    # The owner's alone: those with whom a conversation is shared go on with nothing.
    op.execute("ALTER TABLE session_summaries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY owner ON session_summaries USING ({OWNED})")


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("session_summaries")
