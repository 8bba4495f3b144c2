"""Feedback on answers, and pairs of question and SQL."""

import sqlalchemy as sa

from alembic import op

revision = "20261126_1310"
down_revision = "20261126_1200"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "feedback",
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("updated_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_feedback_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_feedback_query_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("query_id", name=op.f("uq_feedback_query_id")),
    )
    op.create_index(op.f("ix_feedback_owner_id"), "feedback", ["owner_id"])
    op.create_table(
        "pairs",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("query_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("sources", sa.String(length=64), nullable=False),
        sa.Column("schema_digest", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("sql", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verified_at", TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_pairs_agent_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_pairs_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_pairs_query_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs")),
        sa.UniqueConstraint("query_id", name=op.f("uq_pairs_query_id")),
    )
    op.create_index(op.f("ix_pairs_agent_id"), "pairs", ["agent_id"])
    op.create_index("ix_pairs_owner_id_sources", "pairs", ["owner_id", "sources"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("pairs")
    op.drop_table("feedback")
