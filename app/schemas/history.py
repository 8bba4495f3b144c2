"""Shapes of figures over one's questions."""

from datetime import datetime

from app.schemas.common import ResponseModel
from app.schemas.queries import Usd


class FiguresRead(ResponseModel):
    """Figures over some questions."""

    key: str | None
    """A day (UTC), an id, an outcome, or what answered; null for questions without one, and in the total."""
    questions: int
    answered: int
    from_cache: int
    median_s: float | None
    """From the start of the run to its end, in seconds."""
    tokens_in: int
    tokens_out: int
    cost_usd: Usd
    """Sum of the prices that are known."""
    without_price: int
    """Questions whose price is not known."""


class StatsRead(ResponseModel):
    """Figures over one's own questions."""

    since: datetime | None
    until: datetime | None
    by: str
    total: FiguresRead
    groups: list[FiguresRead]
    """The latest day first, else by key; a question over several sources counts for each of them, and one that
    was not answered over any has null."""
