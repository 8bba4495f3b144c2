"""The figures that a question asks for: counts, sums, averages, and what they are taken of."""

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Figure, Measure
from app.agentgraph.planner.grammar.asides import COMPLETED
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.nesting import asks_number, average_of_totals, take_over_groups
from app.agentgraph.planner.grammar.time import grain_dimensions, has_row_each_day
from app.agentgraph.planner.grammar.told import measure_told
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold
from app.core.i18n import Language

_UNNAMED_ROWS = 0.72
"""Doubt when `how many drivers` counts the rows of a table that does not say what its rows are."""
_UNNAMED_AMOUNT = 0.8
"""Doubt when `how many votes did Ann get` is answered by the column Ann."""
_TIMES = ("times", "vezes")
"""How often something is so: rows, whatever is named after it."""
_NUMBERS = frozenset({"numeros de", "numeros", "numbers of"})
_BOUNDS = frozenset({Aggregate.MIN, Aggregate.MAX})
"""Aggregates that any column has, texts too."""


def read_figures(draft: Draft) -> None:
    """Takes the words of aggregation with their columns; each becomes a figure at its place."""
    for cluster in _clusters(draft):
        if _asks_value(draft, cluster):
            draft.use(*cluster)
        else:
            _aggregates(draft, cluster)
    for item in draft.items.of_role(Role.COUNT):
        if _ends_name(draft, item) or _begins_name(draft, item):
            draft.use(item)
        else:
            _count(draft, item)
            _count_listed(draft, item)
    for item in draft.items.of_role(Role.TOTAL):
        _total(draft, item)
    for item, figure in draft.figures.items():
        if not any(output == figure for _, output in draft.outputs):
            draft.outputs.append((item.start, figure))


def default_measure(draft: Draft) -> Measure:
    """The figure of a series that names none: the only measure added up (a rate: averaged), else the rows counted."""
    measures = draft.main.measures
    if len(measures) != 1:
        return draft.count_of(draft.main)
    return natural_measure(measures[0])


def natural_measure(column: SchemaColumn) -> Measure:
    """What a measure is over several rows: added up, or averaged when it is a rate."""
    return Measure(Aggregate.SUM if column.is_additive else Aggregate.AVG, column.table, column)


def amount_of_row(draft: Draft, noun: Item | None) -> SchemaColumn | None:
    """What `how many` is about where a row is one thing: what the verb is called (`did Ann win`: Won), or a total."""
    verbs = [fold(o.text) for o in draft.items if o.is_(Role.SOFT) and not o.used]
    named = (hinted for verb in verbs if (hinted := draft.hinted((verb,))) is not None)
    totals = [c for c in draft.main.columns if c.is_additive and c.words == ("total",)]
    totalled = bool(draft.items.of_role(Role.TOTAL)) or (noun is not None and fold(noun.text) in COMPLETED)
    column = next(named, None) or (totals[0] if totalled and len(totals) == 1 else None)
    return column if column is not None and column.is_additive else None


def _clusters(draft: Draft) -> list[list[Item]]:
    """Aggregations said in a row: `average, minimum and maximum`."""
    clusters: list[list[Item]] = []
    for item in draft.items.of_role(Role.AGGREGATE):
        before = draft.items.before(item)
        while before is not None and (before.is_(Role.AND) or before.text == ","):
            before = draft.items.before(before)
        if clusters and before is clusters[-1][-1]:
            clusters[-1].append(item)
        else:
            clusters.append([item])
    return clusters


def _aggregates(draft: Draft, cluster: list[Item]) -> None:
    if asks_number(cluster):
        take_over_groups(draft, cluster)
        if draft.over is not None:
            return
    columns = _targets(draft, cluster)
    if not columns:
        take_over_groups(draft, cluster)
        return
    if average_of_totals(draft, cluster, columns):
        return
    for item in cluster:
        aggregate = item.sense.aggregate if item.sense else None
        for column in columns:
            if aggregate is not None:
                figure = Measure(aggregate, column.table, column)
                draft.figures.setdefault(item, figure)
                if draft.figures[item] is not figure:
                    draft.outputs.append((item.start, figure))
        draft.use(item)


def _asks_value(draft: Draft, cluster: list[Item]) -> bool:
    """`how much does the youngest dog weigh` asks for one row's value, not for a sum."""
    how_much = cluster[0].text.casefold() in {"how much", "quanto"}
    return how_much and any(o.is_(Role.SUPERLATIVE) for o in draft.items)


def _targets(draft: Draft, cluster: list[Item]) -> list[SchemaColumn]:
    """The columns that a cluster aggregates: after it, or in Portuguese right before it (`idade média`)."""
    before = draft.items.before(cluster[0], skip=False)
    bounds = all(item.sense is not None and item.sense.aggregate in _BOUNDS for item in cluster)
    bounded = bounds and before is not None and not before.used and draft.column(before) is not None
    if draft.language is Language.PT and (bounded or _is_target(draft, before)):
        draft.use(before)
        column = draft.column(before)
        return [column] if column is not None else []
    found = list[SchemaColumn]()
    named = _skip_count(draft, draft.items.after(cluster[-1]))
    while named is not None and (
        _is_target(draft, named) or (bounds and not found and draft.column(named) and not named.used)
    ):
        column = draft.column(named)
        found += [column] if column is not None else []
        draft.use(named)
        link = draft.items.after(named, skip=False)
        following = draft.items.after(link) if link is not None and (link.is_(Role.AND) or link.text == ",") else None
        named = following if following is not None and not following.used else None
    if found:
        return found
    return _fallback(draft, cluster, before)


