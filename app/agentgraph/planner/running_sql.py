"""Running totals: what each group adds to those before it."""

from collections.abc import Sequence

from sqlglot import exp


def running_total(figure: exp.Expr, units: Sequence[exp.Expr]) -> exp.Window:
    """`SUM(figure) OVER (ORDER BY units)`, of a figure that is itself taken for each group."""
    ordered = [exp.Ordered(this=unit, nulls_first=True) for unit in units]
    return exp.Window(this=exp.Sum(this=figure), order=exp.Order(expressions=ordered))
