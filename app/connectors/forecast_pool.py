"""The child that computes forecasts: its libraries take 200 MB and seconds to load, which no server should pay."""

from app.connectors.child_pool import ChildPool

_ADDRESS_BYTES = 4 * 1024**3
_PROCESSORS = 2


class ForecastPool(ChildPool):
    """A child that starts with the first forecast and stays."""

    def __init__(self, *, children: int = 1, grace_s: float = 0.5, max_waiting: int = 100) -> None:
        setup = {"engine": "forecast", "address_bytes": _ADDRESS_BYTES, "cpu_factor": _PROCESSORS}
        super().__init__(setup, children=children, grace_s=grace_s, max_waiting=max_waiting)
