"""The most and the least: `the 5 states with most cities`, `hottest day`, `region with the highest average price`."""

from itertools import zip_longest

from app.agentgraph.planner.frame import (
    Aggregate,
    Comparison,
    Condition,
    Dimension,
    Figure,
    Grain,
    Measure,
    Order,
)
from app.agentgraph.planner.grammar.draft import Draft, counts_down
from app.agentgraph.planner.grammar.figures import default_measure
from app.agentgraph.planner.grammar.grouping import display_dimensions
from app.agentgraph.planner.grammar.projections import asks_who
from app.agentgraph.planner.grammar.time import has_row_each
from app.agentgraph.planner.grammar.told import measure_told_before
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType
from app.core.i18n import Language

_MOST = frozenset("most mais least fewest menos".split())
_ONLY_AMOUNT = 0.85
_LIST_LIMIT = 10
"""Rows shown for a superlative in the plural that gives no number."""


def read_superlatives(draft: Draft) -> None:
    """Takes the phrases of most and least, with the number of rows that they keep."""
    for item in draft.items.of_role(Role.FREQUENT):
        _frequent(draft, item)
    rankings = [item for item in draft.items.of_role(Role.SUPERLATIVE, Role.TOP) if not item.used]
    for item, later in zip_longest(rankings, rankings[1:]):
        if later is not None and item.text.casefold() in {"top", "the top", "principais", "primeiros"}:
            draft.limit = _limit(draft, item)
            draft.use(item)
        else:
            _superlative(draft, item)
    rankings = [item for item in rankings if item.text.casefold() != "top"]
    if len(draft.order) > 1 and len(rankings) > 1:
        draft.doubt(0.5)


def _frequent(draft: Draft, item: Item) -> None:
    """`most common type`: the groups with most rows."""
    named = draft.items.after(item)
    if draft.column(named) is None:
        named = draft.items.before(item)
    column = draft.column(named)
    if column is None or item.sense is None:
        return
    draft.group.append(Dimension(column))
    draft.order.append(Order(draft.count_of(draft.schema.table(column.table)), item.sense.descending))
    draft.limit = _limit(draft, item) or 1
    draft.use(item, named)


def _superlative(draft: Draft, item: Item) -> None:
    if item.sense is None:
        return
    target = _target(draft, item)
    if target is None:
        return
    limit = _limit(draft, item)
    descending = item.sense.descending
    if isinstance(target, Dimension) and counts_down(item.sense.hints, target.column):
        descending = not descending
    if isinstance(target, Dimension) and limit is None and draft.limit is None and not _has_entity(draft, item):
        aggregate = Aggregate.MAX if descending else Aggregate.MIN
        figure = Measure(aggregate, target.column.table, target.column)
        draft.outputs.append((item.start, figure))
        draft.figures[item] = figure
    elif isinstance(target, Dimension) and limit is None and _is_of_another(draft, target):
        _keep_extreme(draft, item, target.column, descending=descending)
    else:
        draft.order.append(Order(target, descending))
        several = _is_plural_list(draft, item) and isinstance(target, Dimension)
        draft.limit = limit or draft.limit or (_LIST_LIMIT if several else 1)
    draft.use(item)


def _is_of_another(draft: Draft, target: Dimension) -> bool:
    """`concerts in the stadium with the highest capacity`: what is the most is not what is asked for or counted."""
    table = target.column.table
    counted = {f.table for f in draft.figures.values() if isinstance(f, Measure)}
    ranked = any(not isinstance(o.by, Dimension) or o.by.column.table == table for o in draft.order)
    if draft.group or ranked or (draft.limit or 1) > 1 or (counted and table in counted):
        return False
    return bool(counted) or table != draft.main.name


def _keep_extreme(draft: Draft, item: Item, column: SchemaColumn, *, descending: bool) -> None:
    """Keeps the rows whose column is the most or the least of those that meet the conditions on the same table."""
    own = [c for _, c in draft.where if isinstance(c, Condition) and c.column.table == column.table and not c.figure]
    aggregate = Aggregate.MAX if descending else Aggregate.MIN
    extreme = Measure(aggregate, column.table, column, where=tuple(own))
    draft.where.append((item.start, Condition(column, Comparison.EQ, figure=extreme)))
    for other in draft.items.preceding(item)[:4]:
        named = draft.column(other)
        within = draft.items.before(other, skip=False)
        while within is not None and within.is_(Role.STOP):
            within = draft.items.before(within, skip=False)
        if named is not None and named.table == column.table and within is not None and within.is_(Role.IN, Role.OF):
            draft.use(other)


