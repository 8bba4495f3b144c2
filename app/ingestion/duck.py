"""The DuckDB in which files are read, bounded in memory."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

MEMORY_BYTES = 150_000_000
"""What DuckDB may hold of its tables and of its work; the rest is on disk."""
THREADS = 1
"""With more, DuckDB 2.0 mixes up the rows of a file when it stores what it computed from them."""


@contextmanager
def duck(folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private DuckDB whose tables and temporary files are in `folder`; it reaches nothing over the network.

    Tables keep the order of the rows that they are made from.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_bytes}B",
        "temp_directory": str(folder),
        "threads": THREADS,
        "autoinstall_known_extensions": False,
    }
    with (
        tempfile.TemporaryDirectory(prefix=".work-", dir=folder) as own,
        closing(duckdb.connect(Path(own) / "work.duckdb", config=settings)) as con,
    ):
        yield con
