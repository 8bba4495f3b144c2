"""Row filters: a condition on one table's own columns, judged when it is written, and bound to its reader by code.

A filter decides what its reader may see, so it may do nothing that fails or that depends on anything else: no query, no
arithmetic, no call but a few that give a value for every value. Parameters are written `:name`.
"""

from collections.abc import Mapping
from functools import lru_cache

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError

from app.connectors.sql_gate import lexical
from app.connectors.sql_gate.joins import COMPARISONS
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.values import Bound
from app.core.errors import QuestionError

MAX_CHARS = 2_000
"""Longest filter, in characters."""

_COMPARISONS = (*COMPARISONS, exp.In, exp.Is, exp.Escape)
_LINKS = (exp.And, exp.Or, exp.Not, exp.Paren)
_VALUES = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.National,
    exp.Boolean,
    exp.Null,
    exp.Neg,
    exp.Placeholder,
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Length,
    exp.Coalesce,
    exp.Nullif,
    exp.DPipe,
    exp.Case,
    exp.If,
)
_ALLOWED = frozenset({*_COMPARISONS, *_LINKS, *_VALUES})


class FilterRefused(ValueError):
    """Why a filter may not be kept, as a short English phrase."""


def parse(text: str, dialect: str) -> exp.Expr:
    """The condition that `text` writes, which must not be changed: it is kept. Raises FilterRefused."""
    tree = _parse(text, dialect)
    for node in tree.walk():
        _check_node(node)
    if not _is_condition(tree):
        raise FilterRefused("a filter must be a condition, such as a comparison")
    return tree


@lru_cache(maxsize=256)
def _parse(text: str, dialect: str) -> exp.Expr:
    if len(text) > MAX_CHARS:
        raise FilterRefused(f"a filter may have at most {MAX_CHARS} characters")
    language = Dialect.get_or_raise(dialect)
    try:
        tokens = lexical.tokens_of(lexical.prepare(text, dialect), language, dialect)
        trees = language.parser(error_level=ErrorLevel.IMMEDIATE).parse(tokens, text)
    except QuestionError as error:
        raise FilterRefused(str(error.fields.get("reason"))) from error
    except (SqlglotError, TypeError, AttributeError, ValueError, LookupError, RecursionError) as error:
        raise FilterRefused("the filter is not SQL of this dialect") from error
    if len(trees) != 1 or trees[0] is None:
        raise FilterRefused("a filter must be one condition")
    return trees[0]


def columns_of(tree: exp.Expr) -> list[exp.Identifier]:
    """Names of the columns that a filter speaks of, as written."""
    return [column.this for column in tree.find_all(exp.Column)]


def parameters_of(tree: exp.Expr) -> frozenset[str]:
    """Names of the parameters of a filter."""
    return frozenset(str(mark.this) for mark in tree.find_all(exp.Placeholder))


def bind(tree: exp.Expr, values: Mapping[str, tuple[Bound, ...] | Bound], dialect: str) -> exp.Expr:
    """A copy of `tree` with a literal in place of every parameter, and a list's items in place of one inside of IN.

    Raises RefusedByPolicy when a list stands anywhere else.
    """
    root = exp.Paren(this=tree.copy())
    for choice in list(root.find_all(exp.In)):
        _expand(choice, values, dialect)
    for mark in list(root.find_all(exp.Placeholder)):
        value = values[str(mark.this)]
        if isinstance(value, tuple):
            raise refuse(Rule.ATTRIBUTE, "an attribute with several values may only stand in a list")
        mark.replace(value.literal(dialect))
    return root


def _expand(choice: exp.In, values: Mapping[str, tuple[Bound, ...] | Bound], dialect: str) -> None:
    items: list[exp.Expr] = []
    for item in choice.expressions:
        value = values[str(item.this)] if isinstance(item, exp.Placeholder) else None
        if isinstance(value, tuple):
            items += [one.literal(dialect) for one in value]
        else:
            items.append(item)
    if items:
        choice.set("expressions", items)
    else:  # An empty list is an error to most engines; nobody is in it.
        choice.replace(exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(0)))


def _check_node(node: exp.Expr) -> None:
    if type(node) not in _ALLOWED:
        raise FilterRefused(f"{type(node).__name__} is not allowed in a filter")
    if isinstance(node, exp.Column) and (node.args.get("table") or not isinstance(node.this, exp.Identifier)):
        raise FilterRefused("columns of a filter are written without their table")
    if isinstance(node, exp.In) and (not node.expressions or node.args.get("field") or node.args.get("query")):
        raise FilterRefused("IN needs a list in parentheses")
    if isinstance(node, exp.Placeholder) and not (isinstance(node.this, str) and node.this.isidentifier()):
        raise FilterRefused("parameters are written with a colon and a name")
    if isinstance(node, exp.Like) and node.expression.find(exp.Placeholder):
        raise FilterRefused("a pattern must be written out: in an attribute, % would match everything")


def _is_condition(node: exp.Expr) -> bool:
    """Whether the engine gets a truth value, and not a value that some engines take for one."""
    if isinstance(node, (exp.Not, exp.Paren)):
        return _is_condition(node.this)
    if isinstance(node, (exp.And, exp.Or)):
        return _is_condition(node.this) and _is_condition(node.expression)
    return isinstance(node, _COMPARISONS)