def _target(draft: Draft, item: Item) -> Figure | Dimension | None:
    """What is the most: a figure said beside, a column, a count of another table, or what the word itself is about."""
    following = _beside(draft, item)
    before = draft.items.before(item, skip=False)
    hints = item.sense.hints if item.sense else ()
    if following is not None and following in draft.figures:
        return draft.figures[following]
    column, table = draft.column(following), draft.table(following)
    if (
        following is not None
        and column is not None
        and (column.is_number or column.is_time)
        and not column.is_code
        and not _is_hinted_entity(item, column)
    ):
        draft.use(following)
        return _summed(draft, item, column)
    earlier = draft.items.before(item)
    alone = _stands_for_measure(draft, following) or _stands_for_measure(draft, earlier)
    if alone is not None and not draft.figures:
        draft.use(following if draft.table(following) is not None else earlier)
        return Dimension(alone)
    if table is not None and hints and item.sense is not None:
        hinted = draft.ranked(item.sense, table=table) or _only_amount(draft, item, table)
        return Dimension(hinted) if hinted is not None else None
    if "date" in hints and _is_thing(draft, item, following) and draft.hinted(hints) is not None:
        draft.use(following)
    named_before = draft.column(before)
    if named_before is not None and named_before.is_measure and draft.language is Language.PT:
        draft.use(before)
        return _summed(draft, item, named_before)
    implied = _hinted(draft, item) or _different(draft, item, following)
    if implied is not None:
        return implied
    return _ranked_rows(draft, item, following) or _target_before(draft, item, before)


def _ranked_rows(draft: Draft, item: Item, following: Item | None) -> Figure | Dimension | None:
    """`most concerts` counts rows, whatever they are called; `the top 5 cars by power` ranks them by what follows."""
    column, table = draft.column(following), draft.table(following)
    by = next((d for d in draft.group if d.column.is_measure), None)
    if by is not None and table is not None and fold(item.text) not in _MOST:
        draft.group.remove(by)
        return _summed(draft, item, by.column)
    if table is not None and _counts_within(draft, item, table):
        draft.use(following)
        return draft.count_of(table)
    if table is not None and _has_entity(draft, item):
        draft.use(following)
        return draft.count_of(table)
    rows = following is not None and following.is_(Role.ROW) and not (item.sense and "date" in item.sense.hints)
    told = measure_told_before(draft, item) if rows else None
    if told is not None:
        draft.use(following)
        return Measure(Aggregate.SUM, told.table, told)
    if rows or _ranks_persons(draft, item, column):
        draft.use(following)
        return draft.count_of(draft.main)
    return None


def _counts_within(draft: Draft, item: Item, table: SchemaTable) -> bool:
    """`how many rivers are in the state with the most rivers`: the count of the first group, and not its name."""
    before = draft.items.before(item)
    whole = draft.table(before)
    counted = any(f == draft.count_of(table) and o.start < item.start for o, f in draft.figures.items())
    if before is None or whole is None or whole is table or not counted or draft.group:
        return False
    draft.group += display_dimensions(whole)
    draft.bare = True
    draft.use(before)
    return True


def _hinted(draft: Draft, item: Item) -> Figure | Dimension | None:
    """What the word itself is about: `the wettest year` adds up precipitation."""
    hints = item.sense.hints if item.sense else ()
    if not hints or draft.figures or (_is_general(hints) and not _is_predicate(draft, item)):
        return None
    column = draft.ranked(item.sense) if item.sense is not None else None
    if column is None:
        return None
    return _summed(draft, item, column) if column.is_measure else Dimension(column)


def _is_predicate(draft: Draft, item: Item) -> bool:
    """`which island is the largest`: said of what was named before, with nothing after it."""
    following = draft.items.after(item)
    earlier = any(draft.column(o) is not None and not o.used for o in draft.items.preceding(item))
    return earlier and (following is None or following.text in {"?", "."})


def _different(draft: Draft, item: Item, following: Item | None) -> Figure | None:
    """`which continent has the most countries`, where both are columns: how many different ones it has."""
    column = draft.column(following)
    asked = _entity_column(draft, item)
    if following is None or column is None or following.used or fold(item.text) not in _MOST:
        return None
    if column.is_unique and (column.is_number or asked is None or asked.is_unique or draft.figures):
        return None
    if column.is_unique:
        draft.use(following)
        return draft.count_of(draft.schema.table(column.table))
    if asked is None or asked is column or asked.table != column.table or column.truth is not None or draft.figures:
        return None
    draft.use(following)
    return Measure(Aggregate.COUNT, column.table, column, distinct=True)


