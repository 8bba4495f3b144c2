"""Reading the schema of a connected database: the part of the `databases` queue."""

import asyncio
import logging
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.connectors.catalog import CATALOG_JSON
from app.connectors.endpoint import Endpoint
from app.connectors.survey import Survey, Values, fingerprint_of
from app.core.errors import AgentGraphError, Internal, TimedOut, Unavailable
from app.core.i18n import Language
from app.ingestion.value_index import write_values
from app.models import JobState, SurveyState
from app.repositories import databases, jobs
from app.repositories.databases import Findings
from app.repositories.jobs import Claim
from app.services.engine.engine import Engine
from app.services.jobs.endings import stored_error
from app.services.results import json_value

SAMPLING_SHARE = 0.8
"""Part of the time for reading a schema that may go into looking at rows."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    claim: Claim
    endpoint: Endpoint


async def take(engine: Engine, job_id: UUID) -> None:
    """Claims a job, reads the schema and stores what was found. Quiet when somebody else has the job."""
    claimed_at = time.monotonic()
    job = await _claim(engine, job_id)
    if job is None:
        return
    held = engine.jobs.hold(job.claim, claimed_at)
    await asyncio.wait([engine.jobs.work(held, _perform(engine, job))])


async def _claim(engine: Engine, job_id: UUID) -> _Job | None:
    async with engine.platform.database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=engine.platform.settings.lease_s)
        if claim is None:
            return None
        found = await databases.snapshot_with_database(session, claim.subject_id)
        if found is None or found[0].state in {SurveyState.READY, SurveyState.FAILED}:
            await jobs.finish(session, claim, JobState.DONE)
            return None
        try:
            endpoint = engine.databases.access.endpoint(found[1])
        except AgentGraphError as error:
            await jobs.finish(session, claim, JobState.DONE)
            await databases.set_failed(session, claim.subject_id, stored_error(error, Language.EN))
            return None
        await databases.begin(session, claim.subject_id)
    return _Job(claim, endpoint)


async def _perform(engine: Engine, job: _Job) -> None:
    """Commits what came of the reading, unless the claim was lost meanwhile."""
    try:
        found = await asyncio.to_thread(_findings, await _survey(engine, job.endpoint))
    except AgentGraphError as error:
        if type(error) is Unavailable:
            _log.warning("reading schema %s waits for the system database", job.claim.subject_id)
            return
        await _fail(engine, job, error)
        return
    except Exception:  # noqa: BLE001  (the last resort of a job: a defect ends it with a code and a log entry)
        _log.exception("reading schema %s failed by a defect", job.claim.subject_id)
        await _fail(engine, job, Internal())
        return
    async with engine.platform.database.transaction() as session:
        if await jobs.finish(session, job.claim, JobState.DONE):
            await databases.set_ready(session, job.claim.subject_id, found)


async def _survey(engine: Engine, endpoint: Endpoint) -> Survey:
    limit_s = engine.platform.settings.schema_timeout_s
    connector = engine.databases.access.open(endpoint)
    try:
        async with asyncio.timeout(limit_s):
            return await connector.survey(limit_s * SAMPLING_SHARE)
    except TimeoutError as error:
        raise TimedOut(limit_s=limit_s) from error
    finally:
        await connector.close()


def _findings(survey: Survey) -> Findings:
    """What is stored of a survey. Blocks."""
    examination = survey.examination
    return Findings(
        fingerprint=fingerprint_of(survey.catalog),
        catalog=json_value(CATALOG_JSON.dump_python(survey.catalog, mode="json")),
        tables_found=len(survey.catalog.tables),
        server=examination.server,
        warnings=list(examination.privileges.warnings),
        grants=list(examination.privileges.grants),
        values=_packed(survey.values),
    )


def _packed(values: tuple[Values, ...]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="agentgraph-") as folder:
        path = Path(folder) / "values.sqlite"
        write_values(path, values)
        return zlib.compress(path.read_bytes())


async def _fail(engine: Engine, job: _Job, error: AgentGraphError) -> None:
    async with engine.platform.database.transaction() as session:
        if await jobs.finish(session, job.claim, JobState.DONE):
            await databases.set_failed(session, job.claim.subject_id, stored_error(error, Language.EN))
