"""Making an uploaded file askable: the upload worker's part, in a process that may be killed at any moment."""

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.core.errors import AgentGraphError, Internal, TimedOut, Unavailable
from app.core.i18n import Language
from app.core.storage import COLUMNAR, DATABASE, RAW, VALUES
from app.ingestion.options import IngestLimits, Progress
from app.ingestion.pipeline import ingest
from app.ingestion.report import REPORT_JSON, IngestReport
from app.models import FileState, JobState
from app.repositories import files, jobs
from app.repositories.jobs import Claim
from app.services.endings import stored_error
from app.services.engine import Engine
from app.services.results import json_value

PROGRESS_S = 1.0
"""How often the progress of a running ingestion is written, in seconds."""
STOP_S = 10.0
"""How long a reading that has to stop may take until its next sign of progress; then its process has to go."""
_log = logging.getLogger(__name__)


class StillReading(Exception):
    """A reading did not stop when it had to; only the end of its process ends it."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A claimed version and what reading it needs."""

    claim: Claim
    name: str
    folder: Path
    size_bytes: int

    @property
    def building(self) -> Path:
        """Where this attempt writes; no other attempt does."""
        return self.folder / f"build-{self.claim.fence}"


class _Reading:
    """Between the reading thread and the event loop: the newest progress one way, the order to stop the other."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.stop_with: AgentGraphError | None = None

    def tell(self, progress: Progress) -> None:
        """Called by the reading thread. Raises what it was stopped with."""
        self.progress = progress
        if self.stop_with is not None:
            raise self.stop_with


async def take(engine: Engine, job_id: UUID) -> None:
    """Claims an ingestion job, reads the file and stores the end. Quiet when somebody else has the job.

    Raises StillReading when the process must end because a reading does not.
    """
    claimed_at = time.monotonic()
    job = await _claim(engine, job_id)
    if job is None:
        return
    held = engine.jobs.hold(job.claim, claimed_at)
    task = engine.jobs.work(held, _perform(engine, job))
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def _claim(engine: Engine, job_id: UUID) -> _Job | None:
    async with engine.platform.database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=engine.platform.settings.lease_s)
        found = None if claim is None else await files.version_with_file(session, claim.subject_id)
        if claim is None:
            return None
        if found is None or found[1].deleted_at is not None or found[0].state in {FileState.READY, FileState.FAILED}:
            await jobs.finish(session, claim, JobState.DONE)
            return None
        version, file = found
        await files.set_state(session, version.id, FileState.INGESTING)
        return _Job(claim, file.name, engine.store.path(version.storage_key), size_bytes=version.size_bytes)


async def _perform(engine: Engine, job: _Job) -> None:
    """Reads the file and commits what came of it, unless the claim was lost meanwhile."""
    try:
        report = await _read(engine, job)
    except AgentGraphError as error:
        await _fail(engine, job, error)
    except (StillReading, asyncio.CancelledError):
        raise
    except Exception:  # noqa: BLE001  (the last resort of a job: a defect ends it with a code and a log entry)
        _log.exception("reading version %s failed by a defect", job.claim.subject_id)
        await _fail(engine, job, Internal())
    else:
        await _publish(engine, job, report)


async def _read(engine: Engine, job: _Job) -> IngestReport:
    settings, reading = engine.platform.settings, _Reading()
    limits = IngestLimits(
        max_bytes=settings.max_upload_bytes,
        max_columns=settings.max_columns,
        columnar_rows=settings.columnar_min_rows or None,
    )
    await asyncio.to_thread(_make_room, job)
    thread = asyncio.create_task(
        asyncio.to_thread(ingest, job.folder / RAW, job.building, name=job.name, limits=limits, progress=reading.tell)
    )
    deadline = time.monotonic() + settings.ingestion_timeout_s
    try:
        while not thread.done() and time.monotonic() < deadline:
            await asyncio.wait([thread], timeout=PROGRESS_S)
            await _note_progress(engine, job, reading)
    finally:
        reading.stop_with = TimedOut(limit_s=settings.ingestion_timeout_s)
    if not thread.done() and not (await asyncio.wait([thread], timeout=STOP_S))[0]:
        await _fail(engine, job, TimedOut(limit_s=settings.ingestion_timeout_s))
        raise StillReading
    return thread.result()


async def _note_progress(engine: Engine, job: _Job, reading: _Reading) -> None:
    progress = reading.progress
    if progress is None:
        return
    try:
        async with engine.platform.database.transaction() as session:
            await files.set_progress(
                session, job.claim.subject_id, rows_done=progress.rows, bytes_done=progress.bytes_read
            )
    except Unavailable:
        _log.warning("progress of version %s was not written", job.claim.subject_id)


async def _publish(engine: Engine, job: _Job, report: IngestReport) -> None:
    """Moves the files to their place, then makes the version ready in one commit: never half-visible."""
    await asyncio.to_thread(_move, job)
    stored = REPORT_JSON.dump_python(report, mode="json")
    catalog = stored.pop("catalog")
    async with engine.platform.database.transaction() as session:
        if await jobs.finish(session, job.claim, JobState.DONE):
            await files.set_ready(
                session,
                job.claim.subject_id,
                rows=report.rows,
                size_bytes=job.size_bytes,
                report=json_value(stored),
                catalog=json_value(catalog),
            )


async def _fail(engine: Engine, job: _Job, error: AgentGraphError) -> None:
    await asyncio.to_thread(shutil.rmtree, job.building, ignore_errors=True)
    async with engine.platform.database.transaction() as session:
        if await jobs.finish(session, job.claim, JobState.DONE):
            await files.set_failed(session, job.claim.subject_id, stored_error(error, Language.EN))


def _make_room(job: _Job) -> None:
    """Removes what earlier attempts left."""
    for left in job.folder.glob("build-*"):
        shutil.rmtree(left, ignore_errors=True)
    job.building.mkdir(mode=0o700)


def _move(job: _Job) -> None:
    for name in (DATABASE, VALUES, COLUMNAR):
        if name != COLUMNAR or (job.building / name).exists():
            (job.building / name).replace(job.folder / name)
    shutil.rmtree(job.building, ignore_errors=True)
