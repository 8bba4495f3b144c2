"""Conditions by comparison: `more than 20`, `entre 10 e 20`, `above the average age`, `at least two concerts`."""

from app.agentgraph.planner.frame import Aggregate, AnyOf, Comparison, Condition, Grain, Having, Measure
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.time import near_tables, period_condition, time_column
from app.agentgraph.planner.grammar.told import measure_told
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role, Sense
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType
from app.core.i18n import Language

_PARTED = {
    Comparison.GT: frozenset("greater higher larger bigger more longer mais maior".split()),
    Comparison.LT: frozenset("less lower smaller fewer shorter menos menor".split()),
}
"""Words that compare across the name of what is compared."""
_INNER = 0.5
_TIMES = "times"
"""Hint of the phrases that say how often something happened."""
_THAN = frozenset({"than", "que"})


def read_comparisons(draft: Draft) -> None:
    """Takes ranges, comparisons and numbers beside a column."""
    for item in draft.items.of_role(Role.BETWEEN):
        _between(draft, item)
    for item in draft.items:
        _join_parted(draft, item)
    for item in draft.items.of_role(Role.COMPARE):
        _compare(draft, item)
    _join_alternatives(draft)
    for item in list(draft.items):
        if item.number is not None and not item.used and item.period is None:
            _equal(draft, item)


def _join_parted(draft: Draft, item: Item) -> None:
    """Makes a comparison of `a greater weight than 10` and `mais funcionários que a média`, names in between."""
    word = fold(item.text)
    direction = next((how for how, words in _PARTED.items() if word in words), None)
    named = draft.items.after(item)
    if item.used or direction is None or draft.column(named) is None or named is None:
        return
    than = draft.items.after(named, skip=False)
    if than is not None and than.is_(Role.OF):
        than = draft.items.after(than, skip=False)
    compared = draft.items.after(than) if than is not None and fold(than.text) in _THAN else None
    if than is not None and compared is not None and (compared.number is not None or compared.is_(Role.AGGREGATE)):
        item.sense = Sense(Role.COMPARE, comparison=direction)
        draft.use(than)


def _join_alternatives(draft: Draft) -> None:
    """`after 2013 or before 2008`: two conditions with `or` between them are one."""
    for (start, left), (end, right) in zip(draft.where, draft.where[1:], strict=False):
        joined = any(o.is_(Role.OR) and start < o.start < end for o in draft.items)
        joined = joined or any(o.start == end and o.text.casefold().startswith(("or ", "ou ")) for o in draft.items)
        if joined and isinstance(left, Condition) and isinstance(right, Condition):
            draft.where = [entry for entry in draft.where if entry[1] not in (left, right)]
            draft.where.append((start, AnyOf((left, right))))
            return


def _between(draft: Draft, item: Item) -> None:
    low = draft.items.after(item)
    link = draft.items.after(low, skip=False) if low is not None else None
    high = draft.items.after(link, skip=False) if link is not None else None
    if low is None or high is None or low.number is None or high.number is None:
        return
    target = time_column(draft, item, low.period) if low.period is not None and high.period is not None else None
    if target is not None and low.period is not None and high.period is not None:
        draft.where.append((item.start, period_condition(target, low.period, Comparison.BETWEEN, until=high.period)))
    else:
        column = _named_before(draft, item) or _unit(draft, high) or _only_measure(draft)
        if column is None:
            return
        draft.where.append((item.start, Condition(column, Comparison.BETWEEN, (low.number, high.number))))
    draft.use(item, low, link, high)


def _compare(draft: Draft, item: Item) -> None:
    sense = item.sense
    if sense is None or sense.comparison is None:
        return
    if sense.number is not None:
        against = _against_times if _TIMES in sense.hints else _against
        against(draft, item, sense.number)
        return
    value = _value_of(draft, item)
    if value is None:
        _against_figure(draft, item)
    elif value.period is not None and _is_temporal(draft, item, value):
        target = time_column(draft, value if value.start < item.start else item, value.period)
        if target is not None:
            draft.where.append((item.start, period_condition(target, value.period, sense.comparison)))
            draft.use(item, value)
    elif value.number is not None:
        _against(draft, item, value.number, value)


