"""Accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.permissions import UserKind
from app.models.base import Base, Identified

__all__ = ["User", "UserKind"]


class User(Identified, Base):
    """An account; a deleted one keeps its row, without personal data, for the sake of what refers to it."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email", func.lower(text("email")), unique=True),)

    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[UserKind] = mapped_column(String(16), default=UserKind.NORMAL)
    password_hash: Mapped[str] = mapped_column(String(500))
    is_active: Mapped[bool] = mapped_column(default=True)
    manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    """The MASTER that manages this NORMAL user."""
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id", use_alter=True), index=True)
    """Role of a NORMAL user: of the installation or of the manager."""
    role_given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    """The MASTER who assigned the role; NULL: an ADMIN."""
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    """What filters of shared sources may ask of it, as its manager has set it."""
    session_retention_days: Mapped[int | None]
    """Days without activity after which its conversations are removed; NULL leaves that to the installation."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    deleted_at: Mapped[datetime | None]
