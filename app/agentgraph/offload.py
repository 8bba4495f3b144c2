"""Work over rows: in place when they are few, in a thread when it would hold up the other questions of the process."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from app.connectors.base import ResultSet

LARGE_CELLS = 2000
"""Cells from which a thread pays: a hop costs about 0.5 ms of CPU, as much as reading some thousand cells."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def off_loop_if_large(
    rows: ResultSet, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """What `work` gives; `rows` are what its time depends on."""
    if len(rows.rows) * len(rows.columns) < LARGE_CELLS:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
