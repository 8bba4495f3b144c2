"""The task that sends a message to a webhook. It takes a job's id; the claim decides what is to do."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services.automation import webhook_deliveries
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the task to `app`; one try has its own deadline, and later tries are later jobs."""

    @app.task(name=TASK_OF[JobKind.DELIVER_WEBHOOK])
    def deliver_webhook(job_id: str) -> None:
        """Tries to deliver one message; safe to run twice, because receivers know messages by their id."""
        runtime().run(lambda engine: webhook_deliveries.take(engine, UUID(job_id)))