def _fallback(draft: Draft, cluster: list[Item], before: Item | None) -> list[SchemaColumn]:
    column = draft.column(before)
    if column is not None and _is_target(draft, before):
        draft.use(before)
        return [column]
    named = draft.items.after(cluster[-1])
    if named is not None and not named.used and draft.column(named) is not None:
        return []
    unused = [o for o in draft.items if _is_target(draft, o) and not o.used]
    if len(unused) == 1 and cluster[0].is_(Role.AGGREGATE):
        draft.use(unused[0])
        draft.doubt(0.93)
        column = draft.column(unused[0])
        return [column] if column is not None else []
    table = draft.table(named) or draft.main
    hints = cluster[0].sense.hints if cluster[0].sense is not None else ()
    hinted = draft.hinted(hints, table=table) if hints else None
    if hinted is not None and hinted.is_measure:
        return [hinted]
    if len(table.measures) == 1:
        draft.doubt(0.93)
        return [table.measures[0]]
    return []


def _skip_count(draft: Draft, named: Item | None) -> Item | None:
    """`average number of staff` is an average of the column of numbers."""
    if named is not None and named.is_(Role.COUNT, Role.TOTAL):
        following = draft.items.after(named)
        if _is_target(draft, following):
            draft.use(named)
            return following
    return named


def _is_target(draft: Draft, item: Item | None) -> bool:
    column = draft.column(item)
    return (
        column is not None
        and item is not None
        and not item.used
        and (column.is_measure or column.is_time or column.is_year)
    )


def _ends_name(draft: Draft, item: Item) -> bool:
    """`the top medal count`: the column is of counts already."""
    before, following = draft.items.before(item, skip=False), draft.items.after(item)
    while before is not None and before.is_unknown:
        before = draft.items.before(before, skip=False)
    column = draft.column(before)
    last = following is None or following.sign
    return item.text.casefold() == "count" and last and column is not None and column.is_measure


def _begins_name(draft: Draft, item: Item) -> bool:
    """`números de telefone`: numbers in the plural are what is stored, and nothing is counted."""
    column = draft.column(draft.items.after(item))
    return fold(item.text) in _NUMBERS and column is not None


def _count_listed(draft: Draft, item: Item) -> None:
    """`how many names and contents`: each column named in a row is counted."""
    first = draft.figures.get(item)
    linked = draft.items.after(item)
    if not isinstance(first, Measure) or first.column is None or not first.distinct or linked is None:
        return
    if linked.is_(Role.DISTINCT):
        linked = draft.items.after(linked)
    link = draft.items.after(linked, skip=False) if linked is not None else None
    if link is not None and link.is_(Role.DISTINCT):
        link = draft.items.after(link, skip=False)
    named = draft.items.after(link) if link is not None and link.is_(Role.AND) else None
    column = draft.column(named)
    if named is None or named.used or column is None or column.is_measure:
        return
    draft.outputs.append((named.start, Measure(Aggregate.COUNT, column.table, column, distinct=True)))
    draft.use(named)


def _count(draft: Draft, item: Item) -> None:
    """`how many X`: rows of a table, distinct values of a column, or the sum of a column that counts."""
    draft.use(item)
    if fold(item.text).endswith(_TIMES):
        draft.figures[item] = draft.count_of(draft.main)
        return
    distinct = False
    named = draft.items.after(item)
    if named is not None and named.is_(Role.TOTAL):
        draft.use(named)
        named = draft.items.after(named)
    if named is not None and named.is_(Role.DISTINCT):
        draft.use(named)
        distinct, named = True, draft.items.after(named)
    following = draft.items.after(named) if named is not None else None
    if following is not None and following.is_(Role.DISTINCT):
        draft.use(following)
        distinct = True
    figure = _counted(draft, named, distinct=distinct)
    if figure is None:
        item.used = False
        return
    draft.figures[item] = figure


