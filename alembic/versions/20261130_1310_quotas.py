"""Quotas of users and roles."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1310"
down_revision = "20261130_1305"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "quotas",
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("questions_per_day", sa.BigInteger(), nullable=True),
        sa.Column("tokens_per_day", sa.BigInteger(), nullable=True),
        sa.Column("storage_bytes", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(user_id, role_id) = 1", name=op.f("ck_quotas_one_holder")),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_quotas_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_quotas_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotas")),
        sa.UniqueConstraint("role_id", name=op.f("uq_quotas_role_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_quotas_user_id")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("quotas")
