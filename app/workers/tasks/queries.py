"""The task that answers a question. It takes a job's id; the claim decides whether there is something to do."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services.queries import query_run
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the task to `app`; its work goes to the loop of this process's runtime.

    The pool of threads enforces no time limit: the question's own deadline, the lease and the cancel flag end it.
    """

    @app.task(name=TASK_OF[JobKind.RUN_QUERY])
    def run_query(job_id: str) -> None:
        """Answers questions until none is left to take; safe to run twice."""
        runtime().run(lambda engine: query_run.work_off(engine, UUID(job_id)))
