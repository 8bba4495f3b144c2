"""Rules against statements that are small to write and endless to run; the engines' own limits stand behind them."""

import re
from functools import reduce

from sqlglot import exp

from app.connectors.sql_gate.joins import refuse_cartesian
from app.connectors.sql_gate.rules import Rule, refuse
from app.connectors.sql_gate.tree import Findings

MAX_RECURSION_BOUND = 10_000_000
"""Largest number that may bound a recursive query."""
MAX_EXPANSIONS = 500
"""Most times that WITH queries may be read in all, each use counted with all uses inside it."""
MAX_TEXT = 10_000
"""Longest text, in characters, that one call may make out of a short one."""
MAX_SERIES = 10_000_000
"""Most rows of one generated series, and of the product of those in one FROM."""
MAX_WIDTH = 1_000
"""Largest width or precision in a printf format."""

_MAKERS = {
    "randomblob",
    "zeroblob",
    "replicate",
    "repeat",
    "space",
    "lpad",
    "rpad",
    "bar",
    "list_resize",
    "array_resize",
    "array_fill",
    "normal_rand",
    "repeat_row",
    "st_generatepoints",
}
_SERIES = {"generate_series", "range"}
_PRINTF = {"printf", "format"}
_FORMAT_NUMBERS = re.compile(r"%[-+ 0#,!]*(\*|\d+)?(?:\.(\*|\d+))?")
_BOUNDS = (exp.Predicate, exp.Not, exp.Func)


def check_resources(root: exp.Expr, found: Findings, dialect: str) -> None:
    """Raises RefusedByPolicy for unbounded recursion, exploding WITH queries, wide products and giant values."""
    if found.references:
        _check_recursion(found, dialect)
        _check_expansion(root, found)
    for call in found.calls:
        _check_call(call, dialect)
    recursive = {id(table): cte for table, cte in found.references}
    for select in found.selects:
        refuse_cartesian(select)
        _check_series_product(select, recursive)


def _check_recursion(found: Findings, dialect: str) -> None:
    if dialect == "tsql":
        return  # The server itself stops at 100 levels unless an option, which `nodes` bounds, says otherwise.
    for table, cte in found.references:
        if _is_inside(table, cte) and not cte.this.args.get("limit"):
            arm = _arm_of(table, cte)
            if arm is None or not _is_bounded(arm, table):
                raise refuse(Rule.UNBOUNDED_RECURSION, "a recursive query needs a condition that ends it")
            if any(_doubles(expression) for expression in arm.expressions):
                raise refuse(Rule.SIZE, "a recursive query may not join a text to itself")


def _doubles(expression: exp.Expr) -> bool:
    """Whether a text is put together from the same column twice, which doubles it at each step."""
    for joined in expression.find_all(exp.DPipe, exp.Concat, exp.ConcatWs):
        names = [column.name.casefold() for column in joined.find_all(exp.Column)]
        if len(names) > len(set(names)):
            return True
    return False


def _arm_of(table: exp.Table, cte: exp.CTE) -> exp.Select | None:
    """The arm of the recursive query that reads itself; None when it does so deeper inside, where no bound shows."""
    arm = table.find_ancestor(exp.Select)
    node = arm.parent if arm else None
    while isinstance(node, (exp.SetOperation, exp.Subquery, exp.Paren)):
        node = node.parent
    return arm if node is cte else None


def _is_inside(node: exp.Expr, outer: exp.Expr) -> bool:
    parent = node.parent
    while parent is not None:
        if parent is outer:
            return True
        parent = parent.parent
    return False


def _is_bounded(arm: exp.Select, reference: exp.Table) -> bool:
    where = arm.args.get("where")
    if where is not None and any(isinstance(n, _BOUNDS) and n.find(exp.Column) for n in where.walk()):
        return _largest_number(where) <= MAX_RECURSION_BOUND
    sources = [arm.args["from_"].this, *(join.this for join in arm.args.get("joins") or ())]
    return any(isinstance(s, (exp.Table, exp.Subquery)) and s is not reference for s in sources)


def _largest_number(node: exp.Expr) -> float:
    numbers = (_constant(n) for n in node.walk() if isinstance(n, (exp.Literal, exp.Mul, exp.Pow, exp.Add, exp.Neg)))
    return max((abs(n) for n in numbers if n is not None), default=0.0)


def _constant(node: exp.Expr | None) -> float | None:
    """Value of an expression of numbers alone."""
    match node:
        case exp.Literal():
            return _number(node)
        case exp.Paren() | exp.Cast():
            return _constant(node.this)
        case exp.Neg():
            value = _constant(node.this)
            return None if value is None else -value
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Pow():
            return _arithmetic(node)
    return None


def _number(literal: exp.Literal) -> float | None:
    try:
        return float(literal.name)
    except ValueError:
        return None


def _arithmetic(node: exp.Add | exp.Sub | exp.Mul | exp.Pow) -> float | None:
    left, right = _constant(node.this), _constant(node.expression)
    if left is None or right is None:
        return None
    if isinstance(node, exp.Pow):
        return float("inf") if abs(right) > 64 else float(abs(left) ** right)
    if isinstance(node, exp.Mul):
        return left * right
    return left + right if isinstance(node, exp.Add) else left - right


