"""Names of background work, and the seam through which services hint at it without knowing the queue."""

from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Queue(StrEnum):
    """Queues by kind of work."""

    QUERIES = "queries"
    UPLOADS = "uploads"
    DATABASES = "databases"
    INDEXING = "indexing"
    MAINTENANCE = "maintenance"


class JobKind(StrEnum):
    """Every kind of job; each has exactly one task in `app.workers.tasks`."""

    RUN_QUERY = "run_query"
    INGEST_FILE = "ingest_file"
    SURVEY_DATABASE = "survey_database"
    ERASE_ACCOUNT = "erase_account"
    EXPORT_DATA = "export_data"
    INDEX_EXCHANGE = "index_exchange"
    SUMMARISE_SESSION = "summarise_session"
    DELIVER_WEBHOOK = "deliver_webhook"


QUEUE_OF: dict[JobKind, Queue] = {
    JobKind.RUN_QUERY: Queue.QUERIES,
    JobKind.INGEST_FILE: Queue.UPLOADS,
    JobKind.SURVEY_DATABASE: Queue.DATABASES,
    JobKind.ERASE_ACCOUNT: Queue.MAINTENANCE,
    JobKind.EXPORT_DATA: Queue.MAINTENANCE,
    JobKind.INDEX_EXCHANGE: Queue.INDEXING,
    JobKind.SUMMARISE_SESSION: Queue.MAINTENANCE,
    JobKind.DELIVER_WEBHOOK: Queue.MAINTENANCE,
}


TAKEN_TOGETHER: dict[JobKind, int] = {JobKind.INDEX_EXCHANGE: 32}
"""Kinds of which a worker takes up to so many jobs at one hint, the oldest that wait; of all others it takes one."""


class Publisher(Protocol):
    """Tells workers that a job is there. A lost hint costs time, never the job: the sweeper repeats it."""

    def publish(self, kind: JobKind, job_id: UUID) -> None:
        """Sends the hint; blocks for the broker, so call it in a thread. Raises when the broker is away."""
        ...
