"""The tasks that remove all that belonged to an account, or pack it up. They take a job's id; the claim decides."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services.accounts import data_exports, erasures
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the tasks to `app`; they go in small steps, and only the lease ends them."""

    @app.task(name=TASK_OF[JobKind.ERASE_ACCOUNT])
    def erase_account(job_id: str) -> None:
        """Removes what belonged to the account of one job; safe to run twice."""
        runtime().run(lambda engine: erasures.take(engine, UUID(job_id)))

    @app.task(name=TASK_OF[JobKind.EXPORT_DATA])
    def export_data(job_id: str) -> None:
        """Makes the archive of one job; safe to run twice."""
        runtime().run(lambda engine: data_exports.take(engine, UUID(job_id)))
