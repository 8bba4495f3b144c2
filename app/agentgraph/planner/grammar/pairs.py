"""Pairs of one kind of thing: `states that border Ohio`, `neighbours of the largest country`, `borders the most`."""

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Measure, Order, Related
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.grouping import display_dimensions
from app.agentgraph.planner.items import Item, TableLink
from app.agentgraph.planner.joins import Pair, join_graph
from app.agentgraph.planner.lexicon import Role, Sense
from app.agentgraph.planner.schema import SchemaTable
from app.agentgraph.planner.words import fold

_MOST = frozenset("most least fewest mais menos".split())
_UNREAD = 0.5
"""Doubt when the relation is said of something that is not a stored value, or said twice."""


def read_pairs(draft: Draft) -> None:
    """Takes the word for a relation between things of one kind with the one that it relates them to."""
    graph = join_graph(draft.schema.catalog)
    pairs = ((table, pair) for table in draft.schema.tables if (pair := graph.pair(table)) is not None)
    for table, pair in pairs:
        relation = next((o for o in draft.items if not o.used and _relates(draft, o, table, pair)), None)
        if relation is not None:
            _read(draft, relation, table, pair)


def _relates(draft: Draft, item: Item, table: SchemaTable, pair: Pair) -> bool:
    """Whether a part says the relation: the table of the pairs, or a column whose name is not that of the things."""
    column = draft.column(item)
    named = column in (pair.left, pair.right) and column is not None and set(column.words) != set(pair.named.words)
    return named or draft.table(item) is table


def _read(draft: Draft, relation: Item, table: SchemaTable, pair: Pair) -> None:
    things = draft.schema.table(pair.named.table)
    argument = _argument(draft, relation, pair)
    most = next((o for o in draft.items.following(relation) if o.is_(Role.SUPERLATIVE)), None)
    extreme = _extreme(draft, most, things) if argument is None and most is not None else None
    counted = most is not None and extreme is None and _counts(draft, relation, most, things)
    again = [o for o in draft.items if o is not relation and _relates(draft, o, table, pair)]
    if argument is None and extreme is None and not counted:
        ends = (pair.left, pair.right)
        said = (draft.table(o) is things or (draft.column(o) in ends and o is not relation) for o in draft.items)
        draft.doubt(_UNREAD if any(said) else 1.0)
        return
    draft.doubt(_UNREAD if again else 1.0)
    for other in draft.items:
        if (
            other is not relation
            and other not in again
            and draft.column(other) in (pair.left, pair.right)
            and not other.used
        ):
            other.columns, other.tables = (), (TableLink(things, 1.0),)
    if draft.main is table:
        draft.main = things
    draft.use(relation)
    relation.columns, relation.tables, relation.sense = (), (), Sense(Role.SOFT)
    if argument is not None:
        values = tuple(dict.fromkeys(link.value for link in argument.values))
        where = Condition(pair.left, Comparison.EQ, values)
        draft.use(argument, _kind(draft, argument, things))
    elif extreme is not None:
        where = extreme
        draft.use(*draft.items.following(relation))
    elif most is not None:
        _most_related(draft, most, table, things)
        return
    negated = any(o.is_(Role.NOT) and not o.used for o in draft.items.preceding(relation)[:3])
    draft.use(*[o for o in draft.items.preceding(relation)[:3] if o.is_(Role.NOT)])
    draft.where.append((relation.start, Related(things.name, table.name, (where,), absent=negated, via=pair.right)))


def _counts(draft: Draft, relation: Item, most: Item, things: SchemaTable) -> bool:
    """`borders the most states`: the relation itself is what there is most of."""
    following = draft.items.after(most)
    close = draft.items.after(relation) is most
    return close and fold(most.text).split()[0] in _MOST and (following is None or draft.table(following) is things)


def _argument(draft: Draft, relation: Item, pair: Pair) -> Item | None:
    """The stored value that things are related to: after the relation, else before it."""
    graph = join_graph(draft.schema.catalog)
    for other in (*draft.items.following(relation), *draft.items.preceding(relation)):
        held = any(graph.refers(link.column, pair.named) for link in other.values)
        if held and not other.used and not (other.start > relation.start and _is_apart(draft, relation, other)):
            return other
    return None


def _is_apart(draft: Draft, relation: Item, other: Item) -> bool:
    """Whether another name or a negation stands between: the value is of something else then."""
    between = [o for o in draft.items.following(relation) if o.start < other.start]
    return any(o.is_(Role.NOT, Role.SUPERLATIVE, Role.AND) for o in between)


def _kind(draft: Draft, argument: Item, things: SchemaTable) -> Item | None:
    """`the state of Texas`: the kind of thing said beside the value."""
    before = draft.items.before(argument)
    return before if before is not None and draft.table(before) is things and argument.start - before.end <= 1 else None


def _extreme(draft: Draft, most: Item, things: SchemaTable) -> Condition | None:
    """`the largest state`, `the state with the smallest population`: the thing at one end of a column."""
    named = draft.items.after(most)
    column = draft.column(named)
    if column is None or column.table != things.name or not column.is_measure:
        column = draft.ranked(most.sense, table=things) if most.sense is not None and most.sense.hints else None
    if column is None or most.sense is None:
        return None
    aggregate = Aggregate.MAX if most.sense.descending else Aggregate.MIN
    return Condition(column, Comparison.EQ, figure=Measure(aggregate, column.table, column))


def _most_related(draft: Draft, most: Item, table: SchemaTable, things: SchemaTable) -> None:
    """`the state that borders the most states`: things in the order of how many they are related to."""
    draft.group += [d for d in display_dimensions(things) if d not in draft.group]
    asked = any(draft.column(o) is not None and not o.used for o in draft.items.preceding(most))
    draft.hidden += draft.group if asked else []
    draft.order.append(Order(draft.count_of(table), most.sense is not None and most.sense.descending))
    draft.limit = 1
    following = draft.items.after(most)
    draft.use(most, following if draft.table(following) is things else None)
    draft.use(*[o for o in draft.items.preceding(most) if draft.table(o) is things])
