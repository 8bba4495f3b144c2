"""Visible progress of a start: a line before each step, its time after it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(what: str) -> Iterator[None]:
    """Says what begins, and how long it took when it has succeeded."""
    started = time.monotonic()
    print(f"{what} ...", flush=True)
    yield
    print(f"{what}: done in {time.monotonic() - started:.1f} s", flush=True)
