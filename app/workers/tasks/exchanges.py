"""What follows an exchange: its place in the search index, the summary of its session. Tasks take a job's id."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services import indexing
from app.services.memory import summaries
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the tasks to `app`; a provider's own time limits and the lease end them."""

    @app.task(name=TASK_OF[JobKind.INDEX_EXCHANGE])
    def index_exchange(_job_id: str) -> None:
        """Indexes exchanges that wait, whichever the hint is about; safe to run twice."""
        runtime().run(indexing.take)

    @app.task(name=TASK_OF[JobKind.SUMMARISE_SESSION])
    def summarise_session(job_id: str) -> None:
        """Summarises what a session has said before, where that is due; safe to run twice."""
        runtime().run(lambda engine: summaries.take(engine, UUID(job_id)))
