"""Rescues what dead processes left: lost jobs and unsent hints. Safe to run anywhere and at once."""

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

from app.core.config import Settings
from app.core.db import Session
from app.core.errors import Internal
from app.core.i18n import Language, Text
from app.core.jobs import TAKEN_TOGETHER, JobKind
from app.models import ErasureState, ExportState, JobState, Query, QueryState
from app.repositories import data_exports, databases, erasures, files, jobs, queries, sessions, webhooks
from app.repositories.jobs import Hint, Rescued
from app.services.jobs.endings import stored_error
from app.services.jobs.events import tell_end
from app.services.jobs.jobs import send_hints
from app.services.platform import Platform

REPEAT_HINT_S = 30.0
"""After how long a hint that led to nothing is sent again."""
ALWAYS_HINTED = 50
"""Jobs of each kind that are hinted again that often: more than a worker ends between two sweeps."""
_GAVE_UP = Text(
    en="It was tried {attempts} times, and each time the process that worked on it died. It will not be tried again.",
    pt="Foram feitas {attempts} tentativas, e em todas o processo responsável morreu. Não haverá nova tentativa.",
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    requeued: int
    failed: int
    hinted: int


async def sweep_jobs(platform: Platform) -> Swept:
    """Requeues lost jobs, ends those tried too often, and repeats hints. Two at once share the rows between them."""
    settings = platform.settings
    async with platform.database.transaction() as session:
        rescued = await jobs.rescue(session, max_attempts=settings.max_job_attempts)
        ended = await _settle(session, settings, rescued)
        for query, _ in ended:
            if query.session_id is not None:
                await sessions.release_next(session, query.session_id)
        hints = await jobs.due_hints(
            session, grace_s=settings.heartbeat_s, repeat_s=REPEAT_HINT_S, always=ALWAYS_HINTED
        )
    for query, fence in ended:
        await tell_end(platform, query, fence=fence)
    if hints:
        await send_hints(platform.publisher, _without_idle(hints))
    failed = sum(job.state is JobState.FAILED for job in rescued)
    if rescued:
        _log.warning("lost leases: %d jobs queued again, %d given up", len(rescued) - failed, failed)
    return Swept(requeued=len(rescued) - failed, failed=failed, hinted=len(hints))


def _without_idle(hints: list[Hint]) -> list[Hint]:
    """`hints` without those that would find nothing, because one is enough for several jobs of its kind."""
    seen, kept = Counter[JobKind](), []
    for hint in hints:
        if seen[hint.kind] % TAKEN_TOGETHER.get(hint.kind, 1) == 0:
            kept.append(hint)
        seen[hint.kind] += 1
    return kept


async def _settle(session: Session, settings: Settings, rescued: list[Rescued]) -> list[tuple[Query, int]]:
    """Brings the subjects of rescued jobs into the state of their job; gives the queries that have ended."""
    queued = [job.subject_id for job in rescued if job.state is JobState.QUEUED and job.kind is JobKind.RUN_QUERY]
    if queued:
        await queries.requeued(session, queued)
    ended = []
    for job in rescued:
        if job.state is not JobState.FAILED:
            continue
        error = stored_error(Internal(_GAVE_UP, attempts=job.attempts), Language.EN)
        if job.kind is not JobKind.RUN_QUERY:
            await _give_up(session, settings, job, error)
        elif await queries.end_unrun(session, job.subject_id, QueryState.FAILED, error):
            ended.append((await queries.of_job(session, job.subject_id), job.fence))
    return ended


async def _give_up(session: Session, settings: Settings, job: Rescued, error: dict[str, Any]) -> None:
    """Ends what other jobs than questions were about."""
    subject_id = job.subject_id
    match job.kind:
        case JobKind.INGEST_FILE:
            await files.set_failed(session, subject_id, error)
        case JobKind.SURVEY_DATABASE:
            await databases.set_failed(session, subject_id, error)
        case JobKind.ERASE_ACCOUNT:
            await erasures.end(session, subject_id, ErasureState.FAILED, {})
        case JobKind.EXPORT_DATA:
            ttl_s = settings.export_ttl_s
            await data_exports.end(session, subject_id, ExportState.FAILED, size_bytes=None, ttl_s=ttl_s)
        case JobKind.INDEX_EXCHANGE:
            _log.error("exchange %s could not be indexed; `agentgraph index` tries again", subject_id)
        case JobKind.SUMMARISE_SESSION:
            _log.error(
                "what was said before query %s could not be summarised; a later question tries again", subject_id
            )
        case JobKind.DELIVER_WEBHOOK:
            await webhooks.fail_waiting(session, subject_id, error["code"])
