"""One walk over the whole tree: every node, call and table must be allowed; gives what the resource rules need."""

from dataclasses import dataclass, field

from sqlglot import exp

from app.connectors.sql_gate import functions, nodes
from app.connectors.sql_gate.reserved import is_statement_word
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.tables import Scope, Tables, cte_scopes
from app.connectors.sql_gate.xml import refuse_entities

MAX_TREE_DEPTH = 250
"""Deepest tree; chains of AND, OR, + and || nest one level a link, so this is more than `lexical.MAX_DEPTH`."""


@dataclass(slots=True)
class Findings:
    """What one walk saw."""

    tables: list[str] = field(default_factory=list)
    """Tables of the source that are read, as written, in order of the walk."""
    sources: list[exp.Table] = field(default_factory=list)
    """Places that refer to a table of the source."""
    listed_sources: list[tuple[exp.In, exp.Table]] = field(default_factory=list)
    """SQLite's `x IN table`, with a table made from the name."""
    references: list[tuple[exp.Table, exp.CTE]] = field(default_factory=list)
    """Places that refer to a WITH query."""
    listed_references: list[tuple[exp.In, exp.CTE]] = field(default_factory=list)
    """SQLite's `x IN query`."""
    selects: list[exp.Select] = field(default_factory=list)
    calls: list[exp.Func] = field(default_factory=list)
    national_strings: list[exp.National] = field(default_factory=list)
    empty_rows: list[exp.Table] = field(default_factory=list)
    """MySQL's DUAL, wherever it stands."""


def walk(root: exp.Expr, tables: Tables) -> Findings:
    """Checks the whole tree; raises RefusedByPolicy at the first node that is not allowed."""
    findings = Findings()
    stack: list[tuple[exp.Expr, Scope, int]] = [(root, {}, 0)]
    while stack:
        node, scope, depth = stack.pop()
        if depth > MAX_TREE_DEPTH:
            raise refuse(Rule.TOO_DEEP, f"the statement is nested deeper than {MAX_TREE_DEPTH} levels")
        _check_node(node, scope, tables, findings)
        with_ = node.args.get("with_")
        if isinstance(with_, exp.With):
            nodes.refuse_parts(with_, tables.dialect)
            bodies, scope = cte_scopes(with_, scope, tables)
            stack += [(cte, inner, depth + 1) for cte, inner in bodies]
        skipped = node.args.get("indexed") if isinstance(node, exp.Table) else None
        for child in node.iter_expressions():
            if child is not with_ and child is not skipped:
                stack.append((child, scope, depth + 1))
    return findings


def _check_node(node: exp.Expr, scope: Scope, tables: Tables, findings: Findings) -> None:
    if isinstance(node, exp.Func):
        _check_call(node, tables, findings)
    elif type(node) not in nodes.ALLOWED:
        raise refuse(*_refusal_of(node))
    nodes.refuse_parts(node, tables.dialect)
    if tables.dialect == "postgres":
        refuse_entities(node)
    _check_reference(node, scope, tables, findings)


def _check_reference(node: exp.Expr, scope: Scope, tables: Tables, findings: Findings) -> None:
    """Checks what a node speaks of, and notes it."""
    if isinstance(node, exp.Dot):
        _check_dot(node, tables)
    elif isinstance(node, exp.Table):
        _check_table(node, scope, tables, findings)
    elif isinstance(node, exp.Select):
        findings.selects.append(node)
    elif isinstance(node, exp.National):
        findings.national_strings.append(node)
    elif isinstance(node, exp.In) and node.args.get("field"):
        _check_in_table(node, scope, tables, findings)
    elif isinstance(node, exp.Identifier) and is_statement_word(node, tables.dialect):
        raise refuse(Rule.RESERVED_WORD, f"the reserved word {str(node.this)[:40]!r} must be quoted as a name")


def _is_method(node: exp.Func, dialect: str) -> bool:
    """Whether a call belongs to a dot, which is checked as a whole, as T-SQL's methods of XML values are."""
    return dialect == "tsql" and isinstance(node.parent, exp.Dot) and node.arg_key == "expression"


def _refusal_of(node: exp.Expr) -> tuple[Rule, str]:
    if isinstance(node, exp.Lock):
        return Rule.LOCKING, "locking rows is not allowed"
    return Rule.CONSTRUCT, f"{type(node).__name__} is not allowed in a query"


def _check_call(node: exp.Func, tables: Tables, findings: Findings) -> None:
    if _is_method(node, tables.dialect):
        return
    if not functions.is_allowed(node, tables.dialect, any_table=tables.names is None):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        raise refuse(Rule.FUNCTION, f"the function {str(name)[:60]!r} is not one that may be called")
    findings.calls.append(node)


def _check_dot(node: exp.Dot, tables: Tables) -> None:
    if not functions.is_allowed_qualified(node, tables.dialect, any_table=tables.names is None):
        raise refuse(Rule.QUALIFIED_CALL, "this function may not be called through a schema or an object")


def _check_table(node: exp.Table, scope: Scope, tables: Tables, findings: Findings) -> None:
    if node.args.get("rows_from") or isinstance(node.this, exp.Func):
        qualified = node.args.get("db") or node.args.get("catalog")
        if qualified and not functions.is_allowed_table_function(node, tables.dialect, any_table=tables.names is None):
            raise refuse(Rule.QUALIFIED_CALL, "a function may not be called through a schema")
        return
    if tables.is_empty_row(node):
        findings.empty_rows.append(node)
        return
    cte = tables.cte_of(node, scope)
    if cte is not None:
        findings.references.append((node, cte))
    else:
        findings.tables.append(tables.check(node))
        findings.sources.append(node)


def _check_in_table(node: exp.In, scope: Scope, tables: Tables, findings: Findings) -> None:
    """SQLite reads `x IN name` as a table; other engines as a value."""
    if tables.dialect not in {"sqlite", ""}:
        return
    field_ = node.args["field"]
    if not isinstance(field_, exp.Column):
        raise refuse(Rule.TABLE, "IN needs a list or a query in parentheses")
    table = exp.Table(this=field_.this.copy(), db=field_.args["table"].copy() if field_.args.get("table") else None)
    cte = tables.cte_of(table, scope)
    if cte is not None:
        findings.listed_references.append((node, cte))
    else:
        findings.tables.append(tables.check(table))
        findings.listed_sources.append((node, table))
