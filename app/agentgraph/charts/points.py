"""The few points that a chart shows."""

from dataclasses import dataclass, field
from datetime import datetime

from app.agentgraph.charts.roles import Grain

Place = str | datetime


@dataclass(slots=True)
class Points:
    """What is drawn: one value for each place on the axis and series; all are written in the reader's language."""

    values: dict[tuple[Place, str], float]
    places: list[Place]
    """Along the axis, in the order they are shown."""
    series: list[str]
    """Names of the series, in the order they are shown; one empty name when there are none."""
    grain: Grain
    """Step of the places that are moments."""
    notes: list[str] = field(default_factory=list)
    """What was done to the rows, for the subtitle."""

    @property
    def on_time_axis(self) -> bool:
        """Whether the places are moments rather than names."""
        return bool(self.places) and isinstance(self.places[0], datetime)

    @property
    def size(self) -> float:
        """The largest value, whatever its sign."""
        return max((abs(value) for value in self.values.values()), default=0.0)
