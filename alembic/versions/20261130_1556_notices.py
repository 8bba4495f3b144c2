"""Notices: maintenance in which the installation only reads, and announcements."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1556"
down_revision = "20261130_1550"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "notices",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text_en", sa.String(length=500), nullable=False),
        sa.Column("text_pt", sa.String(length=500), nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("retry_after_s", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_notices")),
    )


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("notices")