def _against(draft: Draft, item: Item, number: float, value: Item | None = None) -> None:
    """A comparison with a number, of whatever the words around name."""
    comparison = item.sense.comparison if item.sense else None
    if comparison is None or _against_count(draft, item, comparison, number, value):
        return
    aggregated = _aggregated_before(draft, item)
    if aggregated is not None:
        draft.having.append(Having(aggregated, comparison, (number,)))
        draft.use(item, value)
        return
    hints = item.sense.hints if item.sense else ()
    column = (
        (_unit(draft, value) if value is not None else None)
        or _named_between(draft, item, value)
        or _named_before(draft, item)
        or (draft.hinted(hints) if hints else None)
        or _verb_column(draft, item)
        or _only_measure(draft)
    )
    if column is not None:
        draft.where.append((item.start, Condition(column, comparison, (number,))))
        draft.use(item, value)


def _against_count(draft: Draft, item: Item, comparison: Comparison, number: float, value: Item | None) -> bool:
    """`more than two concerts`: the number of rows of another table for each row of the one asked about."""
    counted = draft.items.after(value) if value is not None else None
    if any(o.is_(Role.IN) for o in draft.items if value and counted and value.start < o.start < counted.start):
        return False
    table = draft.table(counted) or _named_for(draft, counted)
    if counted is not None and _counts_different(draft, item, counted):
        draft.use(item, value, counted)
        return True
    rows = counted is not None and counted.is_(Role.ROW, Role.COUNT)
    if rows and counted is not None and _against_told(draft, item, comparison, counted, number):
        draft.use(item, value)
        return True
    if counted is None or not (rows or table is not None):
        return False
    if table is not None and not any(draft.column(o) or draft.table(o) for o in draft.items.preceding(item)):
        return False
    draft.having.append(Having(draft.count_of(table or draft.main), comparison, (number,)))
    draft.use(item, value, counted)
    return True


def _against_times(draft: Draft, item: Item, number: float) -> None:
    """`visited museums more than once`: how many rows belong to each of what is asked for."""
    named = [table for o in draft.items.preceding(item) if (table := draft.table(o)) is not None]
    counted = next((table for table in named if table is not draft.main), draft.main)
    asked = [c for o in draft.items.preceding(item) if (c := draft.column(o)) is not None and not o.used]
    repeats = any(not c.is_unique and not c.is_measure for c in asked)
    if item.sense is None or item.sense.comparison is None or (counted is draft.main and not repeats):
        return
    draft.having.append(Having(draft.count_of(counted), item.sense.comparison, (int(number),)))
    draft.use(item)


def _against_told(draft: Draft, item: Item, comparison: Comparison, rows: Item, number: float) -> bool:
    """`more than 10 people killed`: what a column says of people, and not rows; summed for each of another table."""
    column = measure_told(draft, rows)
    if column is None:
        return False
    if column.table == draft.main.name:
        draft.where.append((item.start, Condition(column, comparison, (number,))))
    else:
        draft.having.append(Having(Measure(Aggregate.SUM, column.table, column), comparison, (number,)))
    totals = (o for o in draft.items.following(rows) if o.is_(Role.TOTAL))
    draft.use(rows, *totals)
    return True


def _named_for(draft: Draft, counted: Item | None) -> SchemaTable | None:
    """`more than 1 town`, where towns have a column of that name: the other table whose rows it names."""
    column = draft.column(counted)
    table = draft.schema.table(column.table) if column is not None else draft.main
    return table if table is not draft.main and table.display is column else None


