"""The conversation before a question, made from what is stored alone, so that a restart changes nothing of it."""

from dataclasses import dataclass
from uuid import UUID

from app.agentgraph.memory import NOTHING, Memory, Turn, recollect
from app.agentgraph.outcome import Step
from app.core.config import Settings
from app.core.db import Session
from app.core.i18n import Language
from app.models import Conversation
from app.repositories import sessions
from app.repositories.sessions import Ended
from app.services.platform import Platform


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands in a conversation."""

    session_id: UUID
    number: int
    """Number of the message that asks it."""


async def memory_before(platform: Platform, place: Place | None, question: str) -> Memory:
    """What `question` may know at its place; nothing outside of a conversation."""
    if place is None:
        return NOTHING
    settings = platform.settings
    async with platform.database.read() as session:
        asked = await sessions.ended_before(session, place.session_id, place.number, settings.context_turns)
    return _recollected(settings, question, asked)


async def context_of(session: Session, settings: Settings, conversation: Conversation, question: str) -> Memory:
    """What the next question of a conversation would know."""
    number = conversation.message_count + 1
    asked = await sessions.ended_before(session, conversation.id, number, settings.context_turns)
    return _recollected(settings, question, asked)


def _recollected(settings: Settings, question: str, asked: list[Ended]) -> Memory:
    turns = [_turn(ended) for ended in asked]
    budget = settings.context_budget_tokens
    return recollect(question, turns, budget_tokens=budget, full_turns=settings.context_full_turns)


def _turn(ended: Ended) -> Turn:
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
