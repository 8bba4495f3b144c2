"""How every benchmark prints what it measured: one JSON object a line."""

import json
import statistics
import sys
from collections.abc import Sequence


def report(figure: str, value: float, unit: str, *, target: str | None = None, **more: object) -> None:
    """Prints one figure; `target` is what the product aims at, when it does."""
    line = {"figure": figure, "value": round(value, 4), "unit": unit, **({"target": target} if target else {}), **more}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def percentile(values: Sequence[float], percent: int) -> float:
    """The `percent`-th percentile (1 to 99) of `values`, interpolated; of a single value that value."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
