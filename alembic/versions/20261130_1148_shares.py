"""Shares of sources, what reaches whom by them, and which answers rest on the sources of others."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261130_1148"
down_revision = "20261130_1126"
branch_labels = None
depends_on = None

# A circle is a MASTER with its users; everybody without a MASTER is another one. What is shared stays within its
# owner's circle, except what an ADMIN owns: whoever leaves the circle loses it at once, and has it back on return.
RECEIVED = """
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


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "shares",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("database_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(file_id, database_id) = 1", name=op.f("ck_shares_one_source")),
        sa.CheckConstraint("num_nonnulls(user_id, role_id) = 1", name=op.f("ck_shares_one_receiver")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_shares_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_shares_file_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["database_id"], ["databases.id"], name=op.f("fk_shares_database_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_shares_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_shares_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["given_by"], ["users.id"], name=op.f("fk_shares_given_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
    )
    for column in ("owner_id", "database_id", "user_id", "role_id"):
        op.create_index(op.f(f"ix_shares_{column}"), "shares", [column], unique=False)
    op.create_index(
        "uq_shares_receiver",
        "shares",
        ["file_id", "database_id", "user_id", "role_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.execute(RECEIVED)
    op.add_column("queries", sa.Column("borrowed", postgresql.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    """Takes it back."""
    op.drop_column("queries", "borrowed")
    op.execute("DROP VIEW received_sources")
    op.drop_table("shares")
