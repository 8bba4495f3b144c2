"""What a process measures of itself: how often, how long, how often not well; kept in memory until it is stored."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

BOUNDS_S: Final = tuple(round(0.001 * 1.6**step, 6) for step in range(29))
"""Upper bounds of the classes of durations, from a millisecond to nine minutes; a percentile lies within the class of
the true one, so that it is wrong by a factor of 1.6 at the most."""
MOST_KEYS: Final = 300
"""Keys of one measure that a process tells apart; what comes beyond them counts as OTHER."""
OTHER: Final = "other"


class Measure(StrEnum):
    """What is measured, and what its keys are."""

    ROUTE = "route"
    """Requests by method and path template; a status from 500 on is a failure."""
    QUEUE = "queue"
    """Runs of jobs by queue."""
    STAGE = "stage"
    """Steps of questions by name."""
    MODEL = "model"
    """Model calls by provider and model."""
    SOURCE = "source"
    """Questions by the id of the file or database."""
    REFUSAL = "refusal"
    """Statements that the SQL gate refused, by rule."""
    CACHE = "cache"
    """Questions by `hit` or `miss`."""


@dataclass(slots=True)
class Tally:
    """How often something happened, how often not well, and how long it took."""

    count: int = 0
    failures: int = 0
    total_s: float = 0.0
    classes: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """Occurrences by duration, one class more than there are bounds."""

    def add(self, elapsed_s: float, *, failed: bool) -> None:
        """Counts one occurrence."""
        self.count += 1
        self.failures += failed
        self.total_s += elapsed_s
        self.classes[bisect.bisect_left(BOUNDS_S, elapsed_s)] += 1


Key = tuple[Measure, str]


class Measures:
    """The tallies of one process since they were last taken; for one event loop alone."""

    def __init__(self) -> None:
        self._tallies: dict[Key, Tally] = {}
        self._keys: dict[Measure, set[str]] = {}

    def note(self, measure: Measure, key: str, elapsed_s: float = 0.0, *, failed: bool = False) -> None:
        """Counts one occurrence; never fails and never waits."""
        known = self._keys.setdefault(measure, set())
        if key not in known:
            if len(known) >= MOST_KEYS:
                key = OTHER
            known.add(key)
        self._tallies.setdefault((measure, key), Tally()).add(elapsed_s, failed=failed)

    def take(self) -> dict[Key, Tally]:
        """What was counted since the last time; it is forgotten here."""
        taken, self._tallies = self._tallies, {}
        return taken

    def put_back(self, tallies: dict[Key, Tally]) -> None:
        """Counts what was taken and could not be stored once more."""
        for key, tally in tallies.items():
            mine = self._tallies.setdefault(key, Tally())
            mine.count += tally.count
            mine.failures += tally.failures
            mine.total_s += tally.total_s
            mine.classes = [one + other for one, other in zip(mine.classes, tally.classes, strict=True)]


def percentile_s(classes: Sequence[int], share: float) -> float | None:
    """The duration in seconds that `share` of the occurrences do not exceed, interpolated within its class."""
    wanted, seen = share * sum(classes), 0
    if wanted == 0:
        return None
    for index, count in enumerate(classes[: len(BOUNDS_S)]):
        if count and seen + count >= wanted:
            low = BOUNDS_S[index - 1] if index else 0.0
            return low + (BOUNDS_S[index] - low) * (wanted - seen) / count
        seen += count
    return BOUNDS_S[-1]
