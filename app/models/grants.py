"""Grants: a source that its owner lets a user, or everybody with a role, read."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class Grant(Identified, Base):
    """One source shared, read-only, with one user or one role."""

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, role_id) = 1", name="one_grantee"),
        UniqueConstraint("file_id", "user_id"),
        UniqueConstraint("file_id", "role_id"),
    )

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), index=True)
    granted_by: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
