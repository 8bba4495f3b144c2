"""The task that removes what belonged to a closed account. It takes a job's id; the claim decides what is to do."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services import erasures
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the task to `app`; it goes in small transactions, and only the lease ends it."""

    @app.task(name=TASK_OF[JobKind.ERASE_ACCOUNT])
    def erase_account(job_id: str) -> None:
        """Removes what belonged to the account of one job; safe to run twice."""
        runtime().run(lambda engine: erasures.take(engine, UUID(job_id)))
