"""Rules on the rows and columns of a source: judged when they are written, bound to whoever asks, handed to the gate.

A source description carries a `Policy`; `Policy.bind` with the attributes of whoever asks gives what `check` takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlglot import exp

from app.connectors.sql_gate import filters
from app.connectors.sql_gate.lexical import has_forbidden_characters
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.tables import Tables, fold_column
from app.connectors.sql_gate.values import MAX_ITEMS, Bound, Value
from app.core.errors.access import PolicyInvalid

DIALECTS = frozenset({"sqlite", "postgres", "mysql", "tsql", "duckdb"})
"""Dialects in which a policy can be kept."""

Attributes = Mapping[str, Value | Sequence[Value]]
"""What is known of whoever asks, by the names that filters use; a list stands in `IN (:name)`."""


@dataclass(frozen=True, slots=True)
class TableRule:
    """What may be seen of one table."""

    table: str
    """Name as the source spells it."""
    columns: tuple[str, ...]
    """All columns in their stored order, as the source spells them; one that is not listed is hidden."""
    hidden: frozenset[str] = frozenset()
    """Columns that behave as if they were not there; the filter may use them."""
    filter: str | None = None
    """Condition that a row must meet, over the columns of this table and parameters `:name`."""
    schema: str | None = None

    @property
    def visible(self) -> tuple[str, ...]:
        """The columns that may be seen, in their stored order."""
        return tuple(column for column in self.columns if column not in self.hidden)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one source; a table without a rule is read whole. Raises PolicyInvalid for rules that cannot hold.

    A view is a table of its own here: what it shows of another table is not covered by the rule of that one.
    """

    dialect: str
    rules: tuple[TableRule, ...]

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS:
            raise PolicyInvalid(table="", reason="this kind of source knows no rules on rows and columns")
        tables, seen = Tables.of(self.dialect, ()), set[str]()
        for rule in self.rules:
            reason = _fault(rule, tables)
            name = tables.name_of(rule.table, rule.schema)
            if name in seen:
                reason = "it has another rule already"
            if reason is not None:
                raise PolicyInvalid(table=rule.table, reason=reason)
            seen.add(name)

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the attributes that the filters use."""
        trees = [filters.parse(rule.filter, self.dialect) for rule in self.rules if rule.filter is not None]
        return frozenset().union(*map(filters.parameters_of, trees))

    def bind(self, attributes: Attributes) -> "BoundPolicy":
        """The policy for one reader.

        Raises RefusedByPolicy when an attribute that a filter uses is missing or cannot be a literal.
        """
        names = sorted(self.parameters)
        if any(name not in attributes for name in names):
            raise refuse(Rule.ATTRIBUTE, "a rule needs an attribute of yours that is not set")
        return BoundPolicy(self, tuple((name, _bound(attributes[name])) for name in names))


@dataclass(frozen=True, slots=True)
class BoundPolicy:
    """A policy with the attributes of one reader; equal ones treat every statement alike. Made by `Policy.bind`."""

    policy: Policy
    values: tuple[tuple[str, Bound | tuple[Bound, ...]], ...]

    def condition(self, rule: TableRule) -> exp.Expr | None:
        """The filter of `rule` with literals in place of its parameters, as a tree of the caller's own."""
        if rule.filter is None:
            return None
        dialect = self.policy.dialect
        return filters.bind(filters.parse(rule.filter, dialect), dict(self.values), dialect)


def _bound(value: Value | Sequence[Value]) -> Bound | tuple[Bound, ...]:
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_ITEMS:
            raise refuse(Rule.ATTRIBUTE, f"an attribute may have at most {MAX_ITEMS} values")
        return tuple(Bound.of(one) for one in value)
    return Bound.of(cast("Value", value))


def _fault(rule: TableRule, tables: Tables) -> str | None:
    """Why `rule` cannot be kept, or None."""
    names = [rule.table, *rule.columns, *([] if rule.schema is None else [rule.schema])]
    if not all(names) or any(map(has_forbidden_characters, names)):
        return "a name is empty or holds characters that no name needs"
    columns = {fold_column(exp.to_identifier(column, quoted=True), tables.dialect) for column in rule.columns}
    if len(columns) < len(rule.columns):
        return "a column is listed twice"
    if not rule.hidden <= set(rule.columns):
        return "a hidden column is not one of the table's"
    if not rule.visible:
        return "every column is hidden; leave the table out of the source instead"
    return None if rule.filter is None else _filter_fault(rule.filter, columns, tables)


def _filter_fault(text: str, columns: set[str], tables: Tables) -> str | None:
    try:
        tree = filters.parse(text, tables.dialect)
    except filters.FilterRefused as error:
        return str(error)
    unknown = [name for name in filters.columns_of(tree) if fold_column(name, tables.dialect) not in columns]
    return f"the table has no column {str(unknown[0].this)[:80]!r}" if unknown else None
