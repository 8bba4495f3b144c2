"""The kinds of syntax nodes, other than function calls, that a query may be made of; everything else is refused."""

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from app.connectors.sql_gate.names.others import OTHER_DIALECTS
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.words import words

_ALLOWED_NAMES = """
Add Adjacent Alias Aliases All Any AtTimeZone Between BitString BitwiseAnd BitwiseLeftShift BitwiseNot BitwiseOr
BitwiseRightShift BitwiseXor Boolean Bracket ByteString CTE CharacterSet Column ColumnDef Comprehension Cube DPipe
DataType DataTypeParam Distance Distinct Div Dot EQ Escape Except Expression ExtendsLeft ExtendsRight Fetch Filter
ForClause ForIn FormatJson From FromTimeZone GT GTE Glob Group GroupingSets Having HavingMax Heredoc HexString ILike
Identifier IgnoreNulls In IndexTableHint IntDiv Intersect Interval IntervalSpan Introducer Is JSON JSONColumnDef
JSONExtractQuote JSONKeyValue JSONPath JSONPathFilter JSONPathKey JSONPathPart JSONPathRecursive JSONPathRoot
JSONPathScript JSONPathSelector JSONPathSlice JSONPathSubscript JSONPathUnion JSONPathWildcard JSONSchema JSONValue
Join Kwarg LT LTE Lambda Lateral Like Limit LimitOptions Literal Match Mod Mul NEQ National Neg Not Null NullSafeEQ
NullSafeNEQ ObjectIdentifier Offset OnCondition OpenJSONColumnDef Order Ordered OverflowTruncateBehavior Overlaps
Paren PathColumnConstraint Pivot PivotAlias PivotAny Placeholder PositionalColumn Pseudocolumn Operator Partition
PropertyEQ Qualify QueryOption RawString RecursiveWithSearch RespectNulls ScopeResolution Rollup Select SimilarTo
Slice Star Sub Subquery Table TableAlias TableColumn TableFromRows TableSample Tuple UnicodeString Union
UnpivotColumns Summarize Values Var Variadic Version Where Window WindowSpec With WithTableHint WithinGroup
XMLKeyValueOption
"""
ALLOWED = frozenset(getattr(exp, name) for name in _ALLOWED_NAMES.split())

ROOTS = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Pivot, exp.Summarize)
"""What a statement may be at its root."""

_PARTS: dict[type, frozenset[str]] = {
    exp.Select: words("""
distinct exclude expressions for_ from_ group having hint joins laterals limit offset operation_modifiers
options order pivots qualify sample where windows with_
"""),
    exp.Table: words("""
alias catalog db hints indexed joins laterals only ordinality partition pivots rows_from sample this version
"""),
    exp.With: frozenset({"expressions", "recursive", "search", "cycle"}),
}
"""Parts that the commonest nodes may have; the others have no dangerous part that is not a node of its own."""

_HARMLESS_TABLE_HINTS = frozenset({"NOLOCK", "READUNCOMMITTED", "READCOMMITTED", "NOEXPAND", "FORCESCAN"})
_HARMLESS_OPTIONS = frozenset(
    {"MAXRECURSION", "RECOMPILE", "MAXDOP", "HASH JOIN", "MERGE JOIN", "LOOP JOIN", "FORCE ORDER", "FAST", "HASH GROUP"}
    | {
        "ORDER GROUP",
        "CONCAT UNION",
        "HASH UNION",
        "MERGE UNION",
        "KEEP PLAN",
        "KEEPFIXED PLAN",
        "OPTIMIZE FOR UNKNOWN",
    }
)
_HARMLESS_MODIFIERS = frozenset(
    {"STRAIGHT_JOIN", "SQL_NO_CACHE", "SQL_BIG_RESULT", "SQL_SMALL_RESULT", "SQL_BUFFER_RESULT"}
)
_SESSION_WORDS = words("""
user current_user current_role session_user system_user current_catalog current_schema uid sessiontimezone
dbtimezone current_account current_warehouse
""")
"""Words that are calls without parentheses for the server, but columns for the parser."""
_WITH_SEQUENCES = frozenset({"oracle", "snowflake"})
_MOVES = frozenset({"nextval", "currval"})
"""What reads like a column of a sequence there, and moves it."""
_BARE_NAME = re.compile(r"[\w$#@]+")
"""What an unquoted name may be made of: some servers take other characters, such as U+00A0, for white space."""
_RAW_TEXT = re.compile(r"(?!.*--)[\w$#@ .,:=<>%*+&|!?~^-]*")
"""What text outside of names and literals may hold: it is written as it stands, so it must not close anything."""
_QUOTED_BY_WRITER = (
    exp.Identifier,
    exp.Literal,
    exp.National,
    exp.RawString,
    exp.ByteString,
    exp.UnicodeString,
    exp.JSONPathKey,
)
_SYMBOL = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
MAX_RECURSION = 32_767
"""Largest OPTION (MAXRECURSION n) of SQL Server; 0 would mean no bound at all."""


