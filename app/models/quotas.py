"""Quotas: what one user, or each user of a role, may use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Identified


class Quota(Identified, Base):
    """Limits of one user, or of every user with one role; NULL leaves a limit to the next wider one, 0 sets none."""

    __tablename__ = "quotas"
    __table_args__ = (CheckConstraint("num_nonnulls(user_id, role_id) = 1", name="one_holder"),)

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    role_id: Mapped[UUID | None] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), unique=True)
    questions_per_day: Mapped[int | None] = mapped_column(BigInteger)
    tokens_per_day: Mapped[int | None] = mapped_column(BigInteger)
    storage_bytes: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