def _ranks_persons(draft: Draft, item: Item, column: SchemaColumn | None) -> bool:
    """`who won in the most districts`, a row each: people are what is ranked, by their rows."""
    person = draft.main.person
    if person is None or person is column or column is None or not column.is_unique or fold(item.text) not in _MOST:
        return False
    if not asks_who(draft) or draft.group or draft.figures:
        return False
    draft.group.append(Dimension(person))
    return True


def _only_amount(draft: Draft, item: Item, table: SchemaTable) -> SchemaColumn | None:
    """`the 10 largest assets`, where nothing is called a size and one column alone is an amount."""
    amounts = [c for c in table.measures if c.is_additive]
    if len(amounts) != 1 or not _is_general(item.sense.hints if item.sense else ()):
        return None
    draft.doubt(_ONLY_AMOUNT)
    return amounts[0]


def _is_thing(draft: Draft, item: Item, following: Item | None) -> bool:
    """`the venue of the last competition`: what is named is not asked for, only which of them."""
    column = draft.column(following)
    asked = [o for o in draft.items.preceding(item) if draft.column(o) is not None and not o.used]
    return column is not None and not column.is_number and not column.is_time and bool(asked)


def _target_before(draft: Draft, item: Item, before: Item | None) -> Figure | Dimension | None:
    """`valor mais alto`, `is the gap the largest`, `the top 5 by price`: what was named before, or after `by`."""
    earlier = [o for o in draft.items.preceding(item) if o in draft.figures]
    column = draft.column(before)
    follows_noun = before is not None and (draft.language is Language.PT or before.used)
    if follows_noun and column is not None and column.is_number and not column.is_code:
        draft.use(before)
        return Dimension(column)
    if earlier:
        return draft.figures[earlier[0]]
    if item.text.casefold() in {"most", "mais", "least", "menos"} and _has_entity(draft, item) and not draft.figures:
        draft.doubt(0.9)
        return draft.count_of(draft.main)
    if draft.figures:
        return next(iter(draft.figures.values()))
    by = next((d for d in draft.group if d.column.is_measure), None)
    if by is not None:
        draft.group.remove(by)
        return _summed(draft, item, by.column)
    if draft.group:
        return default_measure(draft)
    if before is not None and column is not None and column.is_measure:
        draft.use(before)
        return Dimension(column)
    return None


def _stands_for_measure(draft: Draft, item: Item | None) -> SchemaColumn | None:
    """`o maior IPCA`: the name of a series of one measure means that measure."""
    table = draft.table(item)
    if table is None or len(table.measures) != 1 or len(table.columns) > 3 or not table.times:
        return None
    return table.measures[0]


def _is_general(hints: tuple[str, ...]) -> bool:
    """`highest` and `largest` speak of size only beside the thing itself."""
    return "size" in hints or "elevation" in hints


def _beside(draft: Draft, item: Item) -> Item | None:
    """The part that a superlative is about: the next one, a number and a `total` passed over."""
    following = draft.items.after(item)
    while following is not None and (
        (following.number is not None and following.period is None)
        or following.is_(Role.DISTINCT)
        or (following.used and following.is_unknown)
        or (following.is_(Role.TOTAL, Role.COUNT) and following not in draft.figures)
    ):
        draft.use(following if following.is_(Role.TOTAL) else None)
        following = draft.items.after(following)
    return _described(draft, following) if draft.language is Language.EN else following


def _described(draft: Draft, named: Item | None) -> Item | None:
    """`the largest population density`: in English the last of two measures in a row is what is spoken of."""
    column = draft.column(named)
    head = draft.items.after(named, skip=False) if named is not None else None
    described = draft.column(head)
    if column is None or described is None or head is None or head.used or column.table != described.table:
        return named
    if not (column.is_measure and described.is_measure):
        return named
    draft.use(named)
    return head


def _is_hinted_entity(item: Item, column: SchemaColumn) -> bool:
    """`hottest day`: the word speaks of temperature, so the date after it is what is asked for."""
    hints = item.sense.hints if item.sense else ()
    return bool(hints) and column.is_time and "date" not in hints


