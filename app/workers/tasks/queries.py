"""The task that answers questions. A job's id comes with it, as with all; the claim decides which question is next."""

from collections.abc import Callable

from celery import Celery

from app.core.jobs import JobKind
from app.services.queries.query_taking import follow_hint
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the task to `app`; its work goes to the loop of this process's runtime.

    The pool of threads enforces no time limit: the question's own deadline, the lease and the cancel flag end it.
    """

    @app.task(name=TASK_OF[JobKind.RUN_QUERY])
    def run_query(job_id: str) -> None:  # noqa: ARG001  (the argument of every task)
        """Answers questions until none is left to take; safe to run twice."""
        runtime().run(follow_hint)
