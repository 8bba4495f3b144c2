"""Keeping what this process measures: stored with its heartbeat every few seconds, and once more at the end."""

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from uuid import UUID

from app.agentgraph.context import ModelAccess
from app.agentgraph.llm import list_models
from app.agentgraph.outcome import CallOutcome, ModelCall
from app.core.clock import now
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.core.jobs import Queue
from app.core.measures import OTHER, Measure
from app.models import QueryState
from app.repositories import measures
from app.repositories.agents import AskedAgent
from app.repositories.queries import Ending, Times
from app.services.platform import Platform

_log = logging.getLogger(__name__)
HOURS_KEPT = timedelta(days=400)
"""A year can be compared with the one before."""
OWN_FAULTS = frozenset({"internal", "model_failed", "timed_out", "unavailable", "database_unreachable"})
"""Codes of questions that failed though nothing was wrong with them."""


class Measuring:
    """The stored side of one process's measures; opened and closed with the process."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._id = new_id()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Stores from now on."""
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stores what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.store()

    async def store(self) -> None:
        """Shows that the process lives and stores what it has counted; keeps it while the database is away."""
        tallies = self._platform.measures.take()
        try:
            async with self._platform.database.transaction() as session:
                part, host = self._platform.part.value, socket.gethostname()[:200]
                await measures.beat(session, self._id, part=part, host=host, pid=os.getpid())
                if tallies:
                    await measures.add(session, tallies)
        except Unavailable:
            self._platform.measures.put_back(tallies)
            _log.warning("measures were not stored: the system database is away")

    async def _keep(self) -> None:
        while True:
            await self.store()
            await asyncio.sleep(self._platform.settings.heartbeat_s)


async def forget_old(platform: Platform) -> None:
    """Removes hours that are older than HOURS_KEPT. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        await measures.forget_hours(session, now() - HOURS_KEPT)


def measure_question(
    platform: Platform, agent: AskedAgent | None, ending: Ending, *, times: Times, calls: Sequence[ModelCall]
) -> None:
    """Counts a finished question: its run, stages, sources, model calls, refused statements, and the cache."""
    if times.finished_at is None:
        return  # It waits for an answer of its owner, and is counted when it has ended.
    noted = platform.measures
    error = ending.error or {}
    failed = ending.state is QueryState.FAILED and error.get("code") in OWN_FAULTS
    took_s = (times.finished_at - (times.started_at or times.created_at)).total_seconds()
    noted.note(Measure.QUEUE, Queue.QUERIES.value, took_s, failed=failed)
    for source_id in _source_ids(agent):
        noted.note(Measure.SOURCE, str(source_id), took_s, failed=failed)
    for call in calls:
        unanswered = call.outcome is not CallOutcome.ANSWERED
        noted.note(Measure.MODEL, _model_key(call), call.latency_s, failed=unanswered)
    details = ending.details or {}
    for stage, elapsed_s in (details.get("timings") or {}).items():
        noted.note(Measure.STAGE, stage, elapsed_s)
    if details:
        noted.note(Measure.CACHE, "hit" if ending.answered_by == "cache" else "miss", took_s)
    rule = (error.get("fields") or {}).get("rule")
    if rule is not None:
        noted.note(Measure.REFUSAL, str(rule), failed=True)


def _source_ids(agent: AskedAgent | None) -> list[UUID]:
    if agent is None:
        return []
    return [*(source.file_id for source in agent.sources), *(database.id for database in agent.databases)]


def _model_key(call: ModelCall) -> str:
    """The model as it is listed; models that people name freely count together, so that keys stay few."""
    key = f"{call.provider}:{call.model}"
    return key if key in _listed() else f"{call.provider}:{OTHER}"


@cache
def _listed() -> frozenset[str]:
    return frozenset(model.id for model in list_models(ModelAccess()))
