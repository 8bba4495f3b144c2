"""Summaries of the older turns of conversations, made in the background, each one going on from the last."""

import asyncio
import logging
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.agentgraph.agents.summary import condensed, summarise
from app.agentgraph.llm import ModelCaller, resolve_model
from app.agentgraph.memory import Summary, Turn, recollect
from app.core.config import Settings
from app.core.db import Session
from app.core.errors import AgentGraphError, Unavailable
from app.core.tracing import continued
from app.models import JobState, SessionSummary
from app.repositories import agents, jobs, queries, sessions, summaries
from app.repositories.jobs import Claim
from app.services.costs.ledger import QueryLedger
from app.services.costs.prices import priced_access
from app.services.costs.spending import Spending
from app.services.engine.engine import Engine
from app.services.jobs.jobs import job_span
from app.services.memory.session_memory import turn_of

LEASE_S = 240.0
"""For one summary, a provider's retries included: longer than `lease_s`, because no heartbeat lengthens it."""
WORK_S = 180.0
"""After which no call is tried again."""
MOST_TURNS = 40
"""Turns that one summary adds to the one before; the rest is for the next one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be summarised for the query that the job is about."""

    query_id: UUID
    owner_id: UUID
    agent_id: UUID | None
    session_id: UUID
    model: str | None
    """None: by rules."""
    before: SessionSummary | None
    turns: tuple[Turn, ...]
    """Those that the summary adds, in their order."""
    told: tuple[Turn, ...]
    """Those and all before them."""
    query_ids: tuple[UUID, ...]
    """Of `turns`."""


@dataclass(frozen=True, slots=True)
class Made:
    """A summary and what it cost; a cost of None is not known."""

    text: str
    model: str | None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: Decimal | None = Decimal(0)


async def take(engine: Engine, job_id: UUID) -> None:
    """A worker's part: claims the job, makes the summary, keeps it. Quiet when there is nothing to do."""
    database = engine.platform.database
    async with database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=LEASE_S)
        due = None if claim is None else await _due(session, engine.platform.settings, claim.subject_id)
        if claim is not None and due is None:
            await jobs.finish(session, claim, JobState.DONE)
    if claim is None or due is None:
        return
    with continued(claim.traceparent), job_span(claim):
        made = await _made(engine, claim, due)
        async with database.transaction() as session:
            if await jobs.finish(session, claim, JobState.DONE):
                await summaries.put(session, _row(due, made), due.query_ids)


async def _due(session: Session, settings: Settings, query_id: UUID) -> Due | None:
    """What the conversation of a query has said by now; None where everything fits into the budget as it is."""
    query = await queries.find(session, query_id)
    if query is None or query.session_id is None:
        return None
    conversation = await sessions.get_own(session, query.owner_id, query.session_id)
    if conversation is None:
        return None
    number, full = conversation.message_count + 1, settings.context_full_turns
    asked = await sessions.ended_before(session, query.owner_id, conversation.id, number, settings.context_turns)
    before = await summaries.latest(session, query.owner_id, conversation.id, number)
    older = asked[:-full]
    wanted = [ended for ended in older if before is None or ended.number > before.until_number][:MOST_TURNS]
    memory = recollect(
        "", [turn_of(ended) for ended in asked], budget_tokens=settings.context_budget_tokens, full_turns=full
    )
    if len(wanted) < max(1, settings.summary_turns) or all(part.is_sent for part in memory.parts):
        return None
    agent = None if query.agent_id is None else await agents.asked(session, query.owner_id, query.agent_id)
    own = None if agent is None else agent.model or settings.default_model
    return Due(
        query_id=query_id,
        owner_id=query.owner_id,
        agent_id=query.agent_id,
        session_id=conversation.id,
        model=own and (settings.summary_model or own),
        before=before,
        turns=tuple(turn_of(ended) for ended in wanted),
        told=tuple(turn_of(ended) for ended in older if ended.number <= wanted[-1].number),
        query_ids=tuple(ended.id for ended in wanted),
    )


async def _made(engine: Engine, claim: Claim, due: Due) -> Made:
    """By the model, and by rules where there is none or it fails: a conversation goes on without its summary too."""
    most = engine.platform.settings.summary_tokens
    if due.model is not None:
        try:
            return await _by_model(engine, claim, due, due.model)
        except AgentGraphError as error:
            if type(error) is Unavailable:  # Of the system database; its children are about models.
                raise
            _log.warning("session %s is summarised by rules: %s", due.session_id, error)
    return Made(condensed(due.told, most_tokens=most), model=None)


async def _by_model(engine: Engine, claim: Claim, due: Due, name: str) -> Made:
    """Its calls are in the ledger beside those of the query, as the node `summarise`, and are never paid twice."""
    platform = engine.platform
    spending = Spending(platform.database, due.query_id, due.owner_id, due.agent_id)
    ledger = QueryLedger(platform.database, spending, is_first_attempt=claim.fence == 1, is_on_bill=False)
    access, spec = priced_access(platform.database, platform.settings), resolve_model(name)
    caller = ModelCaller(access, ledger, deadline=asyncio.get_running_loop().time() + WORK_S)
    before = None if due.before is None else Summary(due.before.until_number, due.before.text)
    most = platform.settings.summary_tokens
    text = await summarise(before, due.turns, models=caller, spec=spec, most_tokens=most)
    prices = [call.price_usd for call in caller.calls]
    known = [price for price in prices if price is not None]
    return Made(
        text,
        model=f"{caller.calls[-1].provider}:{caller.calls[-1].model}",
        tokens_in=sum(call.tokens_in for call in caller.calls),
        tokens_out=sum(call.tokens_out for call in caller.calls),
        cost_usd=sum(known, Decimal(0)) if len(known) == len(prices) else None,
    )


def _row(due: Due, made: Made) -> SessionSummary:
    return SessionSummary(
        session_id=due.session_id,
        until_number=due.turns[-1].number,
        text=made.text,
        model=made.model,
        tokens_in=made.tokens_in,
        tokens_out=made.tokens_out,
        cost_usd=made.cost_usd,
        borrowed=None if due.before is None else due.before.borrowed,
    )
