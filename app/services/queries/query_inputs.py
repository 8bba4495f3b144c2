"""Replies to what a question asks back: by its own route, or by the next message of its conversation."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.agentgraph.formats import fold
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import Ambiguous, ValidationFailed
from app.core.errors.results import InputNotWanted
from app.core.errors.sessions import SessionEnded
from app.core.i18n import Language, Text
from app.core.jobs import JobKind
from app.models import AuditAction, Conversation, Query, QueryState, SessionState
from app.repositories import jobs, queries, query_inputs, sessions
from app.repositories.agents import AskedAgent
from app.repositories.jobs import Hint
from app.schemas.queries import InputCreate
from app.services.accounts.quotas import require_room
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.jobs import events
from app.services.jobs.endings import stored_error
from app.services.memory.session_memory import Place
from app.services.platform import Platform
from app.services.queries.queries import Running, askable, begin, get
from app.services.queries.query_answer import Asked

MAX_REPLY_WORDS: Final = 15
"""A longer message of a conversation is a question of its own, as is one with a question mark."""
_ONE = Text(en="Give either an option or a text.", pt="Informe uma opção ou um texto.")
_NO_OPTION = Text(en="There are {options} options.", pt="Há {options} opções.")
_CHOOSE = Text(en="Choose one of the options.", pt="Escolha uma das opções.")
_UNANSWERED = Text(
    en="It asked back, and nobody replied in time: {question}",
    pt="Foi feita uma pergunta de volta, e ninguém respondeu a tempo: {question}",
)
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "primeira": 1, "primeiro": 1, "segunda": 2,
    "segundo": 2, "terceira": 3, "terceiro": 3, "quarta": 4, "quarto": 4, "quinta": 5, "quinto": 5,
}  # fmt: skip
_SMALL: Final = frozenset({"a", "o", "as", "os", "the", "one", "option", "opcao", "please", "por", "favor"})


@dataclass(frozen=True, slots=True)
class Given:
    """A reply that was recorded; the run in this process, None when it waits for its turn or for a worker."""

    query_id: UUID
    running: Running | None
    fence: int
    """Events of the run come after `events.before_claim` of it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was replied, and the words in which it was said."""

    meaning: str
    """An option as it was offered, or words of one's own."""
    words: str
    background: bool
    """Whether the work is left to the workers."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A question that goes on: claimed by this process, or waiting with what the broker is to be told."""

    place: Place | None
    asked: Asked | None
    hints: list[Hint]


async def give(engine: Engine, actor: Actor, query_id: UUID, wanted: InputCreate) -> Given:
    """Records a reply and lets the question go on.

    Raises NotFound, InputNotWanted, ValidationFailed, SessionEnded, and what `queries.start` raises.
    """
    claimed_at = time.monotonic()
    async with engine.platform.database.transaction() as session:
        query = await get(session, actor, query_id)
        reply = _chosen(query, wanted)
        conversation = await _conversation(session, actor, query)
        agent = await askable(session, actor, query.agent_id or UUID(int=0))
        resumed = await resume(
            session,
            engine,
            actor,
            query,
            Reply(reply, reply, background=wanted.background),
            agent=agent,
            conversation=conversation,
        )
        fence = await jobs.fence_of(session, JobKind.RUN_QUERY, query_id)
    if resumed.hints:
        engine.jobs.hint_soon(resumed.hints)
    running = None if resumed.asked is None else begin(engine, resumed.asked, claimed_at)
    return Given(query_id, running, fence if running is not None else fence + 1)


async def resume(
    session: Session,
    engine: Engine,
    actor: Actor,
    query: Query,
    reply: Reply,
    *,
    agent: AskedAgent,
    conversation: Conversation | None,
) -> Resumed:
    """Lets `query` go on with `reply`, whose words are the next message of its conversation, whose row is held.

    Raises InputNotWanted, TooManyQuestions, QuotaExhausted.
    """
    is_held = conversation is not None and bool(await sessions.open_questions(session, conversation.id))
    waits = is_held or reply.background
    await require_room(session, engine.platform.settings, actor.user_id, waits=waits)
    place = None if conversation is None else Place(conversation.id, conversation.message_count + 1)
    inputs = [*(query.inputs or []), {**(query.input_request or {}), "reply": reply.meaning}]
    if conversation is not None:
        await _write(session, conversation, query, reply.words)
    number = None if place is None else place.number
    await record(session, actor, AuditAction.QUERY_INPUT_GIVEN, "query", query.id, after={"round": len(inputs)})
    if waits:
        hint = await query_inputs.resume_waiting(session, query, reply.meaning, message_number=number, is_held=is_held)
        if hint is None:
            raise InputNotWanted(state=query.state)
        return Resumed(place, None, [] if is_held else [hint])
    lease_s = engine.platform.settings.lease_s
    claim = await query_inputs.resume_claimed(session, query, reply.meaning, message_number=number, lease_s=lease_s)
    if claim is None:
        raise InputNotWanted(state=query.state)
    asked = Asked(
        claim=claim,
        owner_id=actor.user_id,
        agent_id=query.agent_id,
        agent_version=query.agent_version,
        question=query.question,
        language=None if query.language is None else Language(query.language),
        agent=agent,
        place=place,
        inputs=inputs,
    )
    return Resumed(place, asked, [])


