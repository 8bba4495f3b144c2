"""Roles, and the permissions granted or denied to single users on top of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class Role(Identified, Base):
    """A named set of permissions; `version` rises with every change and is its ETag."""

    __tablename__ = "roles"
    __table_args__ = (
        Index("uq_roles_name", "owner_id", func.lower(text("name")), unique=True, postgresql_nulls_not_distinct=True),
    )

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    """The MASTER whose role it is; NULL: the installation's."""
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    permissions: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class UserPermission(Base):
    """One permission that a user has, or is denied, whatever the role says."""

    __tablename__ = "user_permissions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    permission: Mapped[str] = mapped_column(String(50), primary_key=True)
    is_granted: Mapped[bool]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    """The MASTER who manages the user; NULL: an ADMIN."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
