"""The Celery application: queues, acknowledgement, limits. The broker carries hints; the queue of record is a table."""

from celery import Celery
from kombu import Queue as KombuQueue

from app.core.config import Settings
from app.core.jobs import JobKind, Queue

TASK_OF: dict[JobKind, str] = {
    JobKind.RUN_QUERY: "queries.run",
    JobKind.INGEST_FILE: "files.ingest",
    JobKind.SURVEY_DATABASE: "databases.survey",
    JobKind.ERASE_ACCOUNT: "accounts.erase",
    JobKind.EXPORT_DATA: "accounts.export",
    JobKind.INDEX_EXCHANGE: "exchanges.index",
    JobKind.SUMMARISE_SESSION: "sessions.summarise",
    JobKind.DELIVER_WEBHOOK: "webhooks.deliver",
}
"""Name of the one task for each kind of job; its only argument is the job's id."""
TRACE_HEADER = "traceparent"
"""Of a hint: the trace in which its job was made."""
KILL_GRACE_S = 60
"""Beyond the ingestion's own deadline, before the pool kills the child that works on it."""
SOCKET_TIMEOUT_S = 30.0
REDIS_SCHEMES = ("redis", "sentinel")
"""How the URLs of brokers begin that Celery counts as Redis, Valkey among them."""


def make_celery(settings: Settings) -> Celery:
    """The application for `settings`; no task is registered yet and nothing is connected."""
    app = Celery("agentgraph", set_as_current=False)
    broker_url = settings.broker_url or settings.valkey_url
    by_idle_slots = broker_url is not None and broker_url.startswith(REDIS_SCHEMES)
    longest_s = max(settings.query_timeout_s, settings.ingestion_timeout_s + KILL_GRACE_S) + settings.lease_s
    app.conf.update(
        broker_url=broker_url,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            # Above the longest task, so that hints do not come twice; when one does, its claim fails and nothing runs.
            "visibility_timeout": longest_s * 2,
            "socket_timeout": SOCKET_TIMEOUT_S,
            "socket_keepalive": True,
        },
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_queues=[KombuQueue(queue.value) for queue in Queue],
        task_create_missing_queues=False,
        # A worker holds as many hints as it works on. By Redis that is counted by its tasks and not by what it has not
        # acknowledged: an acknowledgement that fails while the broker is away is never made good, and a worker of one
        # slot would wait for it for ever.
        task_acks_late=True,
        worker_prefetch_multiplier=0 if by_idle_slots else 1,
        worker_disable_prefetch=by_idle_slots,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
    )
    return app