def refuse_parts(node: exp.Expr, dialect: str) -> None:
    """Raises RefusedByPolicy when an allowed kind of node carries a part, hint or option that is not allowed."""
    kind: type = type(node)
    allowed = _PARTS.get(kind)
    if allowed is not None:
        for name, value in node.args.items():
            if value and name not in allowed:
                raise refuse(
                    Rule.LOCKING if name == "locks" else Rule.CONSTRUCT, f"{name.strip('_')} is not allowed here"
                )
    if not isinstance(node, _QUOTED_BY_WRITER):
        for value in node.args.values():
            if type(value) is str and not _RAW_TEXT.fullmatch(value):
                raise refuse(Rule.CHARACTER, "a name with such characters is not allowed here")
    check = _CHECKS.get(kind)
    if check is not None:
        check(node, dialect)


def _select(node: exp.Expr, dialect: str) -> None:
    if node.args.get("hint") and dialect in {"mysql", "tsql", "oracle"}:
        raise refuse(Rule.HINT, "optimizer hints are not allowed")
    for modifier in node.args.get("operation_modifiers") or ():
        if str(modifier).upper() not in _HARMLESS_MODIFIERS:
            raise refuse(Rule.HINT, "this SELECT modifier is not allowed")


def _table_hint(node: exp.Expr, _dialect: str) -> None:
    if any(hint.name.upper() not in _HARMLESS_TABLE_HINTS for hint in node.expressions):
        raise refuse(Rule.LOCKING, "table hints that lock are not allowed")


def _query_option(node: exp.Expr, _dialect: str) -> None:
    if isinstance(node.parent, exp.ForClause):
        return
    name = node.name.upper()
    if name not in _HARMLESS_OPTIONS:
        raise refuse(Rule.HINT, "this query option is not allowed")
    if name == "MAXRECURSION" and not 1 <= _number(node.args.get("expression")) <= MAX_RECURSION:
        raise refuse(Rule.UNBOUNDED_RECURSION, "recursion must stay bounded")


def _number(node: object) -> int:
    return int(node.name) if isinstance(node, exp.Literal) and node.name.isdigit() else 0


def _for_clause(node: exp.Expr, _dialect: str) -> None:
    if str(node.args.get("kind") or "").upper() not in {"XML", "JSON"}:
        raise refuse(Rule.CONSTRUCT, "this FOR clause is not allowed")


def _named(node: exp.Expr, _dialect: str) -> None:
    if not node.args.get("quoted") and not _BARE_NAME.fullmatch(str(node.this)):
        raise refuse(Rule.CHARACTER, "a name with such characters must be quoted")


def _column(node: exp.Expr, dialect: str) -> None:
    name = node.this
    if dialect in _WITH_SEQUENCES and str(name.name).lower() in _MOVES:
        raise refuse(Rule.FUNCTION, "sequences may not be moved")
    if dialect not in {"postgres", "mysql", *OTHER_DIALECTS} or node.args.get("table") or name.args.get("quoted"):
        return
    if isinstance(name, exp.Identifier) and str(name.this).lower() in _SESSION_WORDS:
        raise refuse(Rule.FUNCTION, "the session's user may not be read")


def _operator(node: exp.Expr, _dialect: str) -> None:
    schema, _, symbol = str(node.args.get("operator")).rpartition(".")
    if schema.lower() not in {"", "pg_catalog"} or not _SYMBOL.fullmatch(symbol):
        raise refuse(Rule.QUALIFIED_CALL, "an operator may not be called through a schema")


def _version(_node: exp.Expr, dialect: str) -> None:
    if dialect != "tsql":
        raise refuse(Rule.CONSTRUCT, "other versions of a table may not be read")


def _scope_resolution(_node: exp.Expr, dialect: str) -> None:
    if dialect != "tsql":
        raise refuse(Rule.CONSTRUCT, "ScopeResolution is not allowed in a query")


def _placeholder(_node: exp.Expr, dialect: str) -> None:
    if dialect not in {"sqlite", ""}:
        raise refuse(Rule.CONSTRUCT, "parameters are not allowed")


def _lateral(node: exp.Expr, _dialect: str) -> None:
    """SQL Server applies bare tables as well: what is applied must be a query or a call, which are looked into."""
    called = node.this.expression if isinstance(node.this, exp.Dot) else node.this
    if not isinstance(called, (exp.Subquery, exp.Func)):
        raise refuse(Rule.TABLE, "only a query or a call may be applied to each row")


def _table_of(node: exp.Expr, _dialect: str) -> None:
    """Snowflake's TABLE(…) also takes the name of a table as text."""
    if not isinstance(node.this, exp.Func):
        raise refuse(Rule.TABLE, "only a call may stand in TABLE(...)")


def _match(_node: exp.Expr, dialect: str) -> None:
    if dialect == "sqlite":
        raise refuse(Rule.FUNCTION, "MATCH needs a full-text table, which the source does not have")


_CHECKS: dict[type, Callable[[Any, str], None]] = {
    exp.Select: _select,
    exp.WithTableHint: _table_hint,
    exp.QueryOption: _query_option,
    exp.ForClause: _for_clause,
    exp.Operator: _operator,
    exp.ScopeResolution: _scope_resolution,
    exp.Version: _version,
    exp.Identifier: _named,
    exp.Column: _column,
    exp.Placeholder: _placeholder,
    exp.Match: _match,
    exp.Lateral: _lateral,
    exp.TableFromRows: _table_of,
}
