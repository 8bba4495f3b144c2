"""Sends hints to the broker: the kind of a job, its id, and the trace in which it was made."""

from uuid import UUID

from celery import Celery
from kombu.exceptions import KombuError

from app.core.errors import Unavailable
from app.core.jobs import QUEUE_OF, JobKind
from app.core.tracing import Kind, span, traceparent
from app.workers.app import TASK_OF, TRACE_HEADER

TIMEOUT_S = 2.0
"""Longest wait for the broker, in seconds: a hint that does not get through is repeated by the sweeper."""


class CeleryPublisher:
    """The publisher of a process; may be shared between threads."""

    def __init__(self, broker_url: str | None) -> None:
        self._app = Celery("agentgraph-hints", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            task_serializer="json",
            broker_connection_timeout=TIMEOUT_S,
            broker_transport_options={"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S},
        )

    def publish(self, kind: JobKind, job_id: UUID) -> None:
        """Sends one hint. Raises Unavailable when the broker does not take it in time."""
        queue = QUEUE_OF[kind].value
        attributes = {
            "messaging.system": "celery",
            "messaging.operation.type": "send",
            "messaging.destination.name": queue,
        }
        with span(f"send {queue}", Kind.PRODUCER, attributes):
            self._send(kind, job_id, queue)

    def _send(self, kind: JobKind, job_id: UUID, queue: str) -> None:
        headers = {TRACE_HEADER: traceparent()}
        try:
            self._app.send_task(
                TASK_OF[kind], args=(str(job_id),), queue=queue, ignore_result=True, retry=False, headers=headers
            )
        except (KombuError, OSError) as error:
            raise Unavailable from error
        except self._app.connection_for_write().connection_errors as error:
            raise Unavailable from error

    def close(self) -> None:
        """Closes the connections to the broker."""
        self._app.close()
