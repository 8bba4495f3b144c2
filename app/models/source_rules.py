"""What those with whom a source is shared may see of its rows and columns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class SourceRules(Identified, Base):
    """The rules of one source for one role, or for everybody whose role has none of its own.

    They hold for whoever reads the source by a share; its owner sees everything.
    """

    __tablename__ = "source_rules"
    __table_args__ = (
        CheckConstraint("num_nonnulls(file_id, database_id) = 1", name="one_source"),
        Index(
            "uq_source_rules_role", "file_id", "database_id", "role_id", unique=True, postgresql_nulls_not_distinct=True
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """The owner of the source."""
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"))
    database_id: Mapped[UUID | None] = mapped_column(ForeignKey("databases.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), index=True)
    """NULL: everybody whose role has no rules of its own."""
    tables: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """`[{table, filter, hidden, is_left_out}]`; a table that is not named is read whole."""
    version: Mapped[int] = mapped_column(default=1)
    """Rises with every change: an answer holds for one version."""
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
