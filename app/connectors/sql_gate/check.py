"""The gate's only door: text and dialect in, a checked statement out, or the rule that stopped it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from app.connectors.base import CheckedStatement
from app.connectors.sql_gate import clauses, lexical, nodes
from app.connectors.sql_gate.names.others import OTHER_DIALECTS
from app.connectors.sql_gate.policy import BoundPolicy
from app.connectors.sql_gate.resources import check_resources
from app.connectors.sql_gate.rewrite import apply_policy
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.tables import Tables
from app.connectors.sql_gate.tree import Findings, walk
from app.core.errors import QuestionError, RefusedByPolicy, SqlInvalid

DIALECTS = ("sqlite", "postgres", "mysql", "tsql", "duckdb", *OTHER_DIALECTS, "")
"""Dialects that the gate knows, by sqlglot's names; the empty one is SQL of no engine in particular."""

MAX_WRITTEN_CHARS = 400_000
"""Longest text that the rules of a policy may make out of a statement."""

_REMEMBERED = 2048
_REMEMBERED_CHARS = 4_000
"""Verdicts kept, and the longest text whose verdict is kept: some 20 MB at the worst."""

_PARSER_FAULTS = (SqlglotError, TypeError, AttributeError, ValueError, LookupError, AssertionError)
"""What sqlglot raises on broken text: its own errors, and those of parsing on with a part that is missing."""

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # Its warnings quote the statement, which belongs to the user.


def check(
    sql: str, *, dialect: str, tables: Iterable[str] | None, policy: BoundPolicy | None = None
) -> CheckedStatement:
    """Judges `sql` and gives the text regenerated from its tree, which is what may run.

    `tables` are the names that it may read (`table` or `schema.table`); None opens all tables of the user's own.
    `policy` puts the rules on rows and columns into the text; it needs `tables`, and a source of its dialect.
    Verdicts are remembered. CPU-bound, at most some 50 ms for the worst text. Raises RefusedByPolicy, SqlInvalid.
    """
    if dialect not in DIALECTS:
        raise refuse(Rule.NOT_A_QUERY, "the gate does not know this dialect")
    if policy is not None and (tables is None or policy.policy.dialect != dialect):
        raise refuse(Rule.TABLE, "the rules on rows and columns do not belong to this source")
    asked = _Asked(sql, dialect, None if tables is None else frozenset(tables), policy)
    verdict = _remembered(asked) if len(sql) <= _REMEMBERED_CHARS else _judge(asked)
    if isinstance(verdict, CheckedStatement):
        return verdict
    fields: dict[str, Any] = verdict.fields
    raise type(verdict)(**fields)


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that a verdict depends on."""

    sql: str
    dialect: str
    allowed: frozenset[str] | None
    policy: BoundPolicy | None


@lru_cache(maxsize=_REMEMBERED)
def _remembered(asked: _Asked) -> CheckedStatement | QuestionError:
    return _judge(asked)


def _judge(asked: _Asked) -> CheckedStatement | QuestionError:
    try:
        return _check(asked, Tables.of(asked.dialect, asked.allowed))
    except (RefusedByPolicy, SqlInvalid) as error:
        return error.with_traceback(None)
    except RecursionError:
        return refuse(Rule.TOO_DEEP, "the statement is nested too deep")


def _check(asked: _Asked, tables: Tables) -> CheckedStatement:
    dialect = asked.dialect
    tree, hidden = _parse(lexical.prepare(asked.sql, dialect), dialect)
    found = walk(tree, tables)
    check_resources(tree, found, dialect)
    _drop_hints(found)
    _keep_meaning(found, dialect)
    shown = None
    if asked.policy is not None:
        shown = hidden.restore(_write(tree.copy(), dialect))
        apply_policy(tree, found, tables, asked.policy)
    sql = hidden.restore(_write(tree, dialect))
    if len(sql) > MAX_WRITTEN_CHARS:
        raise refuse(Rule.TOO_LONG, "the statement reads tables with rules too often")
    return CheckedStatement(sql=sql, dialect=dialect, tables=tuple(dict.fromkeys(found.tables)), asked=shown)


def _parse(sql: str, dialect: str) -> tuple[exp.Expr, clauses.Hidden]:
    language = Dialect.get_or_raise(dialect)
    tokens, hidden = clauses.hide(lexical.tokens_of(sql, language, dialect), sql, dialect)
    try:
        trees = [tree for tree in language.parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, sql) if tree]
    except ParseError as error:
        raise SqlInvalid(reason=_where(error)) from error
    except _PARSER_FAULTS as error:
        raise SqlInvalid(reason="the text is not SQL of this dialect") from error
    if not trees:
        raise SqlInvalid(reason="there is no statement in the text")
    if len(trees) > 1:
        raise refuse(Rule.MULTIPLE_STATEMENTS, "only one statement may be sent")
    tree = trees[0]
    if not isinstance(tree, nodes.ROOTS):
        raise refuse(Rule.NOT_A_QUERY, "only queries that read are allowed")
    return tree, hidden


def _where(error: ParseError) -> str:
    first = error.errors[0] if error.errors else {}
    description = str(first.get("description") or "syntax error").rstrip(".")
    return f"{description} (line {first.get('line')}, column {first.get('col')})" if first.get("line") else description


def _drop_hints(found: Findings) -> None:
    for select in found.selects:
        select.set("hint", None)


def _write(tree: exp.Expr, dialect: str) -> str:
    """The text of `tree`, which is of no use afterwards."""
    try:
        return tree.sql(dialect=dialect, comments=False, copy=False, unsupported_level=ErrorLevel.RAISE)
    except _PARSER_FAULTS as error:
        raise SqlInvalid(reason="the statement cannot be written in this dialect") from error


def _keep_meaning(found: Findings, dialect: str) -> None:
    """Changes nodes that the generator would write as something that the engine does not have."""
    if dialect == "sqlite":
        for string in found.national_strings:  # SQLite has none: it would read N'x' as a column called N.
            string.replace(exp.Literal.string(string.name))
    for table in found.empty_rows:
        table.set("this", exp.Var(this="DUAL"))  # In quotes it would be a table.
    for call in found.calls:
        if dialect == "postgres" and isinstance(call, exp.CurrentTime) and not call.this:
            call.replace(exp.Var(this="CURRENT_TIME"))
        elif dialect == "mysql" and isinstance(call, exp.RegexpLike) and not call.args.get("flag"):
            call.replace(
                exp.Paren(this=exp.Operator(this=call.this, operator=clauses.MARK, expression=call.expression))
            )
