"""The order of the rows themselves: `the venue listed after Rome`, `the first nation on the list`."""

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Dimension, Measure, Order
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold

_LISTING = frozenset("listed list table chart listado listada lista tabela".split())
_EVERY = frozenset("all every todos todas".split())
_SIDES = frozenset({Comparison.GT, Comparison.LT})


def read_neighbours(draft: Draft) -> None:
    """Takes `after`, `before`, `below` and `above` where a stored value follows: rows beside the one that holds it."""
    place = draft.main.place
    if place is None:
        return
    for item in draft.items.of_role(Role.COMPARE):
        anchor = _anchor(draft, item)
        if anchor is not None and item.sense is not None and item.sense.comparison in _SIDES:
            _beside(draft, item, anchor, place)


def read_ends(draft: Draft) -> None:
    """Takes `first` and `last` where the rows are only ordered by where they stand."""
    place = draft.main.place
    if place is None or draft.order:
        return
    for item in draft.items.of_role(Role.SUPERLATIVE):
        if _is_of_order(draft, item):
            draft.order.append(Order(Dimension(place), item.sense is not None and item.sense.descending))
            draft.limit = 1
            draft.use(item)
            return


def _anchor(draft: Draft, item: Item) -> Item | None:
    """The value right after a comparison, names of its own column passed over."""
    following = draft.items.after(item)
    if following is not None and draft.column(following) is not None and not following.values:
        following = draft.items.after(following)
    if following is None or not following.values or following.used or following.number is not None:
        return None
    return following if following.values[0].column.table == draft.main.name else None


def _beside(draft: Draft, item: Item, anchor: Item, place: SchemaColumn) -> None:
    comparison = item.sense.comparison if item.sense else None
    if comparison is None:
        return
    held = anchor.values[0].column
    values = tuple(dict.fromkeys(link.value for link in anchor.values))
    row = Measure(Aggregate.MIN, place.table, place, where=(Condition(held, Comparison.EQ, values),))
    draft.where.append((item.start, Condition(place, comparison, figure=row)))
    between = [o for o in draft.items if item.start < o.start < anchor.start]
    draft.use(item, anchor, *between, *draft.items.of_role(Role.NEXT))
    counted = draft.items.of_role(Role.COUNT, Role.AGGREGATE, Role.TOTAL)
    if not counted and not any(fold(o.text) in _EVERY for o in draft.items):
        draft.order.append(Order(Dimension(place), comparison is Comparison.LT))
        draft.limit = 1


def _is_of_order(draft: Draft, item: Item) -> bool:
    """Whether `first` or `last` speaks of the list: it says so, or nothing else tells the order of its rows."""
    hints = item.sense.hints if item.sense else ()
    if "date" not in hints or any(o.is_(Role.COUNT, Role.AGGREGATE) for o in draft.items):
        return False
    listed = any(set(fold(o.text).split()) & _LISTING for o in draft.items)
    following = draft.items.after(item)
    named = following is not None and (following.is_name or following.is_(Role.ROW))
    if listed:
        return following is None or named or following.used
    timed = bool(draft.main.times) or any(c.is_year for c in draft.main.columns)
    return named and not timed
