"""The conversation before a question, made from what is stored alone, so that a restart changes nothing of it."""

from dataclasses import dataclass
from uuid import UUID

from app.agentgraph.memory import NOTHING, Memory, Summary, Turn, recollect
from app.agentgraph.outcome import Step
from app.core.db import Session
from app.core.i18n import Language
from app.models import Conversation, ExchangeFilter
from app.repositories import search, sessions, summaries
from app.repositories.sessions import Ended
from app.services.engine.engine import Engine

MOST_NEAR = 10
"""Turns that are looked for by meaning; further ones are hardly about the same."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands in a conversation."""

    session_id: UUID
    number: int
    """Number of the message that asks it."""


async def memory_before(engine: Engine, owner_id: UUID, place: Place | None, question: str) -> Memory:
    """What `question` of `owner_id` may know at its place; nothing outside of a conversation."""
    if place is None:
        return NOTHING
    async with engine.platform.database.transaction() as session:
        return await _memory(session, engine, owner_id, place, question)


async def context_of(session: Session, engine: Engine, conversation: Conversation, question: str) -> Memory:
    """What the next question of a conversation would know."""
    place = Place(conversation.id, conversation.message_count + 1)
    return await _memory(session, engine, conversation.owner_id, place, question)


async def _memory(session: Session, engine: Engine, owner_id: UUID, place: Place, question: str) -> Memory:
    """Everything where it fits into the budget; else the summary, what is like the question by meaning, then by words.

    Only a conversation that does not fit is searched: making a vector takes longer than all else that is done here.
    """
    settings = engine.platform.settings
    asked = await sessions.ended_before(session, owner_id, place.session_id, place.number, settings.context_turns)
    turns = [turn_of(ended) for ended in asked]
    budget, full = settings.context_budget_tokens, settings.context_full_turns
    memory = recollect(question, turns, budget_tokens=budget, full_turns=full)
    if all(part.is_sent for part in memory.parts):
        return memory
    kept = await summaries.latest(session, owner_id, place.session_id, place.number)
    summary = None if kept is None else Summary(kept.until_number, kept.text)
    near = await _near(session, engine, owner_id, place, question, asked)
    return recollect(question, turns, budget_tokens=budget, full_turns=full, near=near, summary=summary)


async def _near(
    session: Session, engine: Engine, owner_id: UUID, place: Place, question: str, asked: list[Ended]
) -> list[int]:
    """Numbers of the questions among `asked` that mean something like `question`, the nearest first."""
    vector = await engine.embeddings.of_search(question) if question else None
    if vector is None:
        return []
    only = ExchangeFilter(session_id=place.session_id)
    nearest = await search.nearest(session, owner_id, vector, only, most=MOST_NEAR)
    numbers = {ended.id: ended.number for ended in asked}
    return [numbers[query_id] for query_id, _ in nearest if query_id in numbers]


def turn_of(ended: Ended) -> Turn:
    """A question that has ended, as memory knows it."""
    answer = ended.answer or (ended.error or {}).get("detail") or ended.state
    return Turn(
        number=ended.number,
        question=ended.question,
        language=Language(ended.language) if ended.language else Language.EN,
        answer=str(answer),
        sql=ended.sql,
        reading=ended.reading,
        steps=tuple(Step(step["text"], Language(step["language"])) for step in ended.steps or ()),
    )
