"""The task that puts an exchange into the search index. It takes a job's id; the claim decides what is to do."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services import indexing
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the task to `app`; a provider's own time limits and the lease end it."""

    @app.task(name=TASK_OF[JobKind.INDEX_EXCHANGE])
    def index_exchange(job_id: str) -> None:
        """Indexes the exchange of one job; safe to run twice."""
        runtime().run(lambda engine: indexing.take(engine, UUID(job_id)))