def _counts_different(draft: Draft, item: Item, counted: Item) -> bool:
    """`continents with more than 30 countries`, both columns: the number of different ones, now tested."""
    column = draft.column(counted)
    asked = next((c for o in draft.items.preceding(item) if (c := draft.column(o)) is not None), None)
    number = draft.items.before(counted)
    if column is None or asked is None or asked is column or asked.table != column.table or counted.used:
        return False
    texts = column.profile.type is DataType.TEXT and not column.is_numeric_text and column.truth is None
    comparison = item.sense.comparison if item.sense else None
    if (
        not texts
        or asked.is_measure
        or asked.is_unique
        or comparison is None
        or number is None
        or number.number is None
    ):
        return False
    figure = Measure(Aggregate.COUNT, column.table, column, distinct=True)
    draft.having.append(Having(figure, comparison, (number.number,)))
    return True


def _against_figure(draft: Draft, item: Item) -> None:
    """`above the average age`: compared with a figure over all rows."""
    figure = passed = draft.items.after(item)
    between = draft.column(passed)
    if figure is not None and between is not None:
        figure = draft.items.after(figure)
        while figure is not None and fold(figure.text) in _THAN:
            figure = draft.items.after(figure)
    if figure is None or not figure.is_(Role.AGGREGATE) or figure.sense is None or item.sense is None:
        return
    named = draft.items.after(figure)
    column = draft.column(named) or between or _named_before(draft, item)
    if column is None or item.sense.comparison is None or figure.sense.aggregate is None:
        return
    measure = Measure(figure.sense.aggregate, column.table, column)
    compared = _named_before(draft, item) if _named_before(draft, item) is column else column
    draft.where.append((item.start, Condition(compared or column, item.sense.comparison, figure=measure)))
    draft.use(item, figure, named if draft.column(named) else None, passed if between is not None else None)
    _doubt_inner(draft, named or figure)


def _doubt_inner(draft: Draft, figure: Item) -> None:
    """`than the minimum of all museums opened after 2010`: a condition within the figure is not read as one."""
    counted = draft.items.after(figure)
    draft.use(counted if counted is not None and counted.is_(Role.COUNT) else None)
    following = draft.items.following(figure)
    again = next((o for o in following if o.tables and o.tables[0].table is draft.main), None)
    if again is not None and any(o.period is not None or o.values for o in draft.items.following(again)):
        draft.doubt(_INNER)


def _equal(draft: Draft, value: Item) -> None:
    """A number right beside a numeric column: `6 cylinders`, `level 4`, `32 ou 33 anos`."""
    if value.number is None:
        return
    before, after = draft.items.before(value), draft.items.after(value)
    if before is not None and before.is_(Role.SUPERLATIVE, Role.TOP):
        return
    following = draft.items.after(after) if after is not None and after.is_(Role.OR, Role.AND) else None
    second = following if following is not None and following.number is not None and following.period is None else None
    column = _unit(draft, second or value)
    if column is None and draft.column(before) is not None and before is not None:
        named = draft.column(before)
        column = named if named is not None and named.is_number else None
        draft.use(before if column is not None and not _is_projection(draft, before) else None)
    if column is None or (before is not None and before.is_(Role.WHICH) and second is None):
        return
    values = (value.number,) if second is None or second.number is None else (value.number, second.number)
    draft.where.append((value.start, Condition(column, Comparison.EQ, values)))
    draft.use(value, second)


def _value_of(draft: Draft, item: Item) -> Item | None:
    """The number or period that a comparison compares with; it stands before `or more`."""
    following = [o for o in draft.items.following(item) if not o.is_silent][:2]
    starts_with_or = item.text.casefold().split()[0] in {"or", "ou"}
    if starts_with_or and not (following and following[0].number is not None and not following[0].used):
        return next((o for o in draft.items.preceding(item)[:3] if o.number is not None or o.period is not None), None)
    for position, other in enumerate(following):
        if (other.number is not None or other.period is not None) and not other.used:
            passed = following[:position]
            if all(draft.column(o) or o.is_(Role.GRAIN) for o in passed):
                draft.use(*[o for o in passed if o.is_(Role.GRAIN)])
                return other
    return None


