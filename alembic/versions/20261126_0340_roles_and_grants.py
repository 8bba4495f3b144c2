"""Roles, permissions of single users, and shared sources."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261126_0340"
down_revision = "20261125_2355"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Applies the change."""
    op.create_table(
        "roles",
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.String(length=50)), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_roles_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
    )
    op.create_index(
        "uq_roles_name",
        "roles",
        ["owner_id", sa.literal_column("lower(name)")],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "user_permissions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("permission", sa.String(length=50), nullable=False),
        sa.Column("is_granted", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["given_by"], ["users.id"], name=op.f("fk_user_permissions_given_by")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_permissions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "permission", name=op.f("pk_user_permissions")),
    )
    op.add_column("users", sa.Column("role_id", sa.Uuid(), nullable=True))
    op.add_column("users", sa.Column("role_given_by", sa.Uuid(), nullable=True))
    op.add_column(
        "users",
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.create_foreign_key(op.f("fk_users_role_id"), "users", "roles", ["role_id"], ["id"])
    op.create_foreign_key(op.f("fk_users_role_given_by"), "users", "users", ["role_given_by"], ["id"])
    op.create_index(op.f("ix_users_role_id"), "users", ["role_id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("role_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(user_id, role_id) = 1", name=op.f("ck_grants_one_grantee")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_grants_file_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["granted_by"], ["users.id"], name=op.f("fk_grants_granted_by"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_grants_role_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("file_id", "role_id", name=op.f("uq_grants_file_id_role_id")),
        sa.UniqueConstraint("file_id", "user_id", name=op.f("uq_grants_file_id_user_id")),
    )
    op.create_index(op.f("ix_grants_role_id"), "grants", ["role_id"], unique=False)
    op.create_index(op.f("ix_grants_user_id"), "grants", ["user_id"], unique=False)


def downgrade() -> None:
    """Takes it back."""
    op.drop_table("grants")
    op.drop_index(op.f("ix_users_role_id"), table_name="users")
    op.drop_constraint(op.f("fk_users_role_given_by"), "users", type_="foreignkey")
    op.drop_constraint(op.f("fk_users_role_id"), "users", type_="foreignkey")
    for column in ("attributes", "role_given_by", "role_id"):
        op.drop_column("users", column)
    op.drop_table("user_permissions")
    op.drop_table("roles")
