"""Keeps the product's processes and the embedded servers running until it is told to stop; knows none of them."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from app.core.errors import AgentGraphError
from app.core.stopping import STOP_GRACE_S
from app.embedded.guard import Guard
from app.embedded.output import PrefixedOutput
from app.embedded.supervised_process import ProcessSpec, SupervisedProcess

if (
    TYPE_CHECKING
):  # their client libraries take most of a second to import, and not everybody who supervises has services
    from app.embedded.services import EmbeddedServices

OWN_NAME = "up"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_S = 0.2
SERVICE_POLL_S = 0.5
SERVICE_LONGEST_PAUSE_S = 30.0


class Supervisor:
    """Starts processes in the given order and asks all of them at once to stop, the last one first.

    `services` are watched and revived but neither started nor stopped here. `on_ready` is called once, in a thread of
    its own, when all processes have been started; if it raises, everything is stopped and `run` raises the same.
    `grace_s` is the time, in seconds, that they have together to end before what is left is killed.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        services: "EmbeddedServices | None" = None,
        on_ready: Callable[[], None] | None = None,
        output: TextIO | None = None,
        grace_s: float = STOP_GRACE_S,
    ) -> None:
        self._specs = specs
        self._services = services
        self._on_ready = on_ready
        self._output = PrefixedOutput(output or sys.stdout, [OWN_NAME, *(spec.name for spec in specs)])
        self._grace_s = grace_s
        # A pipe, not an event: a signal handler that sets an event can meet its lock held by the interrupted code.
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def run(self) -> None:
        """Blocks until SIGINT, SIGTERM, SIGHUP or `request_stop`, then stops all; a second signal kills at once.

        To be called once, from the main thread.

        Raises:
            OSError: a program cannot be run.
        """
        with Guard() as guard, self._signals_caught():
            children = [SupervisedProcess(spec, guard=guard, output=self._output) for spec in self._specs]
            try:
                for child in children:
                    child.start()
                with self._services_watched():
                    self._tend(children, self._announce())
            finally:
                self._stop(children)

    def request_stop(self) -> None:
        """Makes `run` stop everything and return; a repeated request stops waiting. Safe from any thread."""
        os.write(self._wake_write, b"s")

    @contextmanager
    def _signals_caught(self) -> Iterator[None]:
        before = {number: signal.signal(number, lambda *_: self.request_stop()) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _announce(self) -> "Future[None]":
        """Calls the hook aside, because it may take long and processes must be tended meanwhile."""
        done: Future[None] = Future()

        def call() -> None:
            try:
                if self._on_ready is not None:
                    self._on_ready()
            except Exception as error:  # noqa: BLE001 - handed on to `run`, which raises it
                done.set_exception(error)
            else:
                done.set_result(None)

        threading.Thread(target=call, name="on ready", daemon=True).start()
        return done

    def _tend(self, children: Sequence[SupervisedProcess], hook: "Future[None]") -> None:
        while not self._stop_requested(POLL_S):
            for child in children:
                child.tend()
            if hook.done():
                hook.result()

    def _stop_requested(self, timeout_s: float) -> bool:
        """Waits for a request at the most so long, and takes one off when there is one."""
        readable, _, _ = select.select([self._wake_read], [], [], timeout_s)
        return bool(readable and os.read(self._wake_read, 1))

    def _stop(self, children: Sequence[SupervisedProcess]) -> None:
        for child in reversed(children):
            child.ask_to_stop()
        self._wait_for(children)
        for child in reversed(children):
            child.finish()

    def _wait_for(self, children: Sequence[SupervisedProcess]) -> None:
        """Waits for the end of all within the grace; not any longer once a further request asks for haste."""
        deadline = time.monotonic() + self._grace_s
        while any(child.pid is not None for child in children) and time.monotonic() < deadline:
            if self._stop_requested(0.02):
                return

    @contextmanager
    def _services_watched(self) -> Iterator[None]:
        if self._services is None:
            yield
            return
        stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(self._services, stop), name="services")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _watch(self, services: "EmbeddedServices", stop: threading.Event) -> None:
        pause_s = SERVICE_POLL_S
        while not stop.wait(pause_s):
            try:
                for name in services.revive():
                    self._output.line(OWN_NAME, f"{name} had died and runs again")
                pause_s = SERVICE_POLL_S
            except (AgentGraphError, OSError) as error:
                self._output.line(OWN_NAME, str(error))
                pause_s = min(pause_s * 2, SERVICE_LONGEST_PAUSE_S)
