"""A span for every statement on the system database, by its first word and never by its text."""

from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from app.core import tracing
from app.core.tracing import Kind, Span

_OPEN: Final = "agentgraph.span"


def trace_statements(engine: Engine) -> None:
    """Makes spans of what runs on `engine` from now on."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", _fail)


def _begin(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    word = statement.split(maxsplit=1)[0].upper()
    attributes = {"db.system.name": "postgresql", "db.namespace": "agentgraph", "db.operation.name": word}
    connection.info[_OPEN] = tracing.begin(word, Kind.CLIENT, attributes)


def _end(connection: Connection, *_: Any) -> None:
    connection.info.pop(_OPEN, Span()).end()


def _fail(context: ExceptionContext) -> None:
    connection = context.connection
    made = Span() if connection is None else connection.info.pop(_OPEN, Span())
    made.fail(type(context.original_exception).__name__)
    made.end()
