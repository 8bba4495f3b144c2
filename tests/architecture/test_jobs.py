"""Every kind of background work has one queue and one task."""

from app.core.jobs import QUEUE_OF, JobKind
from app.workers.app import TASK_OF


def test_every_job_has_exactly_one_task_and_one_queue() -> None:
    assert TASK_OF.keys() == QUEUE_OF.keys() == set(JobKind)
    assert len(set(TASK_OF.values())) == len(TASK_OF)
