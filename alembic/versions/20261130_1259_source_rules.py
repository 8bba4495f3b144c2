"""Rules on rows and columns of shared sources, and the attributes of people that their filters use."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1259"
down_revision = "20261130_1240"
branch_labels = None
depends_on = None

# The key of a source holds everything that decides what its reader sees of it: when rules or attributes change, what
# was answered before is no longer to be read.
RECEIVED = """
CREATE OR REPLACE VIEW received_sources AS
SELECT DISTINCT reader.id AS reader_id,
       coalesce(s.file_id, s.database_id) AS source_id,
       s.owner_id,
       coalesce(s.file_id, s.database_id)::text
       || coalesce('/' || md5(concat_ws('|', rules.id, rules.version, reader.email, reader.attributes)), '') AS key,
       rules.id AS rules_id
  FROM shares s
  JOIN users reader ON reader.id = s.user_id OR reader.role_id = s.role_id
  JOIN users owner ON owner.id = s.owner_id
  LEFT JOIN LATERAL (
        SELECT r.id, r.version FROM source_rules r
         WHERE (r.file_id = s.file_id OR r.database_id = s.database_id)
           AND (r.role_id = reader.role_id OR r.role_id IS NULL)
         ORDER BY r.role_id NULLS LAST LIMIT 1
       ) rules ON rules.id IS NOT NULL
 WHERE reader.id <> owner.id AND reader.deleted_at IS NULL AND owner.deleted_at IS NULL
   AND (owner.kind = 'ADMIN'
        OR CASE owner.kind WHEN 'MASTER' THEN owner.id ELSE owner.manager_id END
           IS NOT DISTINCT FROM CASE reader.kind WHEN 'MASTER' THEN reader.id ELSE reader.manager_id END)
"""


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "source_rules",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("database_id", sa.Uuid(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("tables", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(file_id, database_id) = 1", name=op.f("ck_source_rules_one_source")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_source_rules_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_source_rules_file_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["database_id"], ["databases.id"], name=op.f("fk_source_rules_database_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_source_rules_role_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_rules")),
    )
    for column in ("owner_id", "database_id", "role_id"):
        op.create_index(op.f(f"ix_source_rules_{column}"), "source_rules", [column], unique=False)
    op.create_index(
        "uq_source_rules_role",
        "source_rules",
        ["file_id", "database_id", "role_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.add_column(
        "users",
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.execute(RECEIVED)


def downgrade() -> None:
    """Takes it back. What is shared is taken back with it: without rules it would be shown whole."""
    policies = (
        ("files", "shared"),
        ("databases", "shared"),
        ("queries", "owner"),
    )
    op.execute("DELETE FROM shares")
    for table, policy in policies:
        op.execute(f"DROP POLICY {policy} ON {table}")
    op.execute("DROP VIEW received_sources")
    op.execute(EARLIER_RECEIVED)
    reached = "EXISTS (SELECT FROM received_sources r WHERE r.source_id = {0}.id AND r.reader_id = agentgraph_actor())"
    for table in ("files", "databases"):
        op.execute(f"CREATE POLICY shared ON {table} FOR SELECT USING ({reached.format(table)})")
    op.execute(f"CREATE POLICY owner ON queries USING (agentgraph_sees(owner_id) AND {HOLDS})")
    op.drop_column("users", "attributes")
    op.drop_table("source_rules")


HOLDS = """
(borrowed IS NULL OR current_setting('agentgraph.actor', true) = 'system'
 OR borrowed <@ ARRAY(SELECT r.key FROM received_sources r WHERE r.reader_id = queries.owner_id))
"""
EARLIER_RECEIVED = """
CREATE VIEW received_sources AS
SELECT DISTINCT reader.id AS reader_id,
       coalesce(s.file_id, s.database_id) AS source_id,
       s.owner_id,
       coalesce(s.file_id, s.database_id)::text AS key
  FROM shares s
  JOIN users reader ON reader.id = s.user_id OR reader.role_id = s.role_id
  JOIN users owner ON owner.id = s.owner_id
 WHERE reader.id <> owner.id AND reader.deleted_at IS NULL AND owner.deleted_at IS NULL
   AND (owner.kind = 'ADMIN'
        OR CASE owner.kind WHEN 'MASTER' THEN owner.id ELSE owner.manager_id END
           IS NOT DISTINCT FROM CASE reader.kind WHEN 'MASTER' THEN reader.id ELSE reader.manager_id END)
"""