def _counted(draft: Draft, named: Item | None, *, distinct: bool) -> Figure | None:
    column, table = draft.column(named), draft.table(named)
    if named is None or named.is_(Role.BY, Role.IN, Role.AND, Role.OR):
        return draft.count_of(draft.main)
    if table is not None:
        draft.use(named)
        return draft.count_of(table)
    if column is not None and not named.used:
        draft.use(named)
        fixed = any(isinstance(c, Condition) and c.column is column and _is_one(c) for _, c in draft.where)
        return draft.count_of(draft.main) if fixed else _of_column(draft, column, distinct=distinct)
    if named.is_(Role.GRAIN):
        draft.use(named)
        return _of_grain(draft, named)
    if named.is_(Role.ROW):
        draft.use(named)
        told = measure_told(draft, named)
        return draft.count_of(draft.main) if told is None else Measure(Aggregate.SUM, told.table, told)
    amounts = [o for o in draft.items if _is_target(draft, o)] if named.is_unknown else []
    amount = draft.column(amounts[0]) if len(amounts) == 1 else None
    single = named.is_unknown and _has_one_row(draft)
    amount = amount_of_row(draft, named) if single and not amounts else amount
    if amount is not None and amount.is_additive:
        draft.use(named, *amounts)
        draft.doubt(_UNNAMED_AMOUNT)
        return Measure(Aggregate.SUM, amount.table, amount)
    return None if single else _counted_rows(draft, named)


def _counted_rows(draft: Draft, named: Item) -> Figure | None:
    """The rows that the conditions leave, whatever they are called."""
    if draft.where and take_unnamed_rows(draft, named):
        return draft.count_of(draft.main)
    if named.values or named.used or named.quoted:
        following = draft.items.after(named)
        if following is not None and following.is_(Role.GRAIN):
            take_unnamed_rows(draft, following)
        return draft.count_of(draft.schema.table(named.values[0].column.table) if named.values else draft.main)
    return None


def _has_one_row(draft: Draft) -> bool:
    """Whether a condition leaves one row: the number of rows would always be one."""
    equal = [c for _, c in draft.where if isinstance(c, Condition) and c.comparison is Comparison.EQ]
    names = (draft.main.display, draft.main.person)
    return any(c.column in names and c.column.is_unique and len(c.values) == 1 for c in equal)


def _is_one(condition: Condition) -> bool:
    """Whether only rows of one value are left, of which there is no number to tell."""
    return condition.comparison is Comparison.EQ and len(condition.values) == 1


def take_unnamed_rows(draft: Draft, named: Item | None) -> bool:
    """Takes a word for the rows of the only table that does not say what they are: `percentage of customers`."""
    days = named is not None and named.is_(Role.GRAIN) and has_row_each_day(draft.main)
    if named is None or not (days or (named.is_unknown and len(draft.schema.tables) == 1)):
        return False
    if not days:
        draft.doubt(_UNNAMED_ROWS)
    draft.use(named)
    return True


def _of_column(draft: Draft, column: SchemaColumn, *, distinct: bool) -> Figure:
    identifies = column.is_unique and column is draft.schema.table(column.table).columns[0]
    if column.is_additive and not distinct and column.profile.type == "integer" and not identifies:
        return Measure(Aggregate.SUM, column.table, column)
    table = draft.schema.table(column.table)
    if column.profile.type == "real" and not distinct:
        draft.doubt(0.9)
        return draft.count_of(table)
    if (column.is_unique or column in table.keys) and not distinct:
        return draft.count_of(table)
    return Measure(Aggregate.COUNT, column.table, column, distinct=True)


def _of_grain(draft: Draft, named: Item) -> Figure | None:
    """`how many months`: rows when each has its own, else the distinct ones."""
    grain = named.sense.grain if named.sense else None
    dimensions = grain_dimensions(draft, grain) if grain else []
    if not dimensions:
        return None
    column = dimensions[-1].column
    if column.is_unique:
        return draft.count_of(draft.schema.table(column.table))
    return Measure(Aggregate.COUNT, column.table, column, distinct=True)


def _total(draft: Draft, item: Item) -> None:
    """`total of deaths` adds up; `total of singers` counts rows."""
    named = draft.items.after(item)
    column, table = draft.column(named), draft.table(named)
    if named is not None and (named.is_(Role.COUNT) or draft.items.before(item) in draft.figures):
        draft.use(item)
        return
    if column is not None and named is not None and not named.used and column.is_measure:
        draft.use(item, named)
        draft.figures[item] = Measure(Aggregate.SUM, column.table, column)
        _total_more(draft, named)
        return
    before = draft.items.before(item, skip=False)
    column = draft.column(before)
    if column is not None and before is not None and column.is_measure and not before.used:
        draft.use(item, before)
        draft.figures[item] = Measure(Aggregate.SUM, column.table, column)
        return
    if table is not None:
        draft.use(item, named)
        measures = table.measures
        single = len(measures) == 1 and measures[0].is_additive
        draft.figures[item] = Measure(Aggregate.SUM, table.name, measures[0]) if single else draft.count_of(table)


def _total_more(draft: Draft, named: Item) -> None:
    """`total amount and units`: what is named after it is added up too."""
    link = draft.items.after(named, skip=False)
    while link is not None and (link.is_(Role.AND) or link.text == ","):
        following = draft.items.after(link)
        column = draft.column(following)
        if following is None or following.used or column is None or not column.is_additive:
            return
        draft.outputs.append((following.start, Measure(Aggregate.SUM, column.table, column)))
        draft.use(following)
        link = draft.items.after(following, skip=False)


def is_counting(figure: Figure) -> bool:
    """Whether a figure only counts rows."""
    return isinstance(figure, Measure) and figure.aggregate is Aggregate.COUNT and figure.column is None
