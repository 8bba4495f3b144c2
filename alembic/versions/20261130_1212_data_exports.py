"""Archives of people's own data."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1212"
down_revision = "20261130_1203"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "data_exports",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_data_exports_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_exports")),
    )
    op.create_index("ix_data_exports_owner_id_id", "data_exports", ["owner_id", "id"])
    op.create_index(op.f("ix_data_exports_expires_at"), "data_exports", ["expires_at"])


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("data_exports")
