"""Making an uploaded file askable: the upload worker's part, in a process that may be killed at any moment."""

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.connectors.catalog import CATALOG_JSON
from app.core.db import Session
from app.core.errors import AgentGraphError, Conflict, Internal, TimedOut, Unavailable
from app.core.errors.files import ChecksumMismatch
from app.core.i18n import Language, Text
from app.core.storage import RAW, UPLOADS, Arrival, attempt_key, chunk_key, raw_key, version_key
from app.ingestion.options import IngestLimits, Progress, ReadOptions
from app.ingestion.pipeline import ingest
from app.ingestion.report import REPORT_JSON, IngestReport
from app.models import FileState, FileVersion, JobState, Origin, Work
from app.repositories import files, jobs, metering, uploads
from app.repositories.jobs import Claim
from app.repositories.metering import Amount
from app.services.engine.engine import Engine
from app.services.files.appending import Base, append, options_for
from app.services.files.read_options import options_of
from app.services.jobs.endings import stored_error
from app.services.results import json_value

PROGRESS_S = 1.0
"""How often the progress of a running ingestion is written, in seconds."""
STOP_S = 10.0
"""How long a reading that has to stop may take until its next sign of progress; then its process has to go."""
_NO_BASE = Text(
    en="The version to which the rows were to be added has gone. Add them again.",
    pt="A versão à qual as linhas seriam acrescentadas não existe mais. Acrescente-as de novo.",
)
_log = logging.getLogger(__name__)


