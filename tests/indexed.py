"""The search index in tests without workers: its jobs are done here, by the service that workers call."""

from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from app.core.jobs import JobKind
from app.models import Job, JobState
from app.services import indexing
from app.services.engine.engine import Engine


async def index_all(app: FastAPI) -> int:
    """Does every waiting job of the index; gives how many there were."""
    engine: Engine = app.state.engine
    statement = select(Job.id).where(Job.kind == JobKind.INDEX_EXCHANGE, Job.state == JobState.QUEUED)
    async with engine.platform.database.read() as session:
        waiting: list[UUID] = list((await session.execute(statement)).scalars())
    for job_id in waiting:
        await indexing.take(engine, job_id)
    return len(waiting)
