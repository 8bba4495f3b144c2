"""Rows that add up the others: published tables end in `Total`, which is no row to count, rank or add again."""

from app.agentgraph.planner.frame import Comparison, Condition
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType

_TOTALS = frozenset(
    {"total", "totals", "grand total", "overall total", "totais", "total geral", "total general", "totaal", "subtotal"}
)


def leave_out_totals(draft: Draft) -> None:
    """Adds the condition that leaves a row of totals out, where rows are computed with and the row is not asked for."""
    compares = any(isinstance(c, Condition) and c.column.is_measure and c.values for _, c in draft.where)
    if not (draft.outputs or draft.order or draft.having or draft.group or compares):
        return
    found = _total(draft.main)
    if found is None:
        return
    column, value = found
    held = [c.column for _, c in draft.where if isinstance(c, Condition) and c.comparison is Comparison.EQ]
    if column not in held and not any(link.column is column for item in draft.items for link in item.values):
        draft.where.append((_LAST, Condition(column, Comparison.NE, (value,))))


_LAST = 1_000_000
"""Place in the question of a condition that it does not speak of: after all others."""


def _total(table: SchemaTable) -> tuple[SchemaColumn, str] | None:
    """The column and the value that mark the one row of totals; None when there is none."""
    for column in table.columns:
        if column.profile.type is not DataType.TEXT or column.profile.nulls:
            continue
        for common in column.profile.common:
            if common.count == 1 and fold(str(common.value)) in _TOTALS:
                return column, str(common.value)
    return None
