"""Puts a policy into a checked tree: in place of every table with a rule stands the selection of what may be seen.

`FROM sales AS s` becomes `FROM (SELECT "rows"."id" AS "id", … FROM "sales" AS "rows" WHERE (…) OFFSET 0) AS s`,
wherever in the statement it stands. To the engine a hidden column then does not exist, and a hidden row is not there.

- Columns inside are spoken of through the alias, so that none can be taken from a query around the selection, nor be
  read as a text, should the table have lost it.
- The clause at the end keeps the optimizer from trying the statement's own conditions on hidden rows first: the message
  of a failing cast would tell what is in them.
- WITH queries that have the name of such a table get another, so that the engine can never take one for the other.
"""

from collections.abc import Iterator
from itertools import count

from sqlglot import exp

from app.connectors.sql_gate.policy import BoundPolicy, TableRule
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.tables import Tables, fold_column
from app.connectors.sql_gate.tree import Findings

_ALIAS = "rows"
_INNER_PARTS = ("indexed", "only", "partition", "version", "hints")
"""Parts of a table's reference that speak of the stored table."""
_OUTER_PARTS = ("joins", "laterals", "pivots")
"""Parts that stand behind it."""
_LARGEST = {"mysql": "18446744073709551615", "tsql": "9223372036854775807"}


def apply_policy(tree: exp.Expr, found: Findings, tables: Tables, bound: BoundPolicy) -> None:
    """Changes `tree` in place. Raises RefusedByPolicy for a reference that no selection can stand for."""
    rules = {tables.name_of(rule.table, rule.schema): rule for rule in bound.policy.rules}
    bare = {tables.fold_name(rule.table) for rule in bound.policy.rules}
    _rename_with_queries(tree, found, tables, bare)
    _shorten_columns(tree, tables, rules)
    for table in found.sources:
        rule = _rule_of(table, tables, rules, bare)
        if rule is not None:
            table.replace(_selection(table, rule, bound))
    for choice, table in found.listed_sources:
        rule = _rule_of(table, tables, rules, bare)
        if rule is not None:
            choice.set("field", None)
            choice.set("query", exp.Subquery(this=_select(exp.Table(), rule, bound)))


def _rule_of(table: exp.Table, tables: Tables, rules: dict[str, TableRule], bare: set[str]) -> TableRule | None:
    rule = rules.get(tables.name_in_source(table))
    if rule is None and tables.fold(table.this) in bare:
        raise refuse(Rule.TABLE, "a table with rules may only be read by the name that its source gives it")
    return rule


def _selection(table: exp.Table, rule: TableRule, bound: BoundPolicy) -> exp.Subquery:
    if table.args.get("sample"):
        raise refuse(Rule.CONSTRUCT, "a table with rules may not be sampled")
    alias = table.args.get("alias") or exp.TableAlias()
    if isinstance(table.parent, exp.Summarize):
        alias = None  # It takes a query in parentheses and nothing behind it.
    elif not alias.this:
        alias.set("this", table.this.copy())
    selection = exp.Subquery(this=_select(table, rule, bound), alias=alias)
    for part in _OUTER_PARTS:
        if table.args.get(part):
            selection.set(part, table.args[part])
    return selection


def _select(table: exp.Table, rule: TableRule, bound: BoundPolicy) -> exp.Select:
    """The selection itself; `table` gives the parts of the reference that go inside."""
    stored = exp.Table(
        this=_name(rule.table),
        db=_name(rule.schema) if rule.schema is not None else None,
        alias=exp.TableAlias(this=_name(_ALIAS)),
        **{part: table.args[part] for part in _INNER_PARTS if table.args.get(part)},
    )
    select = exp.Select(
        expressions=[exp.Alias(this=_column(name), alias=_name(name)) for name in rule.visible],
        from_=exp.From(this=stored),
    )
    condition = bound.condition(rule)
    if condition is not None:
        dialect = bound.policy.dialect
        spelt = {fold_column(exp.to_identifier(name, quoted=True), dialect): name for name in rule.columns}
        for column in list(condition.find_all(exp.Column)):
            column.replace(_column(spelt[fold_column(column.this, dialect)]))
        select.set("where", exp.Where(this=condition))
        _fence(select, bound.policy.dialect)
    return select


def _fence(select: exp.Select, dialect: str) -> None:
    if dialect in {"postgres", "duckdb"}:
        select.set("offset", exp.Offset(expression=exp.Literal.number(0)))
    elif dialect == "sqlite":
        select.set("limit", exp.Limit(expression=exp.Neg(this=exp.Literal.number(1))))
    else:
        select.set("limit", exp.Limit(expression=exp.Literal.number(_LARGEST[dialect])))


def _name(text: str) -> exp.Identifier:
    return exp.Identifier(this=text, quoted=True)


def _column(name: str) -> exp.Column:
    return exp.Column(this=_name(name), table=_name(_ALIAS))


def _shorten_columns(tree: exp.Expr, tables: Tables, rules: dict[str, TableRule]) -> None:
    """`public.sales.id` as `sales.id`: a selection has an alias and no schema."""
    for column in tree.find_all(exp.Column):
        schema, table = column.args.get("db"), column.args.get("table")
        if schema and table and tables.name_in_source(exp.Table(this=table.copy(), db=schema.copy())) in rules:
            column.set("db", None)
            column.set("catalog", None)


def _rename_with_queries(tree: exp.Expr, found: Findings, tables: Tables, bare: set[str]) -> None:
    names: dict[int, exp.Identifier] = {}
    fresh = _fresh_names(tree, tables, bare)
    for cte in tree.find_all(exp.CTE):
        written = cte.args["alias"].this
        if tables.fold(written) in bare:
            names[id(cte)] = _name(next(fresh))
            cte.args["alias"].set("this", names[id(cte)].copy())
    for table, cte in found.references:
        if id(cte) in names:
            if not table.alias:
                table.set("alias", exp.TableAlias(this=table.this.copy()))
            table.set("this", names[id(cte)].copy())
    for choice, cte in found.listed_references:
        if id(cte) in names:
            choice.set("field", exp.Column(this=names[id(cte)].copy()))


def _fresh_names(tree: exp.Expr, tables: Tables, bare: set[str]) -> Iterator[str]:
    """Names that nothing in the statement and no table with rules has."""
    taken = {str(name.this).casefold() for name in tree.find_all(exp.Identifier)} | {n.casefold() for n in bare}
    taken |= {name.casefold() for name in tables.names or ()}
    return (name for number in count(1) if (name := f"query_{number}") not in taken)
