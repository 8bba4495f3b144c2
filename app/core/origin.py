"""Where the work of this moment comes from: the request's address and id, for whatever has to note them."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Origin:
    """Both None where no request stands behind the work, as in a worker."""

    address: str | None = None
    request_id: str | None = None


current_origin: Final[ContextVar[Origin]] = ContextVar("origin")
"""Set once a request by the API; tasks started in a request inherit it."""


def origin() -> Origin:
    """The origin of the work that runs now."""
    return current_origin.get(Origin())
