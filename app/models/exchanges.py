"""Questions with what came of them, as search finds them: by words, by spelling and by meaning."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import HALFVEC, SPARSEVEC
from sqlalchemy import ForeignKey, Index, String, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

DIMENSIONS = 384
TERM_DIMENSIONS = 16_384


class Exchange(Base):
    """The entry of one finished query in the index. It goes with its query, its session and its owner's account."""

    __tablename__ = "exchanges"
    __table_args__ = (
        Index("ix_exchanges_owner_id_asked_at", "owner_id", "asked_at"),
        Index("ix_exchanges_owner_id_agent_id", "owner_id", "agent_id"),
        Index("ix_exchanges_owner_id_basis", "owner_id", "basis"),
        Index("ix_exchanges_source_ids", "source_ids", postgresql_using="gin"),
        Index("ix_exchanges_words", "words", postgresql_using="gin"),
        Index("ix_exchanges_spelling", "spelling", postgresql_using="gin", postgresql_ops={"spelling": "gin_trgm_ops"}),
        Index(
            "ix_exchanges_vector",
            "vector",
            postgresql_using="hnsw",
            postgresql_ops={"vector": "halfvec_cosine_ops"},
            postgresql_with={"m": 16, "ef_construction": 200},
        ),
    )

    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id", ondelete="CASCADE"), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    """A removed conversation takes its exchanges out of the index, although its questions stay in the history."""
    source_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    """Files or database that were read."""
    basis: Mapped[str | None] = mapped_column(String(64))
    """Digest of those with their versions; NULL when that is not known."""
    borrowed: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Keys of the sources of others that it rests on, as in `Query.borrowed`: it is found while they hold."""
    outcome: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str | None] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    words: Mapped[Any] = mapped_column(TSVECTOR)
    """Question (A) and answer (B), without accents, by the stems of both languages."""
    spelling: Mapped[str]
    """The question in small letters without accents, for trigrams."""
    model: Mapped[str | None] = mapped_column(String(200))
    """Provider, model and version that made the vector; NULL while there is none."""
    vector: Mapped[Any | None] = mapped_column(HALFVEC(DIMENSIONS))
    terms: Mapped[Any | None] = mapped_column(SPARSEVEC(TERM_DIMENSIONS))
    """Weights by latent term, from models that give them."""
    indexed_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True, slots=True)
class ExchangeFilter:
    """Which exchanges are wanted; None means any."""

    since: datetime | None = None
    until: datetime | None = None
    agent_id: UUID | None = None
    source_id: UUID | None = None
    outcome: str | None = None
    session_id: UUID | None = None
    """Only of this conversation."""
    not_session_id: UUID | None = None
    """Only of other conversations, or of none."""
    not_query_id: UUID | None = None
