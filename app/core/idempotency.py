"""The claim of a request that is to be done once, for whatever has to note in its own transaction that it was done."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from uuid import UUID


@dataclass(slots=True)
class OnceClaim:
    """The right to do the request of one Idempotency-Key."""

    id: UUID
    fingerprint: Callable[[], bytes]
    """Of the request as far as it has come, 32 bytes."""
    is_open: bool = True
    """False once the request was answered: what it left running in the background notes nothing."""


current_claim: Final[ContextVar[OnceClaim | None]] = ContextVar("current_claim", default=None)
"""Set once a request by the API when it has such a key."""
