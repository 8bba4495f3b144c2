"""The SQL agent's tools: what the model may call, and what it is told back. None can write or reach anything else."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.agentgraph.agents.schema_text import describe_table
from app.agentgraph.agents.untrusted import listed, plain, rows_block
from app.agentgraph.run import Run
from app.connectors.base import CheckedStatement, ResultSet
from app.connectors.catalog import Catalog
from app.core.errors import QuestionError, TimedOut

AUTHOR = "sql_agent"
MAX_FOUND_VALUES = 10
MAX_REMINDED_COLUMNS = 200
MAX_ASSUMPTIONS = 10
MAX_TEXT_CHARS = 300


def _tool(
    name: str, description: str, *, optional: tuple[str, ...] = (), **properties: dict[str, Any]
) -> dict[str, Any]:
    required = [argument for argument in properties if argument not in optional]
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_TEXT = {"type": "string"}
TOOLS = (
    _tool("list_tables", "Names and sizes of all tables."),
    _tool(
        "describe_tables",
        "Columns of some tables with types, ranges and examples.",
        tables={"type": "array", "items": _TEXT, "description": "Names of tables."},
    ),
    _tool(
        "search_values",
        "Stored values that resemble a text, and the columns that hold them.",
        text={**_TEXT, "description": "The value as the question spells it."},
    ),
    _tool(
        "run_sql",
        "Runs one read-only SELECT statement and gives its rows.",
        optional=("assumptions",),
        sql={**_TEXT, "description": "The statement."},
        assumptions={
            "type": "array",
            "items": _TEXT,
            "description": "What you took for granted where the question leaves it open, a short sentence each.",
        },
    ),
    _tool(
        "ask_user",
        "Asks the user back, when the question can be read in ways that lead to different numbers and nothing decides "
        "between them. Otherwise take the likelier reading and say so in the assumptions.",
        question={**_TEXT, "description": "One short question, for the user."},
        options={"type": "array", "items": _TEXT, "description": "Two to five readings that they can choose from."},
    ),
    _tool(
        "decline",
        "Ends the work because this data cannot answer the question.",
        reason={**_TEXT, "description": "Why, for the user."},
    ),
)


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What the model reads back; for a statement that ran, also the statement and its rows."""

    text: str
    statement: CheckedStatement | None = None
    result: ResultSet | None = None
    assumptions: tuple[str, ...] = ()
    """What the model took for granted in the statement."""


async def use_tool(name: str, arguments: Mapping[str, Any] | None, run: Run) -> ToolAnswer:
    """The answer to one tool call; a wrong call is answered with what was wrong, so that the model can repair it.

    Raises what makes going on useless, such as DatabaseUnreachable.
    """
    if arguments is None:
        return ToolAnswer("The arguments were not valid JSON.")
    catalog = run.context.catalog
    match name:
        case "list_tables":
            return ToolAnswer(_table_list(catalog))
        case "describe_tables":
            return ToolAnswer(_descriptions(catalog, arguments.get("tables")))
        case "search_values":
            return await _found_values(run, str(arguments.get("text") or ""))
        case "run_sql":
            return await _rows(run, str(arguments.get("sql") or ""), arguments.get("assumptions"))
    names = ", ".join(tool["function"]["name"] for tool in TOOLS)
    return ToolAnswer(f"There is no such tool. The tools are: {names}.")


def _table_list(catalog: Catalog) -> str:
    return "\n".join(f'"{table.name}" ({table.rows} rows)' for table in catalog.tables)


def _descriptions(catalog: Catalog, names: object) -> str:
    wanted = [str(name) for name in names] if isinstance(names, list) else [str(names or "")]
    found = [table for name in wanted if (table := catalog.table(name)) is not None]
    if not found:
        return f"No such table. There are: {listed([table.name for table in catalog.tables])}."
    return "\n".join(describe_table(table, examples=5) for table in found)


async def _found_values(run: Run, text: str) -> ToolAnswer:
    matches = await asyncio.to_thread(run.context.values.lookup, [text], limit=MAX_FOUND_VALUES)
    if not matches:
        return ToolAnswer("No stored value resembles it.")
    lines = (f'"{m.table}"."{m.column}": {plain(m.value, 80)}' for m in matches)
    return ToolAnswer("<values>\n" + "\n".join(lines) + "\n</values>")


async def _rows(run: Run, sql: str, assumptions: object) -> ToolAnswer:
    try:
        statement, result = await run.execute(sql, author=AUTHOR)
    except (QuestionError, TimedOut) as error:
        reason = plain(str(error.fields.get("reason") or error), 300)
        return ToolAnswer(f"The statement did not run ({error.code}): {reason}\n{_reminder(run.context.catalog)}")
    return ToolAnswer(rows_block(result), statement, result, assumptions=texts(assumptions, most=MAX_ASSUMPTIONS))


def texts(value: object, *, most: int) -> tuple[str, ...]:
    """The texts of a list that a model gave, each on one line; nothing of what is no list."""
    found = [plain(str(item), MAX_TEXT_CHARS) for item in value] if isinstance(value, list) else []
    return tuple(text for text in found if text)[:most]


def _reminder(catalog: Catalog) -> str:
    """The tables and columns that exist: most failing statements name one that does not."""
    lines, room = ["These exist:"], MAX_REMINDED_COLUMNS
    for table in catalog.tables:
        columns = [column.name for column in table.columns][: max(0, room)]
        room -= len(columns)
        lines.append(f'"{table.name}": {listed(columns)}' if columns else f'"{table.name}"')
    return "\n".join(lines[:60])
