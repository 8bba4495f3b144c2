"""One event loop in a thread of a worker process, with the platform and engine that all of its tasks share."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from typing import TypeVar

import uvloop
from celery import current_task

from app.core.config import Settings
from app.core.tracing import continued
from app.services.engine.engine import Engine, open_engine
from app.services.platform import Part, open_platform
from app.workers.app import TRACE_HEADER
from app.workers.publisher import CeleryPublisher

T = TypeVar("T")
START_TIMEOUT_S = 180.0
"""As long as the API may take: a busy machine needs minutes to start a process, and a worker that gives up is lost."""
_log = logging.getLogger(__name__)


class Runtime:
    """Made in the process that uses it, never before a fork: connections are bound to its loop."""

    def __init__(self, settings: Settings, *, asks: bool) -> None:
        self._settings = settings
        self._asks = asks
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="event-loop", daemon=True)
        self._publisher = CeleryPublisher(settings.broker_url or settings.valkey_url)
        self._engine: Engine | None = None
        self._closing = threading.Lock()

    def start(self) -> None:
        """Starts the loop and opens the engine. Raises Misconfigured when a needed setting is missing."""
        self._thread.start()
        self._engine = self._submit(self._open, timeout_s=START_TIMEOUT_S)

    def run(self, work: Callable[[Engine], Awaitable[None]]) -> None:
        """Runs `work` on the loop beside all others, and waits for it in this thread."""
        engine = self._engine
        if engine is None:
            _log.info("a hint came after the runtime was closed; the sweeper repeats it")
            return
        try:
            # The loop runs it in a copy of this thread's context, and so in the trace of the hint.
            with continued(current_task.request.get(TRACE_HEADER)):
                self._submit(lambda: work(engine))
        except CancelledError:
            _log.info("a task was stopped")

    def close(self, *, grace_s: float) -> None:
        """Lets work end for `grace_s` seconds, hands the rest back, closes everything; harmless when repeated."""
        with self._closing:
            engine, self._engine = self._engine, None
            if engine is None:
                return
            self._submit(lambda: self._close(engine, grace_s))
            self._publisher.close()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _open(self) -> Engine:
        part = Part.WORKER if self._asks else Part.INGESTION
        platform = open_platform(self._settings, self._publisher, part)
        return await open_engine(platform, asks=self._asks)

    async def _close(self, engine: Engine, grace_s: float) -> None:
        await engine.close(grace_s=grace_s)
        await engine.platform.close()

    def _submit(self, work: Callable[[], Awaitable[T]], *, timeout_s: float | None = None) -> T:
        async def awaited() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(timeout_s)
