"""Growth and difference: one figure at two periods or for two values, set against each other."""

from dataclasses import replace

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Difference, Measure
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.time import period_condition, time_column
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role

_RELATIVE = ("percent", "rate", "taxa", "%", "relativ")


def read_changes(draft: Draft) -> None:
    """Takes growth between two periods and differences between two values or two aggregations."""
    for item in draft.items.of_role(Role.GROWTH):
        _growth(draft, item)
    for item in draft.items.of_role(Role.DIFFERENCE):
        _difference(draft, item)


def _growth(draft: Draft, item: Item) -> None:
    periods = [o for o in draft.items if o.period is not None and not o.used]
    if len(periods) != 2:
        return
    measure = _measure(draft, item)
    first, last = sorted((o.period for o in periods if o.period is not None), key=lambda p: p.first)
    column = time_column(draft, periods[0], first)
    if measure is None or column is None:
        return
    left = replace(measure, where=(period_condition(column, last, Comparison.EQ),))
    right = replace(measure, where=(period_condition(column, first, Comparison.EQ),))
    absolute = item.text.casefold() in {"increase", "aumento", "increased", "aumentou", "rose", "rise"}
    percent = any(mark in o.text.casefold() for o in draft.items for mark in _RELATIVE)
    draft.figures[item] = Difference(left, right, relative=percent or not absolute)
    between = [o for o in draft.items if o.is_(Role.BETWEEN, Role.SHARE) and not o.used]
    draft.use(item, *periods, *between)


def _difference(draft: Draft, item: Item) -> None:
    following = draft.items.following(item)
    aggregates = [o for o in following if o.is_(Role.AGGREGATE, Role.SUPERLATIVE) and not o.used]
    values = [o for o in following if o.values and not o.used]
    if len(values) == 2 and values[0].values[0].column is values[1].values[0].column:
        _between_values(draft, item, values)
    elif len(aggregates) >= 2:
        _between_aggregates(draft, item, aggregates[:2])


def _between_values(draft: Draft, item: Item, values: list[Item]) -> None:
    measure = _measure(draft, item)
    if measure is None:
        return
    parts = [replace(measure, where=(_equal(value),)) for value in values]
    draft.figures[item] = Difference(parts[0], parts[1])
    column = values[0].values[0].column
    names = [o for o in draft.items.following(item) if draft.column(o) is column]
    draft.use(item, *values, *names, *[o for o in draft.items if o.is_(Role.BETWEEN) and o.start > item.start])


def _between_aggregates(draft: Draft, item: Item, aggregates: list[Item]) -> None:
    named = next((o for o in draft.items.following(aggregates[-1]) if draft.column(o) and not o.used), None)
    column = draft.column(named)
    if column is None or not column.is_measure:
        return
    measures = [Measure(_aggregate(o), column.table, column) for o in aggregates]
    draft.figures[item] = Difference(measures[0], measures[1])
    draft.use(item, named, *aggregates)


def _aggregate(item: Item) -> Aggregate:
    if item.sense is not None and item.sense.aggregate is not None:
        return item.sense.aggregate
    return Aggregate.MAX if item.sense is not None and item.sense.descending else Aggregate.MIN


def _equal(item: Item) -> Condition:
    return Condition(item.values[0].column, Comparison.EQ, tuple(link.value for link in item.values))


def _measure(draft: Draft, item: Item) -> Measure | None:
    """The figure compared: the aggregation and the column said after it, or the table's only measure."""
    aggregate = next((o for o in draft.items.of_role(Role.AGGREGATE, Role.TOTAL)), None)
    named = next((o for o in draft.items.following(item) if _is_measure(draft, o)), None)
    named = named or next((o for o in draft.items.preceding(item) if _is_measure(draft, o)), None)
    column = draft.column(named)
    if column is None and len(draft.main.measures) == 1:
        column = draft.main.measures[0]
    draft.use(named, aggregate)
    if column is None:
        return draft.count_of(draft.main)
    chosen = aggregate.sense.aggregate if aggregate is not None and aggregate.sense is not None else None
    natural = Aggregate.SUM if column.is_additive or aggregate is not None else Aggregate.AVG
    return Measure(chosen or natural, column.table, column)


def _is_measure(draft: Draft, item: Item) -> bool:
    column = draft.column(item)
    return column is not None and column.is_measure and not item.used
