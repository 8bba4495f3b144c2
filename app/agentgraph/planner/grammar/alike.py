"""Rows that are like a named one: `who has the same nationality as Ann`, `a mesma cidade que Bruno`."""

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Measure
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.words import fold

_SAME = frozenset("same mesmo mesma mesmos mesmas".split())


def read_alike(draft: Draft) -> None:
    """Takes `the same X as V`: the rows whose X is that of V's row, V itself left out."""
    for item in draft.items:
        if not set(fold(item.text).split()) & _SAME or item.is_name:
            continue
        named = draft.items.after(item)
        while named is not None and named.is_(Role.COUNT):
            named = draft.items.after(named)
        column = draft.column(named)
        model = next((o for o in draft.items.following(item) if o.values and not o.used), None)
        if column is None or named is None or model is None or model.start < named.start:
            continue
        held = model.values[0].column
        if held is column or held.table != column.table or len(model.values) > 1:
            continue
        is_model = Condition(held, Comparison.EQ, (model.values[0].value,))
        of_model = Measure(Aggregate.MIN, column.table, column, where=(is_model,))
        draft.where.append((item.start, Condition(column, Comparison.EQ, figure=of_model)))
        draft.where.append((model.start, Condition(held, Comparison.NE, is_model.values)))
        between = [o for o in draft.items.following(item) if o.start <= named.start]
        draft.use(item, model, *between)