def _summed(draft: Draft, item: Item, column: SchemaColumn) -> Figure | Dimension:
    """A column's rows as they are, or added up over the entity when `most` speaks of an amount that repeats."""
    entity = _entity_column(draft, item)
    if entity is not None and _adds_up(draft, entity, column):
        return Measure(Aggregate.SUM, column.table, column)
    grains = [o for o in draft.items.of_role(Role.GRAIN) if o.sense and o.sense.grain is not Grain.DAY]
    units = [Dimension(draft.main.times[0], o.sense.grain) for o in grains[:1] if o.sense and draft.main.times]
    if column.is_flow and units and not has_row_each(units[0]):
        return Measure(Aggregate.SUM, column.table, column)
    if grains and column.is_measure and not all(t.is_unique for t in draft.main.times[:1]):
        return Measure(Aggregate.SUM if column.is_additive else Aggregate.AVG, column.table, column)
    if grains and column.is_additive and grains[0].sense is not None and grains[0].sense.grain is not Grain.MONTH:
        return Measure(Aggregate.SUM, column.table, column)
    if draft.group and column.is_additive:
        return Measure(Aggregate.SUM, column.table, column)
    adds = bool({"most", "mais", "least", "menos", "fewest"} & set(item.text.casefold().split())) or "numb" in item.text
    adds = adds or any(word in item.text.casefold() for word in ("amount", "número", "numero", "quantidade", "total"))
    if adds and entity is not None and column.is_additive and not entity.is_unique and entity.table == column.table:
        return Measure(Aggregate.SUM, column.table, column)
    return Dimension(column)


def _adds_up(draft: Draft, entity: SchemaColumn, column: SchemaColumn) -> bool:
    """`top 5 clientes por faturamento`, where clients come in many rows: what all rows of one add up to."""
    repeats = (entity.profile.distinct or 0) * 2 <= (entity.rows or 0) and entity.profile.type is DataType.TEXT
    same = entity.table == column.table == draft.main.name and draft.main.place is not None
    return repeats and same and column.is_flow and not draft.group


def _entity_column(draft: Draft, item: Item) -> SchemaColumn | None:
    named = [draft.column(o) for o in draft.items if draft.column(o) is not None and not o.used and o is not item]
    return next((c for c in named if c is not None and not c.is_measure), None)


def _has_entity(draft: Draft, item: Item) -> bool:
    """Whether anything but the superlative's own target is asked for."""
    following = _beside(draft, item)
    others = [o for o in draft.items if o.is_name and not o.used and o is not following]
    grains = [o for o in draft.items if o.is_(Role.GRAIN) and not o.used]
    table_itself = draft.table(following) is not None and bool(item.sense and item.sense.hints)
    table_itself = table_itself or (
        following is not None and bool(following.values) and bool(item.sense and item.sense.hints)
    )
    wheres = [*draft.items.of_role(Role.WHERE, Role.WHEN, Role.ABOUT), *_rows_asked_for(draft)]
    return bool(others or grains or draft.group or table_itself or wheres or _is_hinted(draft, item, following))


def _rows_asked_for(draft: Draft) -> list[Item]:
    """`who is the oldest`, `which person`: a row of the table, whatever it is called."""
    rows = [o for o in draft.items.of_role(Role.ROW) if (b := draft.items.before(o)) is not None and b.is_(Role.WHICH)]
    draft.use(*rows)
    return rows or ([draft.items.parts[0]] if asks_who(draft) else [])


def _is_hinted(draft: Draft, item: Item, following: Item | None) -> bool:
    column = draft.column(following)
    return column is not None and _is_hinted_entity(item, column)


def _limit(draft: Draft, item: Item) -> int | None:
    """The number of rows: `top 5`, `5 maiores`, `os 5 estados com mais`."""
    near = [draft.items.after(item), draft.items.before(item)]
    near += [o for o in draft.items.preceding(item) if o.number is not None][:1]
    for other in near:
        if other is not None and other.number is not None and not other.used and isinstance(other.number, int):
            draft.use(other)
            return other.number if 0 < other.number <= 10_000 else None
    return None


def _is_plural_list(draft: Draft, item: Item) -> bool:
    """`show the biggest diamonds`: a table in the plural after the superlative, and no `which` before it."""
    following = _beside(draft, item)
    plural = draft.table(following) is not None and following is not None and following.text.casefold().endswith("s")
    asked = any(o.is_(Role.ASK) for o in draft.items.preceding(item))
    return plural and asked
