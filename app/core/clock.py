"""The one source of time: aware UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment as an aware UTC datetime."""
    return datetime.now(UTC)
