"""The jobs of the indexing queue in tests without workers: done here, by the services that workers call."""

from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from app.core.jobs import JobKind
from app.models import Job, JobState
from app.services import indexing
from app.services.engine.engine import Engine
from app.services.memory import summaries


async def index_all(app: FastAPI) -> int:
    """Does every waiting job of the index; gives how many there were."""
    waiting = await _waiting(app, JobKind.INDEX_EXCHANGE)
    while await _waiting(app, JobKind.INDEX_EXCHANGE):
        await indexing.take(app.state.engine)
    return len(waiting)


async def summarise_all(app: FastAPI) -> int:
    """Does every waiting job that summarises a session; gives how many there were."""
    waiting = await _waiting(app, JobKind.SUMMARISE_SESSION)
    for job_id in waiting:
        await summaries.take(app.state.engine, job_id)
    return len(waiting)


async def _waiting(app: FastAPI, kind: JobKind) -> list[UUID]:
    engine: Engine = app.state.engine
    statement = select(Job.id).where(Job.kind == kind, Job.state == JobState.QUEUED)
    async with engine.platform.database.read() as session:
        return list((await session.execute(statement)).scalars())
