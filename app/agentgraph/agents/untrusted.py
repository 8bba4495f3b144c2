"""How data from users' sources is put into a prompt: capped, on one line, and unable to close the block around it."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal

from app.connectors.base import Cell, ResultSet

MAX_CELL_CHARS = 300
MAX_PROMPT_ROWS = 50
"""Rows of a result that a model sees; the answer's table has all of them."""
MAX_PROMPT_CHARS = 12_000


def plain(text: str, limit: int) -> str:
    """`text` on one line, at most `limit` characters, without the signs that delimit blocks."""
    flat = " ".join(text.split()).replace("<", "‹").replace(">", "›")
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def rows_block(result: ResultSet) -> str:
    """The result as JSON lines between `<rows>` and `</rows>`, with what was left out said after it."""
    header = json.dumps([plain(column.name, 80) for column in result.columns], ensure_ascii=False)
    lines, size = [header], len(header)
    for row in result.rows[:MAX_PROMPT_ROWS]:
        line = json.dumps([_shown(cell) for cell in row], ensure_ascii=False)
        size += len(line)
        if size > MAX_PROMPT_CHARS:
            break
        lines.append(line)
    return f"<rows>\n{chr(10).join(lines)}\n</rows>\n{_left_out(result, shown=len(lines) - 1)}"


def question_block(question: str) -> str:
    """The question between its marks."""
    return f"<question>\n{question.replace('<', '‹').replace('>', '›')}\n</question>"


def listed(names: Sequence[str]) -> str:
    """Names in double quotes, parted by commas."""
    return ", ".join(f'"{plain(name, 80)}"' for name in names)


def _left_out(result: ResultSet, *, shown: int) -> str:
    total = len(result.rows)
    told = f"{total} rows" if shown == total else f"{total} rows, the first {shown} are shown"
    return f"{told}; the result was cut at the row limit." if result.truncated else f"{told}."


def _shown(cell: Cell) -> bool | int | float | str | None:
    match cell:
        case None | bool() | int() | float():
            return cell
        case Decimal():
            return str(cell)
        case bytes():
            return f"({len(cell)} bytes)"
        case datetime() | date() | time():
            return cell.isoformat()
    return plain(cell, MAX_CELL_CHARS)
