"""A circuit breaker for each address of models: what keeps failing is left alone for a while, so that nobody waits."""

from dataclasses import dataclass

OPENS_AFTER = 5
"""Outages in a row, over all questions of this process, after which nothing is sent for a while."""
OPEN_S = 30.0
"""How long that is, in seconds; then one call at a time tries again."""


@dataclass(slots=True)
class Breaker:
    """Counts outages in a row; times are of one monotonic clock, in seconds."""

    failures: int = 0
    tries_at: float = 0.0
    """When the next call may go while the breaker is open."""

    def waits_s(self, now: float) -> float:
        """How long no call may be sent; 0 when one may, and while open no other for as long again."""
        if self.failures < OPENS_AFTER:
            return 0.0
        if now < self.tries_at:
            return self.tries_at - now
        self.tries_at = now + OPEN_S
        return 0.0

    def failed(self, now: float) -> None:
        """Notes an outage."""
        self.failures += 1
        if self.failures >= OPENS_AFTER:
            self.tries_at = now + OPEN_S

    def answered(self) -> None:
        """Notes that the address works, whatever it said."""
        self.failures = 0


_by_address: dict[tuple[str, str | None], Breaker] = {}


def breaker_of(provider: str, url: str | None) -> Breaker:
    """The breaker that all questions of this process share for an address; there are as many as settings name."""
    return _by_address.setdefault((provider, url), Breaker())
