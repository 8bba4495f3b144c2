"""Answering one claimed question: its sources opened in its owner's name, and the graph run over them."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.agentgraph.context import AgentOptions, Clarification, Event, ModelAccess, Question, RunContext
from app.agentgraph.examples import Example
from app.agentgraph.outcome import Outcome
from app.agentgraph.runner import answer
from app.agentgraph.trace import Trace
from app.connectors.base import Limits
from app.core.config import Settings
from app.core.db import acting
from app.core.errors import (
    AgentGraphError,
    SourceMissing,
    SqlInvalid,
    TimedOut,
    Unavailable,
)
from app.core.i18n import Language
from app.repositories.agents import AskedAgent
from app.repositories.jobs import Claim
from app.services.costs.ledger import QueryLedger
from app.services.costs.prices import priced_access
from app.services.engine.engine import Engine
from app.services.engine.open_sources import OpenSource
from app.services.jobs.events import EventWriter
from app.services.memory.pair_examples import examples_for
from app.services.memory.resembling import as_hints, as_offers, resembling
from app.services.memory.session_memory import Place, memory_before
from app.services.queries.asked_sources import opened, read_from, require_ready
from app.services.queries.cache import SharedAnswerCache

GRACE_S = 5.0
"""Beyond the graph's own deadline, before the run is cancelled from outside."""
RETRY_S = 0.5
"""Between two looks for the system's own database while it is away."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claimed question with everything that its run starts from."""

    claim: Claim
    owner_id: UUID
    agent_id: UUID | None
    agent_version: int
    question: str
    language: Language | None
    agent: AskedAgent | None
    place: Place | None = None
    inputs: Sequence[Mapping[str, Any]] = ()
    """What its owner was asked back before, and replied, as stored."""
    batch_id: UUID | None = None
    obstacle: AgentGraphError | None = None
    """What forbids to run it, found at the claim."""
    is_cancelled: bool = False


async def answered(
    engine: Engine, asked: Asked, writer: EventWriter, *, ledger: QueryLedger, trace: Trace | None
) -> Outcome:
    """Answers, and begins anew where the system's own database went away on the way: model calls are not paid again."""
    until = time.monotonic() + engine.platform.settings.query_timeout_s
    while True:
        try:
            return await _answer(engine, asked, writer, ledger=ledger, trace=trace)
        except Unavailable as error:
            # Its children are about other parts, which the graph has tried again already.
            if type(error) is not Unavailable or time.monotonic() > until:
                raise
            _log.warning("query %s waits for the system database", asked.claim.subject_id)
            await asyncio.sleep(RETRY_S)


async def _answer(
    engine: Engine, asked: Asked, writer: EventWriter, *, ledger: QueryLedger, trace: Trace | None
) -> Outcome:
    if asked.obstacle is not None:
        raise asked.obstacle
    agent, settings = asked.agent, engine.platform.settings
    if agent is None:
        raise SourceMissing
    require_ready(agent)
    try:
        async with asyncio.timeout(settings.query_timeout_s + GRACE_S), AsyncExitStack() as stack:
            has_model = (agent.model or settings.default_model) is not None
            with acting(asked.owner_id):
                source = await stack.enter_async_context(opened(engine, agent))
                examples = await examples_for(
                    engine.platform, agent, source.catalog, asked.question, has_model=has_model
                )
                memory = await memory_before(engine, asked.owner_id, asked.place, asked.question)
                alike = await resembling(engine.platform, agent, asked.claim.subject_id, asked.question)
            context = _context(
                engine,
                agent,
                source,
                writer=writer,
                models=priced_access(engine.platform.database, settings),
                ledger=ledger,
                examples=examples,
                earlier=as_hints(alike),
            )
            clarified = tuple(Clarification(back["question"], back["reply"]) for back in asked.inputs)
            question = Question(asked.question, asked.language, memory, clarified)
            outcome = await answer(question, replace(context, trace=trace))
            outcome = replace(outcome, extracts=tuple(source.extracts), read_from=read_from(source, outcome))
    except TimeoutError:
        raise TimedOut(limit_s=settings.query_timeout_s) from None
    if outcome.failure is not None and outcome.failure.code == SqlInvalid.code:
        for database in agent.databases:
            engine.databases.doubt(database)
    return replace(outcome, resembles=as_offers(alike))


def _context(
    engine: Engine,
    agent: AskedAgent,
    source: OpenSource,
    *,
    writer: EventWriter,
    models: ModelAccess,
    ledger: QueryLedger,
    examples: tuple[Example, ...],
    earlier: tuple[Example, ...],
) -> RunContext:
    platform, settings = engine.platform, engine.platform.settings

    async def emit(event: Event) -> None:
        writer.tell(event.name, event.data)

    ttl_s = min([settings.result_cache_ttl_s, *(database.cache_ttl_s for database in agent.databases)])
    return RunContext(
        options=_options(agent, settings.default_model),
        connector=source.connector,
        catalog=source.catalog,
        values=source.values,
        limits=_limits(agent, settings),
        models=models,
        ledger=ledger,
        emit=emit,
        cache=SharedAnswerCache(platform.valkey, agent, examples, ttl_s=ttl_s) if ttl_s else None,
        forecasts=engine.registry.forecasts,
        timeout_s=settings.query_timeout_s,
        parts=source.parts,
        read_from=tuple(part.name for part in source.parts),
        examples=examples,
        policy=source.policy,
        earlier=earlier,
    )


def _limits(agent: AskedAgent, settings: Settings) -> Limits:
    """The narrowest of what the agent, its databases and the installation allow."""
    own = agent.databases
    return Limits(
        max_rows=min([agent.max_rows, *(one.max_rows for one in own if one.max_rows)]),
        max_bytes=min([settings.max_result_bytes, *(one.max_bytes for one in own if one.max_bytes)]),
        timeout_s=min([settings.statement_timeout_s, *(one.timeout_s for one in own if one.timeout_s)]),
    )


def _options(agent: AskedAgent, default_model: str | None) -> AgentOptions:
    return AgentOptions(
        model=agent.model or default_model,
        processing_enabled=agent.processing_enabled,
        processing_model=agent.processing_model,
        execute_suggestion=agent.execute_suggestion,
        refine_question=agent.refine_question,
        advanced_mode=agent.advanced_mode,
        charts_enabled=agent.charts_enabled,
        planner_first=agent.planner_first,
        candidates=agent.candidates,
        instructions=agent.instructions,
    )
