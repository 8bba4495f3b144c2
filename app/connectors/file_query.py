"""What connectors of file engines share: sending a statement to a child, its errors, and types told by texts."""

import re
from pathlib import Path
from typing import Any, Literal

from app.connectors.base import CheckedStatement, Limits
from app.connectors.catalog import DataType
from app.connectors.child_pool import ChildEnded, ChildPool
from app.connectors.children.protocol import untagged
from app.core.errors import AgentGraphError, DatabaseUnreachable, RefusedByPolicy, SqlInvalid, TimedOut, TooManyRows
from app.core.errors.databases import FileBusy

WALL_RULE = "engine_wall"
"""Rule named in refusals that come from the engine's own walls, not from the gate."""

_FORMS: tuple[tuple[re.Pattern[str], DataType], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\d"), DataType.DATE),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?"), DataType.TIMESTAMP),
    (re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"), DataType.TIME),
)


async def ask_child(
    pool: ChildPool,
    operation: Literal["query", "explain"],
    path: Path,
    tables: list[str],
    statement: CheckedStatement,
    limits: Limits,
    *,
    keep: bool = True,
) -> dict[str, Any]:
    """The child's answer; with `keep` it may leave the file open for the next statement.

    Raises what `Connector.query` raises, and TooManyRows when the child ran out of memory.
    """
    request = {
        "op": operation,
        "path": str(path),
        "tables": tables,
        "sql": statement.sql,
        "max_rows": limits.max_rows,
        "max_bytes": limits.max_bytes,
        "keep": keep,
    }
    try:
        answer = await pool.run(request, timeout_s=limits.timeout_s, max_bytes=limits.max_bytes)
    except ChildEnded as error:
        raise TooManyRows(limit="the memory of one statement") from error
    if "error" in answer:
        raise _error(str(answer["error"]), str(answer["message"]), limits)
    return answer


def rows_of(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of an answer, with the cells that JSON has no form for."""
    rows = [tuple(row) for row in answer["rows"]]
    return [tuple(untagged(cell) for cell in row) for row in rows] if answer["tags"] else rows


def textual_type(cells: list[Any]) -> DataType:
    """The type of a computed column by its cells: dates and times when all of them are ISO texts of one kind."""
    texts = [cell for cell in cells if cell is not None]
    if not texts or not all(isinstance(text, str) for text in texts):
        return DataType.TEXT
    return next((kind for form, kind in _FORMS if all(form.fullmatch(text) for text in texts)), DataType.TEXT)


def _error(kind: str, message: str, limits: Limits) -> AgentGraphError:
    reason = message.removeprefix("SQLError: ").removeprefix("AuthError: ")
    match kind:
        case "denied" | "too_big":
            return RefusedByPolicy(rule=WALL_RULE, reason=reason)
        case "timeout":
            return TimedOut(limit_s=limits.timeout_s)
        case "memory":
            return TooManyRows(limit="the memory of one statement")
        case "busy":
            return FileBusy()
        case "file":
            return DatabaseUnreachable()
        case "text":
            return SqlInvalid(reason="a stored text is not valid UTF-8")
    return SqlInvalid(reason=reason)
