"""The task that reads the schema of a connected database. It takes a job's id; the claim decides what is to do."""

from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.jobs import JobKind
from app.services.databases import database_survey
from app.workers.app import TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Adds the task to `app`; its own deadline (`schema_timeout_s`) and the lease end it."""

    @app.task(name=TASK_OF[JobKind.SURVEY_DATABASE])
    def survey_database(job_id: str) -> None:
        """Reads the schema of one job; safe to run twice."""
        runtime().run(lambda engine: database_survey.take(engine, UUID(job_id)))
