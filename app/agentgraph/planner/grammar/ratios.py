"""The ratio of one thing to another: rows that meet conditions, rows of two tables, what two columns add up to."""

from dataclasses import replace

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Measure, Ratio
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.joins import join_graph
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.connectors.catalog import DataType

_AGAINST = (frozenset({"to", "para", "out of", "out of all"}), frozenset({"e", "and"}))
"""Words between the two sides, the plainer ones first: `and` may also stand within a side."""
_FIGURES = (Role.COUNT, Role.TOTAL, Role.DISTINCT, Role.ROW)


def ratio_turn(draft: Draft, item: Item) -> Item | None:
    """The word at which a ratio turns from its first side to the second; None when there is none."""
    following = draft.items.following(item)
    return next((o for words in _AGAINST for o in following if o.text.casefold() in words), None)


def read_ratios(draft: Draft) -> None:
    """Takes `the ratio of A to B`; what it cannot count on both sides it leaves, so that the question is declined."""
    for item in draft.items.of_role(Role.RATIO):
        turn = ratio_turn(draft, item)
        if turn is None:
            continue
        sides = (_named(draft, item, turn.start), _named(draft, turn, _end(draft, turn)))
        ratio = _of_conditions(draft, item, turn, sides) or _of_things(draft, sides)
        if ratio is not None:
            draft.figures[item] = ratio
            between = [o for o in draft.items.following(item) if o.start < _end(draft, turn)]
            draft.use(item, turn, *sides[0], *sides[1], *(o for o in between if o.is_(*_FIGURES)))


def _end(draft: Draft, turn: Item) -> int:
    """Where the second side ends: before what groups, and before the end of the sentence."""
    ends = (
        o.start for o in draft.items.following(turn) if o.is_(Role.BY, Role.EACH, Role.TREND) or o.text in {"?", "."}
    )
    return next(ends, draft.items.parts[-1].end)


def _named(draft: Draft, item: Item, end: int) -> list[Item]:
    """The names between a part and a place that nothing took yet."""
    return [o for o in draft.items.following(item) if o.start < end and o.is_name and not o.used]


def _of_conditions(draft: Draft, item: Item, turn: Item, sides: tuple[list[Item], list[Item]]) -> Ratio | None:
    """Rows of one table that meet the conditions before the turn, against those that meet the ones after it."""
    tables = [next((t for o in side if (t := draft.table(o)) is not None), draft.main) for side in sides]
    conditions = [(at, c) for at, c in draft.where if isinstance(c, Condition)]
    before = [c for at, c in conditions if item.start < at < turn.start]
    columns = {c.column for c in before}
    after = [c for at, c in conditions if at > turn.start and (not columns or c.column in columns)]
    if not (before or after) or tables[0] is not tables[1] or any(draft.column(o) for side in sides for o in side):
        return None
    draft.where = [entry for entry in draft.where if entry[1] not in (*before, *after)]
    whole = draft.count_of(tables[0])
    first, second = (replace(whole, where=tuple(chosen)) for chosen in (before, after))
    return Ratio(first, second, percent=False)


def _of_things(draft: Draft, sides: tuple[list[Item], list[Item]]) -> Ratio | None:
    """Two things counted or added up, each for itself, over all rows or for each group of one table."""
    first, second = (_measured(draft, side) for side in sides)
    if first is None or second is None or first == second or draft.where:
        return None
    if first.table == second.table and (not draft.group or {d.column.table for d in draft.group} == {first.table}):
        return Ratio(first, second, percent=False)
    if not draft.group:
        draft.main = draft.schema.table(first.table)
        return Ratio(first, second, percent=False, of_all=True)
    told_apart = [_told_apart(draft, measure) for measure in (first, second)]
    tables = {d.column.table for d in draft.group}
    if len(tables) > 1 or told_apart[0] is None or told_apart[1] is None:
        return None
    draft.main, draft.outer = draft.schema.table(tables.pop()), True
    return Ratio(told_apart[0], told_apart[1], percent=False)


def _measured(draft: Draft, side: list[Item]) -> Measure | None:
    """What a side counts or adds up; a table after it keeps the rows that belong to one: `papers of conferences`."""
    if not side:
        return None
    table, column = draft.table(side[0]), draft.column(side[0])
    if column is not None and len(side) == 1:
        return _of_column(draft, column)
    if table is None or not all(draft.table(o) for o in side):
        return None
    links = [_link(draft, table, other) for o in side[1:] if (other := draft.table(o)) is not None]
    linked = [Condition(link, Comparison.NOT_NULL) for link in links if link is not None]
    return replace(draft.count_of(table), where=tuple(linked)) if len(linked) == len(links) else None


def _of_column(draft: Draft, column: SchemaColumn) -> Measure | None:
    if column.is_measure:
        return Measure(Aggregate.SUM, column.table, column) if column.is_additive else None
    if column.is_unique:
        return draft.count_of(draft.schema.table(column.table))
    counted = column.profile.type is DataType.TEXT or column.is_code
    return Measure(Aggregate.COUNT, column.table, column, distinct=True) if counted else None


def _link(draft: Draft, table: SchemaTable, other: SchemaTable) -> SchemaColumn | None:
    """The column of `table` that says which row of `other` each row belongs to; None where one may have several."""
    path = join_graph(draft.schema.catalog).path([table.name], other.name)
    return path[0].left if path is not None and len(path) == 1 and path[0].right.is_unique else None


def _told_apart(draft: Draft, measure: Measure) -> Measure | None:
    """A count of rows that stays right when rows come several times: of the different keys."""
    keys = draft.schema.table(measure.table).keys
    if measure.aggregate is not Aggregate.COUNT or measure.column is not None or measure.where or len(keys) != 1:
        return measure if measure.distinct else None
    return Measure(Aggregate.COUNT, measure.table, keys[0], distinct=True)
