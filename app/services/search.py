"""Finding one's own exchanges again, by what was meant, by words and by spelling."""

import html
import re
from dataclasses import dataclass
from uuid import UUID

from app.agentgraph.formats import fold
from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.errors import NotFound, ValidationFailed
from app.core.i18n import Text
from app.core.pagination import PageRequest, ranked_page_of
from app.models import ExchangeFilter
from app.repositories import search, sessions
from app.repositories.search import MARKS, Hit, Wanted
from app.schemas.search import ExchangeFound, FoundParts, PartScore, SearchRead, SimilarRead
from app.services.engine.embeddings import Embeddings
from app.services.engine.engine import Engine
from app.services.sessions.sessions import own

MOST_WORDS = 40
"""Different words of a text that are looked for."""
LAST_QUESTIONS = 5
"""Of a conversation, that stand for what it is about."""
_ONE_OF = Text(
    en="Name either a text or a conversation, and the number of a message only with a conversation.",
    pt="Informe um texto ou uma conversa, e o número de uma mensagem apenas com uma conversa.",
)
_NO_QUESTION = Text(
    en="Message {number} of this conversation is no question that was asked.",
    pt="A mensagem {number} desta conversa não é uma pergunta feita.",
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What earlier exchanges are to be like: a text, a message of a conversation, or a conversation."""

    text: str | None = None
    session_id: UUID | None = None
    number: int | None = None
    """Of a question or its answer."""


async def find(engine: Engine, actor: Actor, words: str, only: ExchangeFilter, request: PageRequest) -> SearchRead:
    """A page of the actor's exchanges that `words` describe."""
    wanted = await wanted_by(engine.embeddings, words)
    async with engine.platform.database.transaction() as session:
        most, skip = request.limit + 1, request.offset
        hits = await search.find(session, actor.user_id, wanted, only, most=most, skip=skip)
    page = ranked_page_of([as_found(hit) for hit in hits], request)
    return SearchRead(items=list(page.items), next_cursor=page.next_cursor, by_meaning=wanted.vector is not None)


async def find_similar(engine: Engine, actor: Actor, like: Likeness, *, most: int) -> SimilarRead:
    """The actor's exchanges most like something, from outside of the conversation that is meant.

    Raises NotFound, ValidationFailed unless exactly one thing is meant.
    """
    if (like.text is None) == (like.session_id is None) or (like.number is not None and like.session_id is None):
        raise ValidationFailed(_ONE_OF, pointer="/text")
    words = like.text or await _words_of(engine.platform.database, actor, like)
    wanted = await wanted_by(engine.embeddings, words)
    only = ExchangeFilter(not_session_id=like.session_id)
    async with engine.platform.database.transaction() as session:
        hits = await search.find(session, actor.user_id, wanted, only, most=most) if words else []
    return SimilarRead(items=[as_found(hit) for hit in hits], by_meaning=wanted.vector is not None)


async def wanted_by(embeddings: Embeddings, words: str) -> Wanted:
    """What `words` look for; without a vector where none can be made."""
    plain = fold(words).replace("\0", " ")
    different = list(dict.fromkeys(re.findall(r"\w+", plain)))
    vector = await embeddings.of_search(words) if different else None
    return Wanted(different[:MOST_WORDS], plain, vector)


def as_found(hit: Hit) -> ExchangeFound:
    """A hit as clients see it."""
    return ExchangeFound(
        query_id=hit.query_id,
        session_id=hit.session_id,
        message_number=hit.message_number,
        agent_id=hit.agent_id,
        question=hit.question,
        question_snippet=_marked(hit.marked_question),
        answer_snippet=_marked(hit.marked_answer),
        outcome=hit.outcome,
        language=hit.language,
        asked_at=hit.asked_at,
        score=hit.score,
        parts=FoundParts(
            meaning=_part(hit.meaning_place, hit.meaning_score),
            words=_part(hit.words_place, hit.words_score),
            spelling=_part(hit.spelling_place, hit.spelling_score),
        ),
    )


async def _words_of(database: Database, actor: Actor, like: Likeness) -> str:
    """The question of a message, or the last questions of a conversation. Raises NotFound, ValidationFailed."""
    if like.session_id is None:
        raise NotFound
    async with database.transaction() as session:
        conversation = await own(session, actor, like.session_id)
        if like.number is not None:
            return await _question(session, actor, like.session_id, like.number)
        before = conversation.message_count + 1
        asked = await sessions.ended_before(session, actor.user_id, like.session_id, before, limit=LAST_QUESTIONS)
    return "\n".join(ended.question for ended in asked)


async def _question(session: Session, actor: Actor, session_id: UUID, number: int) -> str:
    said = await sessions.messages_before(session, actor.user_id, session_id, number + 1, limit=1)
    if not said or said[0].message.number != number or said[0].query is None:
        raise ValidationFailed(_NO_QUESTION, pointer="/number", number=number)
    return said[0].query.question


def _part(place: int | None, score: float | None) -> PartScore | None:
    return None if place is None or score is None else PartScore(place=place, score=score)


def _marked(text: str) -> str:
    """Safe to be shown as HTML: everything escaped, and then marks set."""
    escaped = html.escape(text, quote=False)
    return escaped.replace(MARKS[0], "<mark>").replace(MARKS[1], "</mark>")
