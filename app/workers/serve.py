"""Starts a worker (threads over one event loop, or processes for files) or the scheduler."""

import ctypes
import logging
import os
import signal
import threading
import warnings

from celery import signals
from celery.exceptions import SecurityWarning

from app.core.config import Settings
from app.core.errors import Misconfigured
from app.core.jobs import Queue
from app.core.logging import configure_logging
from app.core.stopping import DRAIN_S
from app.workers.app import make_celery
from app.workers.beat import run_beat
from app.workers.runtime import Runtime
from app.workers.tasks import accounts, databases, exchanges, files, queries, webhooks

__all__ = ["run_beat", "run_worker"]

TASKS_PER_CHILD = 50
"""Files after which a process that reads them is replaced, so that no leak grows."""
INDEXING_NICENESS = 10
"""Of a worker that only indexes: its model takes a core whenever it is let, and nobody waits for it."""
PR_SET_PDEATHSIG = 1
"""prctl(2): the signal a process gets when its parent dies."""
_log = logging.getLogger(__name__)


class _Runtimes:
    """The runtime of whichever process asks: a forked child gets one of its own."""

    def __init__(self, settings: Settings, *, asks: bool) -> None:
        self._settings = settings
        self._asks = asks
        self._lock = threading.Lock()
        self._mine: tuple[int, Runtime] | None = None

    def get(self) -> Runtime:
        """This process's runtime, started on first use."""
        with self._lock:
            if self._mine is None or self._mine[0] != os.getpid():
                runtime = Runtime(self._settings, asks=self._asks)
                runtime.start()
                self._mine = (os.getpid(), runtime)
            return self._mine[1]

    def close(self, *, grace_s: float) -> None:
        """Closes this process's runtime, when it has one."""
        if self._mine is not None and self._mine[0] == os.getpid():
            self._mine[1].close(grace_s=grace_s)


def run_worker(settings: Settings, queue_names: list[str]) -> int:
    """Works on `queue_names` until the process is asked to stop (SIGTERM); gives the exit code.

    Raises Misconfigured for unknown queues, and for `uploads` with others: they need another pool.
    """
    wanted = _queues(queue_names)
    _log_as_the_rest(settings)
    in_threads, only_indexes = Queue.UPLOADS not in wanted, wanted == [Queue.INDEXING]
    asks = in_threads and not only_indexes
    if only_indexes:
        os.nice(INDEXING_NICENESS)
    app, runtimes = make_celery(settings), _Runtimes(settings, asks=asks)
    queries.register(app, runtimes.get)
    databases.register(app, runtimes.get)
    exchanges.register(app, runtimes.get)
    webhooks.register(app, runtimes.get)
    files.register(app, runtimes.get, settings)
    accounts.register(app, runtimes.get)
    _connect(runtimes, in_threads=in_threads)
    worker = app.Worker(
        queues=[queue.value for queue in wanted],
        pool="threads" if in_threads else "prefork",
        concurrency=_concurrency(settings, in_threads=in_threads, only_indexes=only_indexes),
        max_tasks_per_child=None if in_threads else TASKS_PER_CHILD,
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _concurrency(settings: Settings, *, in_threads: bool, only_indexes: bool) -> int:
    if only_indexes:
        return 1
    return settings.query_concurrency if in_threads else settings.upload_concurrency


def _log_as_the_rest(settings: Settings) -> None:
    """One format for all parts. Celery's warning about root is about pickled messages, which are refused here."""
    warnings.filterwarnings("ignore", category=SecurityWarning)
    signals.setup_logging.connect(lambda **_: configure_logging(settings), weak=False)


def _queues(names: list[str]) -> list[Queue]:
    try:
        wanted = [Queue(name) for name in names]
    except ValueError:
        known = ", ".join(queue.value for queue in Queue)
        raise Misconfigured(setting="--queues", reason=f"the queues are {known}") from None
    if not wanted or (Queue.UPLOADS in wanted and {Queue.QUERIES, Queue.DATABASES, Queue.INDEXING} & set(wanted)):
        raise Misconfigured(setting="--queues", reason="uploads need a worker of their own")
    return wanted


def _connect(runtimes: _Runtimes, *, in_threads: bool) -> None:
    """Ties the runtime's life to the worker's: one of threads opens at start and drains when it is to stop."""

    def drain(**_: object) -> None:
        threading.Thread(target=runtimes.close, kwargs={"grace_s": DRAIN_S}, name="drain").start()

    def open_or_end(**_: object) -> None:
        # Celery swallows what signal handlers raise: the worker would take hints and answer none of them.
        try:
            runtimes.get()
        except Exception:  # noqa: BLE001  (whatever it is, the supervisor has to see it)
            _log.exception("the worker cannot work, and ends")
            os._exit(1)

    if in_threads:
        signals.worker_ready.connect(open_or_end, weak=False)
        signals.worker_shutting_down.connect(drain, weak=False)
        signals.worker_shutdown.connect(lambda **_: runtimes.close(grace_s=0), weak=False)
    else:
        signals.worker_process_init.connect(lambda **_: _die_with_parent(), weak=False)
        signals.worker_process_shutdown.connect(lambda **_: runtimes.close(grace_s=0), weak=False)


def _die_with_parent() -> None:
    """Asks the kernel to kill this child when the worker dies, so that nobody reads on without a supervisor."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
