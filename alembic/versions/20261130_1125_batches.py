"""Batches of questions, and whose turn a waiting question is."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1125"
down_revision = "20261126_1330"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "batches",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("question_count", sa.Integer(), nullable=False),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_batches_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_batches_agent_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_agent_id"), "batches", ["agent_id"])
    op.create_index("ix_batches_owner_id_id", "batches", ["owner_id", "id"])
    op.create_index("ix_batches_open", "batches", ["id"], postgresql_where="finished_at IS NULL")
    op.add_column("queries", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("queries", sa.Column("batch_number", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_queries_batch_id"), "queries", "batches", ["batch_id"], ["id"], ondelete="SET NULL")
    op.create_index(
        "ix_queries_batch_id_batch_number",
        "queries",
        ["batch_id", "batch_number"],
        postgresql_where="batch_id IS NOT NULL",
    )
    op.add_column("jobs", sa.Column("owner_id", sa.Uuid(), nullable=True))
    op.add_column("jobs", sa.Column("is_batch", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_jobs_waiting",
        "jobs",
        ["kind", "is_batch", "owner_id", "id"],
        postgresql_where="state = 'queued'",
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_index("ix_jobs_waiting", table_name="jobs")
    op.drop_column("jobs", "is_batch")
    op.drop_column("jobs", "owner_id")
    op.drop_index("ix_queries_batch_id_batch_number", table_name="queries")
    op.drop_constraint(op.f("fk_queries_batch_id"), "queries", type_="foreignkey")
    op.drop_column("queries", "batch_number")
    op.drop_column("queries", "batch_id")
    op.drop_table("batches")
