"""The index of exchanges: words of two languages, spelling, vectors."""

import sqlalchemy as sa
from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1157"
down_revision = "20261130_1148"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
EXTENSIONS = ("vector", "pg_trgm", "unaccent")
CONFIGURATIONS = {"agentgraph_pt": "portuguese", "agentgraph_en": "english"}


def upgrade() -> None:
    """Applies the change. Embedded services bring the extensions; elsewhere the role may need to be given them."""
    for extension in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    for name, origin in CONFIGURATIONS.items():
        op.execute(f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = pg_catalog.{origin})")
        change = f"ALTER TEXT SEARCH CONFIGURATION {name} ALTER MAPPING FOR hword, hword_part, word"
        op.execute(f"{change} WITH unaccent, {origin}_stem")
    op.create_table(
        "exchanges",
        sa.Column("query_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("source_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("spelling", sa.String(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("vector", HALFVEC(384), nullable=True),
        sa.Column("terms", SPARSEVEC(16384), nullable=True),
        sa.Column("indexed_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_exchanges_agent_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_exchanges_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_exchanges_query_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_exchanges_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("query_id", name=op.f("pk_exchanges")),
    )
    op.create_index(op.f("ix_exchanges_agent_id"), "exchanges", ["agent_id"])
    op.create_index(op.f("ix_exchanges_session_id"), "exchanges", ["session_id"])
    op.create_index("ix_exchanges_owner_id_asked_at", "exchanges", ["owner_id", "asked_at"])
    op.create_index("ix_exchanges_owner_id_agent_id", "exchanges", ["owner_id", "agent_id"])
    op.create_index("ix_exchanges_owner_id_basis", "exchanges", ["owner_id", "basis"])
    op.create_index("ix_exchanges_source_ids", "exchanges", ["source_ids"], postgresql_using="gin")
    op.create_index("ix_exchanges_words", "exchanges", ["words"], postgresql_using="gin")
    op.create_index(
        "ix_exchanges_spelling",
        "exchanges",
        ["spelling"],
        postgresql_using="gin",
        postgresql_ops={"spelling": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_exchanges_vector",
        "exchanges",
        ["vector"],
        postgresql_using="hnsw",
        postgresql_ops={"vector": "halfvec_cosine_ops"},
    )


def downgrade() -> None:
    """Takes it back; the extensions stay, as others may use them."""
    op.drop_table("exchanges")
    for name in CONFIGURATIONS:
        op.execute(f"DROP TEXT SEARCH CONFIGURATION {name}")
