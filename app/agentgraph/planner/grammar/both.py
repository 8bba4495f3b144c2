"""Conditions that one row cannot meet together: `founded before 2003 and after 2003`, `directed by A and by B`."""

from app.agentgraph.planner.frame import Comparison, Condition, Filter
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn

_UPPER = frozenset({Comparison.LT, Comparison.LE})
_LOWER = frozenset({Comparison.GT, Comparison.GE})


def take_both(draft: Draft) -> tuple[Filter, Filter] | None:
    """Takes out of the conditions two that only different rows can meet, when the question joins them by `and`."""
    conditions = [(at, c) for at, c in draft.where if isinstance(c, Condition)]
    for entry, condition in conditions:
        if _names_two(draft, condition):
            draft.where = [e for e in draft.where if e[1] is not condition]
            first, second = (Condition(condition.column, Comparison.EQ, (value,)) for value in condition.values)
            return first, second
        for later, other in conditions:
            if later > entry and _exclude(condition, other):
                draft.where = [e for e in draft.where if e[1] is not condition and e[1] is not other]
                return condition, other
    return None


def _names_two(draft: Draft, condition: Condition) -> bool:
    """Two values of another table's column joined by `and`, or of any column with `both` before them."""
    if condition.comparison is not Comparison.EQ or len(condition.values) != 2:
        return False
    places = [o.start for o in draft.items if _holds(draft, o.start, condition.column)]
    if len(places) != 2:
        return False
    between = [o for o in draft.items if places[0] < o.start < places[1]]
    both = any(word in o.text.casefold().split() for o in draft.items for word in ("both", "ambos", "ambas", "tanto"))
    joined = any(o.is_(Role.AND) for o in between) and not any(o.is_(Role.OR) for o in between)
    return joined and (both or condition.column.table != draft.main.name)


def _holds(draft: Draft, start: int, column: SchemaColumn) -> bool:
    item = next(o for o in draft.items if o.start == start)
    named = bool(item.values) and item.values[0].column is column
    return named or (item.period is not None and column.is_year)


def _exclude(left: Condition, right: Condition) -> bool:
    """Whether two bounds of one column leave nothing between them."""
    if left.column is not right.column or len(left.values) != 1 or len(right.values) != 1:
        return False
    bounds = {c.comparison in _UPPER: c.values[0] for c in (left, right) if c.comparison in _UPPER | _LOWER}
    if len(bounds) != 2:
        return False
    upper, lower = bounds[True], bounds[False]
    return isinstance(upper, (int, float)) and isinstance(lower, (int, float)) and upper <= lower
