"""Who may read whose source: what was given, and (a view) what reaches whom at this moment."""

from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, String, Table, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class Share(Identified, Base):
    """One source, given to one user or to everybody with one role, to be read and never changed."""

    __tablename__ = "shares"
    __table_args__ = (
        CheckConstraint("num_nonnulls(file_id, database_id) = 1", name="one_source"),
        CheckConstraint("num_nonnulls(user_id, role_id) = 1", name="one_receiver"),
        Index(
            "uq_shares_receiver",
            "file_id",
            "database_id",
            "user_id",
            "role_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """The owner of the source."""
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"))
    database_id: Mapped[UUID | None] = mapped_column(ForeignKey("databases.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), index=True)
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """The owner, or the MASTER who manages the owner."""


RECEIVED: Final = Table(
    "received_sources",
    MetaData(),
    Column("reader_id", Uuid),
    Column("source_id", Uuid),
    Column("owner_id", Uuid),
    Column("key", String),
)
"""Every source that reaches somebody by a share, once a reader; the view is where that is decided.

`key` stands for the source as this reader may see it; an answer that rests on it keeps the key and can be read while
it holds.
"""
