"""Who may read what of whom: what was given, and (a view) what reaches whom at this moment."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, String, Table, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class SharedKind(StrEnum):
    """What is shared; its routes, audit events and column are named after it."""

    FILE = "file"
    DATABASE = "database"
    SESSION = "session"


class Share(Identified, Base):
    """One thing, given to one user or to everybody with one role, to be read and never changed."""

    __tablename__ = "shares"
    __table_args__ = (
        CheckConstraint("num_nonnulls(file_id, database_id, session_id) = 1", name="one_thing"),
        CheckConstraint("num_nonnulls(user_id, role_id) = 1", name="one_receiver"),
        Index(
            "uq_shares_receiver",
            "file_id",
            "database_id",
            "session_id",
            "user_id",
            "role_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """Whose it is."""
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"))
    database_id: Mapped[UUID | None] = mapped_column(ForeignKey("databases.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
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
    Column("rules_id", Uuid),
)
"""Every source and conversation that reaches somebody by a share, once a reader; the view is where that is decided.

`key` stands for the source as this reader may see it, under the rules `rules_id` if there are any; an answer that rests
on it keeps the key and can be read while it holds.
"""
