"""The ledger: model calls with all that they are counted by, which outlive their query; prices of one's own."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1126"
down_revision = "20261130_1125"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
PRICE = sa.Numeric(precision=20, scale=10)
IDS = ("group_id", "role_id", "session_id", "agent_id")
FILLED = sa.text(
    """
    UPDATE usage_records r
       SET session_id = q.session_id, agent_id = q.agent_id, role_id = u.role_id,
           group_id = CASE WHEN u.kind = 'MASTER' THEN u.id ELSE u.manager_id END,
           source_ids = ARRAY(SELECT coalesce(s.file_id, s.database_id) FROM agent_sources s
                               WHERE s.agent_id = q.agent_id ORDER BY 1)
      FROM queries q JOIN users u ON u.id = q.owner_id
     WHERE q.id = r.query_id
    """
)


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "call_answers",
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("call_key", sa.String(length=200), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_call_answers_query_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("query_id", "call_key", name=op.f("pk_call_answers")),
    )
    op.execute("INSERT INTO call_answers SELECT query_id, call_key, answer FROM usage_records")
    op.drop_column("usage_records", "answer")
    for name in IDS:
        op.add_column("usage_records", sa.Column(name, sa.Uuid(), nullable=True))
    op.add_column(
        "usage_records", sa.Column("source_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}")
    )
    op.add_column("usage_records", sa.Column("tokens_reasoning", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("usage_records", sa.Column("price_version", sa.String(length=60), nullable=True))
    op.add_column(
        "usage_records", sa.Column("outcome", sa.String(length=16), nullable=False, server_default="answered")
    )
    for name in ("source_ids", "tokens_reasoning", "outcome"):
        op.alter_column("usage_records", name, server_default=None)
    op.execute(FILLED)
    op.drop_constraint("fk_usage_records_query_id", "usage_records", type_="foreignkey")
    op.drop_constraint("fk_usage_records_owner_id", "usage_records", type_="foreignkey")
    op.create_foreign_key("fk_usage_records_owner_id", "usage_records", "users", ["owner_id"], ["id"])
    op.drop_index("ix_usage_records_owner_id", "usage_records")
    op.create_index("ix_usage_records_created_at", "usage_records", ["created_at"])
    op.create_index("ix_usage_records_owner_id_created_at", "usage_records", ["owner_id", "created_at"])
    op.create_table(
        "model_prices",
        sa.Column("model", sa.String(length=250), nullable=False),
        sa.Column("input_usd", PRICE, nullable=False),
        sa.Column("output_usd", PRICE, nullable=False),
        sa.Column("cached_usd", PRICE, nullable=True),
        sa.Column("effective_from", TIME, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_model_prices_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_prices")),
    )
    op.create_index("ix_model_prices_model_effective_from", "model_prices", ["model", "effective_from"])


def downgrade() -> None:
    """Takes it back. What has lost its query, and calls that failed, had no place before."""
    op.drop_table("model_prices")
    op.execute("DELETE FROM usage_records r WHERE NOT EXISTS (SELECT FROM queries q WHERE q.id = r.query_id)")
    op.execute("DELETE FROM usage_records WHERE outcome <> 'answered'")
    op.drop_index("ix_usage_records_owner_id_created_at", "usage_records")
    op.drop_index("ix_usage_records_created_at", "usage_records")
    op.create_index("ix_usage_records_owner_id", "usage_records", ["owner_id"])
    op.drop_constraint("fk_usage_records_owner_id", "usage_records", type_="foreignkey")
    for column, target in (("owner_id", "users"), ("query_id", "queries")):
        op.create_foreign_key(
            f"fk_usage_records_{column}", "usage_records", target, [column], ["id"], ondelete="CASCADE"
        )
    op.add_column("usage_records", sa.Column("answer", postgresql.JSONB(), nullable=True))
    op.execute(
        "UPDATE usage_records r SET answer = coalesce((SELECT a.answer FROM call_answers a"
        " WHERE a.query_id = r.query_id AND a.call_key = r.call_key), '{}'::jsonb)"
    )
    op.alter_column("usage_records", "answer", nullable=False)
    for name in (*IDS, "source_ids", "tokens_reasoning", "price_version", "outcome"):
        op.drop_column("usage_records", name)
    op.drop_table("call_answers")
