"""Connections to databases, what was seen of them, and agents that read them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261126_0700"
down_revision = "20261126_0400"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "databases",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("engine", sa.String(length=16), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("database", sa.String(length=128), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("tls", sa.String(length=16), nullable=False),
        sa.Column("ca", sa.String(), nullable=True),
        sa.Column("schemas", JSONB, nullable=False),
        sa.Column("tables", JSONB, nullable=False),
        sa.Column("timeout_s", sa.Float(), nullable=True),
        sa.Column("max_rows", sa.Integer(), nullable=True),
        sa.Column("max_bytes", sa.Integer(), nullable=True),
        sa.Column("max_connections", sa.Integer(), nullable=True),
        sa.Column("cache_ttl_s", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_databases_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_databases")),
    )
    op.create_index(op.f("ix_databases_owner_id"), "databases", ["owner_id"])
    op.create_table(
        "database_snapshots",
        sa.Column("database_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("catalog", JSONB, nullable=True),
        sa.Column("tables_found", sa.Integer(), nullable=True),
        sa.Column("server", sa.String(length=120), nullable=True),
        sa.Column("warnings", JSONB, nullable=True),
        sa.Column("grants", JSONB, nullable=True),
        sa.Column("values", sa.LargeBinary(), nullable=True),
        sa.Column("error", JSONB, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("verified_at", TIME, nullable=True),
        sa.Column("drifted_at", TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["database_id"], ["databases.id"], name=op.f("fk_database_snapshots_database_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_database_snapshots")),
    )
    op.create_index("ix_database_snapshots_database_id_id", "database_snapshots", ["database_id", "id"])
    op.add_column("agent_sources", sa.Column("database_id", sa.Uuid(), nullable=True))
    op.alter_column("agent_sources", "file_id", nullable=True)
    op.create_foreign_key(
        op.f("fk_agent_sources_database_id"), "agent_sources", "databases", ["database_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_agent_sources_database_id"), "agent_sources", ["database_id"])
    op.create_check_constraint(
        op.f("ck_agent_sources_one_source"), "agent_sources", "num_nonnulls(file_id, database_id) = 1"
    )


def downgrade() -> None:
    """Takes it back; agents lose their databases."""
    op.drop_constraint(op.f("ck_agent_sources_one_source"), "agent_sources")
    op.execute("DELETE FROM agent_sources WHERE database_id IS NOT NULL")
    op.drop_column("agent_sources", "database_id")
    op.alter_column("agent_sources", "file_id", nullable=False)
    op.drop_table("database_snapshots")
    op.drop_table("databases")
