"""Sessions with their messages, and the place of a question in one."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261126_1200"
down_revision = "20261126_0700"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "sessions",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("tags", JSONB, nullable=False),
        sa.Column("on_busy", sa.String(length=16), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("basis", JSONB, nullable=True),
        sa.Column("last_activity_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_sessions_agent_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_sessions_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_agent_id"), "sessions", ["agent_id"])
    op.create_index("ix_sessions_owner_id_id", "sessions", ["owner_id", "id"])
    op.create_index(
        "ix_sessions_active", "sessions", ["last_activity_at"], postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "messages",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("speaker", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("notice", JSONB, nullable=True),
        sa.Column("query_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_messages_query_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_messages_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_query_id"), "messages", ["query_id"])
    op.add_column("queries", sa.Column("session_id", sa.Uuid(), nullable=True))
    op.add_column("queries", sa.Column("message_number", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_queries_session_id"), "queries", "sessions", ["session_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_queries_session_id_message_number",
        "queries",
        ["session_id", "message_number"],
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Takes it back; questions stay, what was said around them does not."""
    op.execute("UPDATE jobs SET state = 'queued' WHERE state = 'held'")
    op.drop_index("ix_queries_session_id_message_number", "queries")
    op.drop_constraint(op.f("fk_queries_session_id"), "queries")
    op.drop_column("queries", "message_number")
    op.drop_column("queries", "session_id")
    op.drop_table("messages")
    op.drop_table("sessions")
