"""Agents: saved configurations, and the sources each may read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Identified


class Agent(Identified, Base):
    """A saved configuration; `version` rises with every change and is its ETag."""

    __tablename__ = "agents"
    __table_args__ = (CheckConstraint("max_rows BETWEEN 1 AND 10000", name="max_rows_range"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    instructions: Mapped[str] = mapped_column(default="")
    model: Mapped[str | None] = mapped_column(String(200))
    """`provider:model`; NULL: the installation's default model, or else the built-in planner."""
    processing_enabled: Mapped[bool] = mapped_column(default=False)
    processing_model: Mapped[str | None] = mapped_column(String(200))
    execute_suggestion: Mapped[bool] = mapped_column(default=True)
    refine_question: Mapped[bool] = mapped_column(default=False)
    advanced_mode: Mapped[bool] = mapped_column(default=False)
    charts_enabled: Mapped[bool] = mapped_column(default=True)
    planner_first: Mapped[bool] = mapped_column(default=False)
    candidates: Mapped[int] = mapped_column(default=1)
    """Queries that are compared where the first is in doubt."""
    max_rows: Mapped[int] = mapped_column(default=1000)
    debug: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    deleted_at: Mapped[datetime | None]

    sources: Mapped[list["AgentSource"]] = relationship(
        lazy="raise", order_by="AgentSource.position", cascade="all, delete-orphan"
    )


class AgentSource(Base):
    """One source of an agent, in the order the owner gave: a file or a database."""

    __tablename__ = "agent_sources"
    __table_args__ = (CheckConstraint("num_nonnulls(file_id, database_id) = 1", name="one_source"),)

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), index=True)
    database_id: Mapped[UUID | None] = mapped_column(ForeignKey("databases.id", ondelete="CASCADE"), index=True)

    @property
    def source_id(self) -> UUID | None:
        """Id of the file or database; one of them is set in every stored row."""
        return self.file_id or self.database_id
