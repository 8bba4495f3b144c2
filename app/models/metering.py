"""What people's data keeps the installation busy with, beside model calls."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Work(StrEnum):
    """Kinds of work that are metered."""

    SQL = "sql"
    """Statements of finished questions, and the rows that were kept of them."""
    INGESTION = "ingestion"
    """Files that were read: seconds, rows of the table, bytes that were sent."""
    STORAGE = "storage"
    """The most bytes that were stored at any hour of the day."""


class MeteredDay(Base):
    """Work of one kind for one person on one day (UTC). Figures without texts: they outlive what they were made for."""

    __tablename__ = "metered_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    work: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`Work`."""
    times: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
