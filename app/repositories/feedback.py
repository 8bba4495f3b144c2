"""Feedback on answers, and pairs of question and SQL, as their owners see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.core.pagination import PageRequest
from app.models import Feedback, Pair, PairState, Verdict


async def give(session: AsyncSession, *, query_id: UUID, owner_id: UUID, verdict: Verdict, reason: str | None) -> None:
    """Keeps what the asker thinks, in place of what was thought before."""
    values = {"verdict": verdict.value, "reason": reason}
    statement = insert(Feedback).values(id=new_id(), query_id=query_id, owner_id=owner_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["query_id"], set_={**values, "updated_at": func.now()})
    )


def pairs_visible_to(owner_id: UUID) -> Select[Pair]:
    """The pairs that `owner_id` may see; every read of pairs starts here."""
    return select(Pair).where(Pair.owner_id == owner_id)


async def pair(session: AsyncSession, owner_id: UUID, pair_id: UUID) -> Pair | None:
    """One pair, its row held until the transaction ends."""
    statement = pairs_visible_to(owner_id).where(Pair.id == pair_id).with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def owner_of(session: AsyncSession, pair_id: UUID) -> UUID | None:
    """Whose pair it is, for whoever may decide about it."""
    return (await session.execute(select(Pair.owner_id).where(Pair.id == pair_id))).scalar_one_or_none()


async def pair_of(session: AsyncSession, owner_id: UUID, query_id: UUID) -> Pair | None:
    """The pair that came from a question."""
    statement = pairs_visible_to(owner_id).where(Pair.query_id == query_id).with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession, owner_id: UUID, request: PageRequest, *, sources: str | None, state: PairState | None
) -> Sequence[Pair]:
    """Up to `limit + 1` pairs, newest first."""
    statement = pairs_visible_to(owner_id).order_by(Pair.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Pair.id < request.before)
    if sources is not None:
        statement = statement.where(Pair.sources == sources)
    if state is not None:
        statement = statement.where(Pair.state == state)
    return (await session.execute(statement)).scalars().all()


async def add(session: AsyncSession, pairs: Sequence[Pair]) -> None:
    """Stores new pairs."""
    session.add_all(pairs)
    await session.flush()
    for made in pairs:
        await session.refresh(made, ["created_at"])


async def save(session: AsyncSession) -> None:
    """Writes what was changed."""
    await session.flush()


async def remove(session: AsyncSession, removed: Pair) -> None:
    """Removes a pair."""
    await session.delete(removed)
    await session.flush()


@dataclass(frozen=True, slots=True)
class KeptPair:
    """What a question may be shown of a pair."""

    question: str
    sql: str
    is_outdated: bool
    """Checked against another schema than the one that is there now, and so to become stale."""


_OF_SOURCES: Final = text(
    """
    (SELECT question, sql, false AS is_outdated FROM pairs
      WHERE owner_id = :owner_id AND sources = :sources AND state = 'verified' AND schema_digest = :schema_digest
      ORDER BY id DESC LIMIT :most)
    UNION ALL
    (SELECT question, sql, true FROM pairs
      WHERE owner_id = :owner_id AND sources = :sources AND state <> 'stale' AND schema_digest <> :schema_digest
      LIMIT 1)
    """
)


async def of_sources(
    session: AsyncSession, owner_id: UUID, sources: str, schema_digest: str, *, most: int
) -> list[KeptPair]:
    """Up to `most` verified pairs of these sources, newest first, and one that is outdated, where there are any."""
    asked = {"owner_id": owner_id, "sources": sources, "schema_digest": schema_digest, "most": most}
    rows = await session.execute(_OF_SOURCES, asked)
    return [KeptPair(row.question, row.sql, row.is_outdated) for row in rows]


async def make_stale(session: AsyncSession, owner_id: UUID, sources: str, schema_digest: str) -> None:
    """Takes the pairs of these sources out of use that were checked against another schema."""
    outdated = (Pair.schema_digest != schema_digest, Pair.state != PairState.STALE)
    statement = update(Pair).where(Pair.owner_id == owner_id, Pair.sources == sources, *outdated)
    await session.execute(statement.values(state=PairState.STALE))