def _check_expansion(root: exp.Expr, found: Findings) -> None:
    uses: dict[int, list[exp.CTE]] = {}
    for table, cte in found.references:
        outer = table.find_ancestor(exp.CTE)
        if outer is not cte:
            uses.setdefault(id(outer) if outer else id(root), []).append(cte)
    weights: dict[int, int] = {}
    if _weight(id(root), uses, weights, ()) > MAX_EXPANSIONS:
        raise refuse(Rule.EXPANSION, "WITH queries are used too many times inside each other")


def _weight(key: int, uses: dict[int, list[exp.CTE]], weights: dict[int, int], path: tuple[int, ...]) -> int:
    if key not in weights:
        inner = [id(cte) for cte in uses.get(key, ()) if id(cte) not in path]
        weights[key] = 1 + sum(_weight(child, uses, weights, (*path, key)) for child in inner)
    return weights[key]


def _check_call(call: exp.Func, dialect: str) -> None:
    name = _name(call)
    if name in _MAKERS or isinstance(call, (exp.Repeat, exp.Space, exp.Pad)):
        _check_maker(call)
    elif name in _PRINTF and dialect in {"sqlite", "duckdb", ""}:
        _check_printf(call)
    elif _is_series(call) and _series_rows(call) > MAX_SERIES:
        raise refuse(Rule.SIZE, f"a series may have at most {MAX_SERIES} rows")


def _name(call: exp.Func) -> str:
    if isinstance(call, exp.Anonymous):
        return call.name.lower()
    return "format" if isinstance(call, exp.Format) else ""


def _check_maker(call: exp.Func) -> None:
    if _largest_number(call) > MAX_TEXT or _maker_above(call):
        raise refuse(Rule.SIZE, f"a call may make at most {MAX_TEXT} characters")


def _maker_above(call: exp.Func) -> bool:
    parent = call.parent
    while parent is not None and not isinstance(parent, exp.Query):
        if isinstance(parent, (exp.Repeat, exp.Space)) or (
            isinstance(parent, exp.Anonymous) and _name(parent) in _MAKERS
        ):
            return True
        parent = parent.parent
    return False


def _check_printf(call: exp.Func) -> None:
    pattern = call.expressions[0] if isinstance(call, exp.Anonymous) and call.expressions else call.this
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise refuse(Rule.SIZE, "a format must be written out as text")
    for width, precision in _FORMAT_NUMBERS.findall(pattern.name.replace("%%", "")):
        if any(n == "*" or (n and int(n) > MAX_WIDTH) for n in (width, precision)):
            raise refuse(Rule.SIZE, f"a format may be at most {MAX_WIDTH} characters wide")


def _is_series(call: exp.Func) -> bool:
    return isinstance(call, (exp.GenerateSeries, exp.ExplodingGenerateSeries)) or (
        isinstance(call, exp.Anonymous) and _name(call) in _SERIES
    )


def _series_rows(call: exp.Func) -> float:
    """Rows of a numeric series; 1 when its ends are not numbers written out."""
    if isinstance(call, exp.Anonymous):
        values = [_constant(argument) for argument in call.expressions]
        values = [0.0, *values] if len(values) == 1 else values
    else:
        values = [_constant(call.args.get(part)) for part in ("start", "end", "step")]
    start, end, step = (*values, None, None, None)[:3]
    if start is None:
        start = 0.0
    return 1.0 if end is None else abs(end - start) / (abs(step or 1.0) or 1.0)


def _check_series_product(select: exp.Select, ctes: dict[int, exp.CTE]) -> None:
    from_ = select.args.get("from_")
    joins = select.args.get("joins") or ()
    if from_ is None or not joins:
        return
    sources = [from_.this, *(join.this for join in joins)]
    rows = [_series_rows(call) for source in sources if (call := _series_of(source)) is not None]
    if not select.args.get("where") and not any(join.args.get("on") or join.args.get("using") for join in joins):
        rows += [_counted_rows(ctes[id(source)]) for source in sources if id(source) in ctes]
    if len(rows) > 1 and reduce(lambda a, b: a * max(b, 1.0), rows, 1.0) > MAX_SERIES:
        raise refuse(Rule.SIZE, f"a product of series may have at most {MAX_SERIES} rows")


def _counted_rows(cte: exp.CTE) -> float:
    """Rows of a WITH query that counts up to a number written out; 1 for any other."""
    where = cte.this.expression.args.get("where") if isinstance(cte.this, exp.Union) else None
    return _largest_number(where) if where is not None else 1.0


def _series_of(source: exp.Expr) -> exp.Func | None:
    call = source.this if isinstance(source, (exp.Table, exp.Lateral)) else source
    if isinstance(call, exp.Unnest):
        call = next(iter(call.expressions), None)
    return call if isinstance(call, exp.Func) and _is_series(call) else None
