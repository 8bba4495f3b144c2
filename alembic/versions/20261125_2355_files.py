"""Files: descriptions, how versions came to be, and uploads in chunks."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_2355"
down_revision = "20261125_2103"
branch_labels = None
depends_on = None

JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    """Applies the change."""
    op.add_column("files", sa.Column("description", sa.String(), server_default="", nullable=False))
    op.add_column("files", sa.Column("columns", JSONB, server_default="{}", nullable=False))
    op.add_column("files", sa.Column("edition", sa.Integer(), server_default="1", nullable=False))
    op.add_column("file_versions", sa.Column("stored_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("file_versions", sa.Column("expected_sha256", sa.String(length=64), nullable=True))
    op.add_column("file_versions", sa.Column("origin", sa.String(length=16), server_default="upload", nullable=False))
    op.add_column("file_versions", sa.Column("base_id", sa.Uuid(), nullable=True))
    op.add_column("file_versions", sa.Column("options", JSONB, server_default="{}", nullable=False))
    op.add_column("file_versions", sa.Column("upload_id", sa.Uuid(), nullable=True))
    op.add_column("file_versions", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("file_versions", "sha256", nullable=True)
    op.create_foreign_key(
        op.f("fk_file_versions_base_id"), "file_versions", "file_versions", ["base_id"], ["id"], ondelete="SET NULL"
    )
    op.execute("UPDATE file_versions SET stored_bytes = size_bytes")
    op.create_table(
        "uploads",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("total_chunks", sa.Integer(), nullable=False),
        sa.Column("options", JSONB, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_uploads_owner_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_uploads_file_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("owner_id", "upload_id", name=op.f("uq_uploads_owner_id_upload_id")),
    )
    op.create_index(op.f("ix_uploads_file_id"), "uploads", ["file_id"], unique=False)
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"], unique=False)
    op.create_table(
        "upload_chunks",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_chunks_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "index", name=op.f("pk_upload_chunks")),
    )


VERSION_COLUMNS = ("started_at", "upload_id", "options", "base_id", "origin", "expected_sha256", "stored_bytes")
FILE_COLUMNS = ("edition", "columns", "description")


def downgrade() -> None:
    """Takes it back; files that were never put together have no checksum and go."""
    op.drop_table("upload_chunks")
    op.drop_table("uploads")
    op.execute("DELETE FROM file_versions WHERE sha256 IS NULL")
    op.alter_column("file_versions", "sha256", nullable=False)
    for column in VERSION_COLUMNS:
        op.drop_column("file_versions", column)
    for column in FILE_COLUMNS:
        op.drop_column("files", column)
