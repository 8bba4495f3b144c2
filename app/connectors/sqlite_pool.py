"""The children that run SQL on SQLite files."""

from app.connectors.child_pool import ChildPool
from app.connectors.sql_gate.names.sqlite import SQLITE

CALLABLE = SQLITE | {"->", "->>"}
"""Functions that SQLite itself may call in a child; the arrows are functions to it."""
_HEAP_SHARE = 0.6
"""Share of a child's memory that SQLite itself may take; the rest is for rows on their way out."""


class SqlitePool(ChildPool):
    """Children with `memory_bytes` of address space each."""

    def __init__(
        self, *, children: int = 2, memory_bytes: int = 1024**3, grace_s: float = 0.5, max_waiting: int = 1000
    ) -> None:
        setup = {
            "engine": "sqlite",
            "address_bytes": memory_bytes,
            "cpu_factor": 1,
            "heap_bytes": int(memory_bytes * _HEAP_SHARE),
            "functions": sorted(CALLABLE),
        }
        super().__init__(setup, children=children, grace_s=grace_s, max_waiting=max_waiting)