def _is_temporal(draft: Draft, item: Item, value: Item) -> bool:
    hints = item.sense.hints if item.sense else ()
    column = _named_before(draft, item) or _named_between(draft, item, value)
    if column is not None and (column.is_time or column.is_year):
        return True
    unit = _unit(draft, value)
    return "date" in hints and unit is None


def _unit(draft: Draft, value: Item | None) -> SchemaColumn | None:
    """The column that is the unit of a number: `20 years old`, `2 carats`."""
    named = draft.items.after(value) if value is not None else None
    column = draft.column(named)
    if named is not None and named.is_(Role.GRAIN) and value is not None and value.period is None:
        return _age(draft, named)
    if column is None or named is None or named.used or not _is_plain_number(column):
        return None
    draft.use(named)
    return column


def _age(draft: Draft, named: Item) -> SchemaColumn | None:
    """`com mais de 20 anos`: years after a number are an age where there is one."""
    if named.sense is None or named.sense.grain is not Grain.YEAR:
        return None
    tables = [draft.schema.table(name) for name in near_tables(draft, named)]
    ages = (draft.hinted(("age",), table=table) for table in tables)
    column = next((c for c in ages if c is not None and c.is_number), None)
    draft.use(named if column is not None else None)
    return column


def _named_between(draft: Draft, item: Item, value: Item | None) -> SchemaColumn | None:
    named = draft.items.after(item)
    column = draft.column(named)
    if value is None or column is None or named is None or named.start > value.start or not column.is_number:
        return None
    draft.use(named)
    return column


def _named_before(draft: Draft, item: Item) -> SchemaColumn | None:
    """The numeric or temporal column named just before."""
    for other in draft.items.preceding(item)[:5]:
        column = draft.column(other)
        if column is not None and (column.is_number or column.is_time):
            if not _is_projection(draft, other):
                draft.use(other)
            return column
        if not (other.is_silent or other.is_(Role.NOT, Role.GRAIN, Role.WHICH) or other.is_unknown):
            return None
    return None


def _is_projection(draft: Draft, item: Item) -> bool:
    """Asked for by name, so that a condition on it does not take it away."""
    before = draft.items.before(item, skip=False)
    while before is not None and before.is_(Role.STOP):
        before = draft.items.before(before, skip=False)
    return before is not None and before.is_(Role.ASK)


def _aggregated_before(draft: Draft, item: Item) -> Measure | None:
    """`average life expectancy above 70`: the figure that a comparison tests."""
    named = draft.items.before(item)
    figure = draft.items.before(named) if named is not None else None
    if draft.language is Language.PT and named is not None and named.is_(Role.AGGREGATE, Role.TOTAL):
        named, figure = figure, named
    column = draft.column(named)
    if column is None or figure is None or figure.sense is None or not figure.is_(Role.AGGREGATE, Role.TOTAL):
        return None
    draft.use(named, figure)
    return Measure(figure.sense.aggregate or Aggregate.SUM, column.table, column)


def _verb_column(draft: Draft, item: Item) -> SchemaColumn | None:
    """`cost more than 10`: the column that the verb before a comparison speaks of."""
    before = draft.items.before(item, skip=False)
    if before is None or not (before.is_(Role.SOFT) or before.is_unknown):
        return None
    column = draft.hinted((fold(before.text),))
    draft.use(before if column is not None else None)
    return column


def _only_measure(draft: Draft) -> SchemaColumn | None:
    """The table's one measure, when there is one alone; taking it is a small guess."""
    measures = draft.main.measures
    if len(measures) != 1:
        return None
    draft.doubt(0.95)
    return measures[0]


def _is_plain_number(column: SchemaColumn) -> bool:
    return column.is_number and not column.is_year
