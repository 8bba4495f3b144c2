"""The children that draw pictures of charts."""

from app.connectors.child_pool import ChildPool

_ADDRESS_BYTES = 1024**4
"""The JavaScript engine reserves addresses by the hundred gigabytes and uses little of them; time is what bounds it."""
_PROCESSORS = 4


class PicturePool(ChildPool):
    """Children that start with the first picture."""

    def __init__(self, *, children: int = 1, grace_s: float = 0.5, max_waiting: int = 100) -> None:
        setup = {"engine": "picture", "address_bytes": _ADDRESS_BYTES, "cpu_factor": _PROCESSORS}
        super().__init__(setup, children=children, grace_s=grace_s, max_waiting=max_waiting)
