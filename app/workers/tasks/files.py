"""The task that makes an uploaded file askable. It takes a job's id and runs in a child that may be killed."""

import os
import signal
from collections.abc import Callable
from uuid import UUID

from celery import Celery

from app.core.config import Settings
from app.core.jobs import JobKind
from app.services.files import file_ingestion
from app.services.files.file_ingestion import StillReading
from app.workers.app import KILL_GRACE_S, TASK_OF
from app.workers.runtime import Runtime


def register(app: Celery, runtime: Callable[[], Runtime], settings: Settings) -> None:
    """Adds the task to `app`.

    Time limits: `ingestion_timeout_s` ends the reading with a clear error; the pool kills the child a minute later.
    """

    @app.task(name=TASK_OF[JobKind.INGEST_FILE], time_limit=round(settings.ingestion_timeout_s + KILL_GRACE_S))
    def ingest_file(job_id: str) -> None:
        """Reads the file of one job; safe to run twice."""
        try:
            runtime().run(lambda engine: file_ingestion.take(engine, UUID(job_id)))
        except StillReading:
            os.kill(os.getpid(), signal.SIGKILL)