async def end_unanswered(platform: Platform) -> None:
    """Fails questions whose owners have said nothing for too long. Safe to run anywhere and at once."""
    ended: list[tuple[Query, int]] = []
    async with platform.database.transaction() as session:
        for query in await query_inputs.unanswered(session, wait_s=platform.settings.input_wait_s):
            language = Language(query.language) if query.language else Language.EN
            reason = _UNANSWERED.to(language, question=(query.input_request or {}).get("question", ""))
            error = stored_error(Ambiguous(reason=reason), language)
            await queries.end_unrun(session, query.id, QueryState.FAILED, error)
            fence = await jobs.fence_of(session, JobKind.RUN_QUERY, query.id)
            ended.append((await queries.reread(session, query), fence))
    for query, fence in ended:
        await events.tell_end(platform, query, fence=fence)


def reply_in(request: Mapping[str, Any], words: str) -> str | None:
    """What a message of the conversation replies to `request`; None when it is a question of its own."""
    option = option_in(request["options"], words)
    if option is not None:
        return option
    is_reply = "?" not in words and len(words.split()) <= MAX_REPLY_WORDS
    return words if request["is_open"] and is_reply else None


def option_in(options: Sequence[str], words: str) -> str | None:
    """The option that `words` choose: by its number, its whole text, or words that no other option has."""
    said = [word for word in re.findall(r"\w+", fold(words)) if word not in _SMALL]
    if len(said) == 1:
        number = _ORDINALS.get(said[0]) or (int(said[0]) if said[0].isdecimal() else 0)
        if 1 <= number <= len(options):
            return options[number - 1]
    whole = [option for option in options if fold(option).strip() == fold(words).strip()]
    with_all = [option for option in options if said and set(said) <= set(re.findall(r"\w+", fold(option)))]
    found = whole or with_all
    return found[0] if len(found) == 1 else None


def as_text(request: Mapping[str, Any]) -> str:
    """A question back with its options, as people read it in a conversation."""
    options = [f"{place}. {option}" for place, option in enumerate(request["options"], start=1)]
    return "\n".join([str(request["question"]), *options])


def _chosen(query: Query, wanted: InputCreate) -> str:
    request = query.input_request
    if query.state != QueryState.NEEDS_INPUT or request is None:
        raise InputNotWanted(state=query.state)
    if (wanted.option is None) == (wanted.text is None):
        raise ValidationFailed(_ONE, pointer="/option")
    options: list[str] = request["options"]
    if wanted.option is not None:
        if wanted.option > len(options):
            raise ValidationFailed(_NO_OPTION, pointer="/option", options=len(options))
        return options[wanted.option - 1]
    words = wanted.text or ""
    reply = option_in(options, words) or (words if request["is_open"] else None)
    if reply is None:
        raise ValidationFailed(_CHOOSE, pointer="/text")
    return reply


async def _conversation(session: Session, actor: Actor, query: Query) -> Conversation | None:
    if query.session_id is None:
        return None
    conversation = await sessions.get_own(session, actor.user_id, query.session_id, lock=True)
    if conversation is not None and conversation.state == SessionState.ENDED:
        raise SessionEnded
    return conversation


async def _write(session: Session, conversation: Conversation, query: Query, reply: str) -> None:
    """The question back where the answer would have been, then the reply, and the place of the answer behind it."""
    await sessions.settle_answer(session, query, as_text(query.input_request or {"question": "", "options": []}))
    messages = [sessions.question_message(reply, query.id), sessions.answer_message(query.id)]
    await sessions.add_messages(session, conversation, messages)
    conversation.state = SessionState.ACTIVE
    await sessions.touch(session, conversation)