class StillReading(Exception):
    """A reading did not stop when it had to; only the end of its process ends it."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A claimed version and what reading it needs."""

    claim: Claim
    name: str
    file_id: UUID
    owner_id: UUID
    begun: float
    """When this attempt began (`time.monotonic`)."""
    size_bytes: int
    origin: Origin
    base: FileVersion | None
    options: ReadOptions
    upload_id: UUID | None
    """The upload whose chunks have yet to be put together."""
    expected_sha256: str | None
    work: Path
    """Local folder of this attempt; no other attempt writes there."""

    @property
    def version_id(self) -> UUID:
        """The version that is read."""
        return self.claim.subject_id

    @property
    def artefacts(self) -> Path:
        """Where this attempt makes what is published at its end."""
        return self.work / "artefacts"

    @property
    def storage_key(self) -> str:
        """Where this attempt publishes: what another one has left there is never touched."""
        return f"{version_key(self.file_id, self.version_id)}/{self.claim.fence}"


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
    """Claims an ingestion job, reads the file and stores the end. Quiet when there is none to take.

    `job_id` is a hint that work is there; which job is taken is decided by fairness between owners, so that one
    person's hundred files do not keep another's waiting. Raises StillReading when the process must end because a
    reading does not.
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
        for candidate in (*await files.fairest_jobs(session), job_id):
            claim = await jobs.claim(session, candidate, lease_s=engine.platform.settings.lease_s)
            if claim is not None:
                return await _begin(session, engine, claim)
    return None


async def _begin(session: Session, engine: Engine, claim: Claim) -> _Job | None:
    found = await files.version_with_file(session, claim.subject_id)
    if found is None or found[1].deleted_at is not None or found[0].state in {FileState.READY, FileState.FAILED}:
        await jobs.finish(session, claim, JobState.DONE)
        return None
    version, file = found
    base = None if version.base_id is None else await files.version(session, version.base_id)
    await files.begin(session, version.id)
    return _Job(
        claim=claim,
        name=await files.name_of_table(session, file.id) or file.name,
        file_id=file.id,
        owner_id=file.owner_id,
        begun=time.monotonic(),
        size_bytes=version.size_bytes,
        origin=Origin(version.origin),
        base=base,
        options=options_of(version.options),
        upload_id=version.upload_id if version.sha256 is None else None,
        expected_sha256=version.expected_sha256,
        work=engine.store.path(attempt_key(version.id, claim.fence)),
    )


async def _perform(engine: Engine, job: _Job) -> None:
    """Reads the file and commits what came of it, unless the claim was lost meanwhile.

    While the store or the database is away the job is left as it is; another attempt begins when its lease is over.
    """
    try:
        await asyncio.to_thread(_make_room, job)
        report = await _read(engine, job)
        await _publish(engine, job, report)
    except AgentGraphError as error:
        if type(error) is Unavailable:
            _log.warning("reading version %s waits for the store or the system database", job.version_id)
            return
        await _fail(engine, job, error)
    except (StillReading, asyncio.CancelledError):
        raise
    except Exception:  # noqa: BLE001  (the last resort of a job: a defect ends it with a code and a log entry)
        _log.exception("reading version %s failed by a defect", job.version_id)
        await _fail(engine, job, Internal())
    finally:
        await asyncio.to_thread(shutil.rmtree, job.work, ignore_errors=True)


async def _read(engine: Engine, job: _Job) -> IngestReport:
    async with AsyncExitStack() as stack:
        raw = await _raw(engine, job)
        base = None
        if job.origin is Origin.APPEND:
            if job.base is None or job.base.catalog is None:
                raise Conflict(_NO_BASE)
            folder = await stack.enter_async_context(engine.store.use(job.base.storage_key))
            base = Base(folder, CATALOG_JSON.validate_python(job.base.catalog))
        return await _watched(engine, job, raw, base)


async def _raw(engine: Engine, job: _Job) -> Path:
    """The raw bytes as a local file, put together from their chunks when they came so. Raises ChecksumMismatch."""
    key = raw_key(job.file_id, job.version_id)
    if job.upload_id is None:
        return await engine.store.fetched(key, job.work)
    async with engine.platform.database.read() as session:
        chunks = await uploads.chunks(session, job.upload_id)
    arrival = await asyncio.to_thread(Arrival, job.work / RAW)
    try:
        for chunk in chunks:
            async for piece in engine.store.objects.read(chunk_key(job.upload_id, chunk.index, chunk.sha256)):
                await asyncio.to_thread(arrival.write, piece)
        sha256 = await asyncio.to_thread(arrival.close)
        if job.expected_sha256 not in {None, sha256}:
            raise ChecksumMismatch(expected=job.expected_sha256, actual=sha256)
        sent = job.work / "sent"
        await asyncio.to_thread(os.link, arrival.path, sent)
        await engine.store.objects.put(key, sent)
    except BaseException:
        await asyncio.to_thread(arrival.discard)
        raise
    async with engine.platform.database.transaction() as session:
        await files.set_assembled(session, job.version_id, sha256)
    await engine.store.objects.remove(f"{UPLOADS}/{job.upload_id}")
    return arrival.path


async def _watched(engine: Engine, job: _Job, raw: Path, base: Base | None) -> IngestReport:
    """What `_make` gives, with its progress told; stopped at the deadline."""
    settings, reading = engine.platform.settings, _Reading()
    limits = IngestLimits(
        max_bytes=settings.max_upload_bytes,
        max_columns=settings.max_columns,
        columnar_rows=settings.columnar_min_rows or None,
    )
    thread = asyncio.create_task(asyncio.to_thread(_make, job, raw, base, limits, reading.tell))
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


def _make(
    job: _Job, raw: Path, base: Base | None, limits: IngestLimits, tell: Callable[[Progress], None]
) -> IngestReport:
    """Makes all artefacts of the version. Blocks."""
    options = job.options if base is None else options_for(base.catalog, job.options)
    report = ingest(raw, job.artefacts, name=job.name, options=options, limits=limits, progress=tell)
    return report if base is None else append(base, job.artefacts, report, limits, tell)


async def _note_progress(engine: Engine, job: _Job, reading: _Reading) -> None:
    progress = reading.progress
    if progress is None:
        return
    try:
        async with engine.platform.database.transaction() as session:
            await files.set_progress(session, job.version_id, rows_done=progress.rows, bytes_done=progress.bytes_read)
    except Unavailable:
        _log.warning("progress of version %s was not written", job.version_id)


async def _publish(engine: Engine, job: _Job, report: IngestReport) -> None:
    """Puts the artefacts into the store, then makes the version ready in one commit: never half-visible."""
    made = await engine.store.publish(job.artefacts, job.storage_key)
    stored = REPORT_JSON.dump_python(report, mode="json")
    catalog = stored.pop("catalog")
    async with engine.platform.database.transaction() as session:
        if await jobs.finish(session, job.claim, JobState.DONE):
            await files.set_ready(
                session,
                job.version_id,
                rows=report.rows,
                storage_key=job.storage_key,
                made_bytes=made,
                report=json_value(stored),
                catalog=json_value(catalog),
            )
            took_s = time.monotonic() - job.begun
            await metering.add(session, job.owner_id, Work.INGESTION, Amount(1, took_s, report.rows, job.size_bytes))


async def _fail(engine: Engine, job: _Job, error: AgentGraphError) -> None:
    async with engine.platform.database.transaction() as session:
        if await jobs.finish(session, job.claim, JobState.DONE):
            await files.set_failed(session, job.version_id, stored_error(error, Language.EN))


def _make_room(job: _Job) -> None:
    """Removes what earlier attempts left on this machine."""
    for left in job.work.parent.glob(f"{job.version_id}-*"):
        shutil.rmtree(left, ignore_errors=True)
    job.work.mkdir(mode=0o700, parents=True)
