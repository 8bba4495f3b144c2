"""The end of a single question can be told to a webhook."""

import sqlalchemy as sa

from alembic import op

revision = "20261130_1917"
down_revision = "20261130_1910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "query_webhooks",
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_query_webhooks_query_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_query_webhooks_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("query_id", name=op.f("pk_query_webhooks")),
    )
    op.create_index(op.f("ix_query_webhooks_webhook_id"), "query_webhooks", ["webhook_id"])
    op.execute("ALTER TABLE query_webhooks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    seen = "EXISTS (SELECT FROM queries o WHERE o.id = query_webhooks.query_id)"
    op.execute(f"CREATE POLICY owner ON query_webhooks USING ({seen})")


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("query_webhooks")
