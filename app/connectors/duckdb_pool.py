"""The children that run SQL on DuckDB files."""

from app.connectors.child_pool import ChildPool

THREADS = 2
"""Threads that one statement may use."""
_HEAP_SHARE = 0.6
"""Share of a child's memory that DuckDB itself may take; the rest is for rows on their way out."""
_RESERVED_BYTES = 2 * 1024**3
"""Address space that Python and a few open files with their threads map, nearly all of it without using it."""


class DuckdbPool(ChildPool):
    """Children with `memory_bytes` for a statement and its rows each."""

    def __init__(
        self, *, children: int = 2, memory_bytes: int = 1024**3, grace_s: float = 0.5, max_waiting: int = 1000
    ) -> None:
        setup = {
            "engine": "duckdb",
            "address_bytes": memory_bytes + _RESERVED_BYTES,
            "cpu_factor": THREADS,
            "heap_bytes": int(memory_bytes * _HEAP_SHARE),
            "threads": THREADS,
        }
        super().__init__(setup, children=children, grace_s=grace_s, max_waiting=max_waiting)
