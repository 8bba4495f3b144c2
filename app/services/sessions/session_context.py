"""Shows what the next question of a conversation would know of it, and why."""

from uuid import UUID

from app.agentgraph.agents.summary import NODE
from app.agentgraph.follow_ups import chart_alone
from app.agentgraph.language import detect_language
from app.agentgraph.memory import Memory, Part, PartKind, PartReason
from app.agentgraph.planner.ellipsis import leaves_out
from app.core.actor import Actor
from app.core.db import Session
from app.core.i18n import Language, Text
from app.models import Conversation
from app.repositories import summaries, usage
from app.schemas.context import ContextPart, ContextRead, ContinuedAnswer, SummaryRead
from app.schemas.sessions import SpentRead
from app.services.engine.engine import Engine
from app.services.memory.session_memory import context_of
from app.services.sessions.sessions import own

REASONS = {
    PartReason.LAST: Text(
        en="the last answer with SQL: what a follow-up is read against",
        pt="a última resposta com SQL: aquilo com que uma continuação é lida",
    ),
    PartReason.RECENT: Text(en="among the last questions", pt="está entre as últimas perguntas"),
    PartReason.SUMMARY: Text(en="stands for the beginning of the conversation", pt="resume o começo da conversa"),
    PartReason.IN_SUMMARY: Text(en="left out: the summary covers it", pt="fica de fora: está no resumo"),
    PartReason.MEANS_ALIKE: Text(en="means something like the question", pt="tem sentido parecido com o da pergunta"),
    PartReason.SHARES_WORDS: Text(en="shares words with the question", pt="tem palavras da pergunta"),
    PartReason.EARLIER: Text(en="earlier, and there was room", pt="anterior, e havia espaço"),
    PartReason.OVER_BUDGET: Text(en="left out: over the budget", pt="fica de fora: passa do orçamento"),
}


async def read(
    session: Session, engine: Engine, actor: Actor, session_id: UUID, *, question: str, language: Language
) -> ContextRead:
    """The context of `question`, were it asked next; an empty one is any. Raises NotFound."""
    conversation = await own(session, actor, session_id)
    memory = await context_of(session, engine, conversation, question)
    spent = await usage.of_session(session, session_id, summaries=NODE)
    return ContextRead(
        session_id=session_id,
        question=question,
        budget_tokens=engine.platform.settings.context_budget_tokens,
        tokens=memory.tokens,
        continues=_continued(memory, question),
        summary=await _summary(session, conversation, memory),
        spent_on_summaries=SpentRead.model_validate(spent.summaries),
        parts=[_shown(part, language) for part in memory.parts],
    )


def _continued(memory: Memory, question: str) -> ContinuedAnswer | None:
    before = memory.answered
    if before is None:
        return None
    goes_on = leaves_out(question, detect_language(question, default=before.language, lean=1.0))
    if question and not goes_on and chart_alone(question) is None:
        return None
    return ContinuedAnswer(number=before.number, question=before.question, sql=before.sql)


async def _summary(session: Session, conversation: Conversation, memory: Memory) -> SummaryRead | None:
    if not any(part.kind is PartKind.SUMMARY for part in memory.parts):
        return None
    before = conversation.message_count + 1
    kept = await summaries.latest(session, conversation.owner_id, conversation.id, before)
    return None if kept is None else SummaryRead.model_validate(kept)


def _shown(part: Part, language: Language) -> ContextPart:
    return ContextPart(
        number=part.number,
        kind=part.kind.value,
        sent=part.is_sent,
        reason=part.reason.value,
        detail=REASONS[part.reason].to(language),
        tokens=part.tokens,
        text=part.text,
    )
