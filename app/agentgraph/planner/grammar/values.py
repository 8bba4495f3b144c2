"""Conditions by stored value: `in France`, `não são do tipo Terreno`, `containing "Hey"`, `smokers`."""

from app.agentgraph.planner.frame import AnyOf, Comparison, Condition, Dimension, Filter, Related
from app.agentgraph.planner.grammar.absence import use_negation
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.grouping import display_dimensions
from app.agentgraph.planner.grammar.ratios import ratio_turn
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.names import likeness
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType, Scalar

_BEING = frozenset("a an as um uma como".split())
_OTHER_COLUMN = 0.55
_NAMING = frozenset("name title nome titulo names titles nomes titulos".split())
_TOGETHER = frozenset({"combined", "together", "in total", "overall", "altogether", "juntos", "somados", "ao todo"})
"""What adds two named things up, so that they are not told apart."""
_POSSESSIVES = frozenset({"whose", "cujo", "cuja", "cujos", "cujas"})


def read_texts(draft: Draft) -> None:
    """Takes `containing "x"`, `starting with J`, and texts in quotes that no stored value equals."""
    for item in draft.items.of_role(Role.CONTAINS):
        _contains(draft, item)
    for item in draft.items:
        if item.quoted and not item.used and (_is_part(draft, item) or not item.values):
            _quoted(draft, item)


def read_nulls(draft: Draft) -> None:
    """Takes `without a phone` and `region is missing`."""
    for item in draft.items.of_role(Role.NOT):
        column = draft.column(draft.items.after(item, skip=False))
        if fold(item.text) == "no" and column is not None and column.is_measure and _starts_at_zero(column):
            draft.where.append((item.start, Condition(column, Comparison.EQ, (0,))))
            draft.use(item, draft.items.after(item, skip=False))
    for item in draft.items.of_role(Role.NULL, Role.WITHOUT):
        following, before = draft.items.after(item), draft.items.before(item)
        named = following if item.is_(Role.WITHOUT) or draft.column(before) is None else before
        column = draft.column(named)
        if column is not None and column.truth is None and not _value_follows(draft, named):
            negated = _is_negated(draft, item) if item.is_(Role.NULL) else False
            comparison = Comparison.NOT_NULL if negated else Comparison.NULL
            nothing = Condition(column, Comparison.EQ, (0,)) if item.is_(Role.WITHOUT) and _holds_zero(column) else None
            draft.where.append((item.start, nothing or Condition(column, comparison)))
            draft.use(item, named)


def _holds_zero(column: SchemaColumn) -> bool:
    """`no precipitation`: an amount that is never missing, and nothing at the least, is zero."""
    return column.is_measure and not column.profile.nulls and _starts_at_zero(column)


def _starts_at_zero(column: SchemaColumn) -> bool:
    return str(column.profile.minimum) in {"0", "0.0"}


def read_values(draft: Draft) -> None:
    """Takes the stored values; several of one column in a row mean any of them."""
    taken = [_value(draft, item) for item in draft.items if item.values and not item.used]
    _compare_values(draft, taken)
    for group in _grouped(draft, taken):
        draft.where.append(group)
    _read_truths(draft)


def _value(draft: Draft, item: Item) -> tuple[int, Condition, bool]:
    column = item.values[0].column
    values = tuple(dict.fromkeys(_typed(link.value) for link in item.values))
    negated = _is_negated(draft, item)
    _doubt_other_column(draft, item, column)
    draft.use(item)
    _use_name_beside(draft, item, column)
    return item.start, Condition(column, Comparison.NE if negated else Comparison.EQ, values), negated


def _doubt_other_column(draft: Draft, item: Item, column: SchemaColumn) -> None:
    """`the year that Ann was a reporter`: a value of another column than the one that the question says it is in."""
    article = draft.items.after(item, skip=False)
    named = draft.column(draft.items.after(item))
    said = article is not None and fold(article.text) in _BEING
    if said and named is not None and named is not column and named.table == column.table:
        draft.doubt(_OTHER_COLUMN)


def _compare_values(draft: Draft, taken: list[tuple[int, Condition, bool]]) -> None:
    """`average tip for dinner and lunch` sets two values side by side: one figure for each."""
    compares = any(fold(o.text).startswith("compar") for o in draft.items.of_role(Role.ASK))
    figures = draft.items.of_role(Role.AGGREGATE, Role.TOTAL)
    together = any(fold(o.text) in _TOGETHER for o in draft.items)
    if compares and len(taken) > 2 and len({(c.column, c.comparison) for _, c, _ in taken}) == 1:
        draft.group.append(Dimension(taken[0][1].column))
        return
    if len(taken) != 2 or together or not (figures or compares) or draft.items.of_role(Role.SHARE):
        return
    (start, first, _), (end, second, _) = taken
    joined = any(o.is_(Role.AND) and start < o.start < end for o in draft.items)
    if joined and first.column is second.column and first.comparison is second.comparison is Comparison.EQ:
        draft.group.append(Dimension(first.column))


def _grouped(draft: Draft, taken: list[tuple[int, Condition, bool]]) -> list[tuple[int, Filter]]:
    """Merges values of one column; values of different columns joined by `or` become alternatives.

    The two sides of a ratio stay apart.
    """
    turns = [turn.start for o in draft.items.of_role(Role.RATIO) if (turn := ratio_turn(draft, o)) is not None]
    merged: dict[tuple[SchemaColumn, Comparison, bool], tuple[int, tuple[Scalar, ...]]] = {}
    for start, condition, negated in taken:
        if negated and condition.column.table != draft.main.name:
            draft.use(
                *[o for o in draft.items if (t := draft.table(o)) is not None and t.name == condition.column.table]
            )
        key = condition.column, condition.comparison, any(start > turn for turn in turns)
        first, values = merged.get(key, (start, ()))
        merged[key] = first, tuple(dict.fromkeys((*values, *condition.values)))
    conditions = [(start, Condition(column, how, values)) for (column, how, _), (start, values) in merged.items()]
    if len(conditions) == 2 and _is_or_between(draft, conditions[0][0], conditions[1][0]):
        return [(conditions[0][0], AnyOf(tuple(condition for _, condition in conditions)))]
    return [(start, _related(draft, condition)) for start, condition in conditions]


def _related(draft: Draft, condition: Condition) -> Filter:
    """`students who do not have a cat`: a negated value of another table is about rows that have no such row."""
    if condition.comparison is not Comparison.NE or condition.column.table == draft.main.name:
        return condition
    positive = Condition(condition.column, Comparison.EQ, condition.values)
    return Related(draft.main.name, condition.column.table, (positive,))


def _read_truths(draft: Draft) -> None:
    """Takes columns of yes and no that are said and not asked for: `smokers`, `capitais`, `not high definition`."""
    said: dict[SchemaColumn, set[bool]] = {}
    places: dict[SchemaColumn, int] = {}
    for item in draft.items:
        column = draft.column(item)
        if column is None or column.truth is None or item.used:
            continue
        if _names_rows(draft, item):
            draft.main = draft.schema.table(column.table)
            draft.shown += display_dimensions(draft.main) if not draft.items.of_role(Role.COUNT) else []
        elif _is_asked_for(draft, item):
            continue
        said.setdefault(column, set()).add(not _is_negated(draft, item))
        places.setdefault(column, item.start)
        draft.use(item)
    for column, meanings in said.items():
        if len(meanings) == 2:
            draft.group.append(Dimension(column))
            continue
        yes, no = column.truth or (None, None)
        value = yes if True in meanings else no
        draft.where.append((places[column], Condition(column, Comparison.EQ, (_scalar(value),))))


def _is_asked_for(draft: Draft, item: Item) -> bool:
    before = draft.items.before(item)
    while before is not None and (before.is_(Role.AND) or before.text == "," or before.columns):
        before = draft.items.before(before)
        if before is not None and before.is_(Role.BY, Role.EACH):
            return True
    before = draft.items.before(item)
    listed = before is None or before.is_(Role.BY, Role.ASK, Role.ORDER, Role.AGGREGATE, Role.EACH, Role.DISTINCT)
    return listed or (
        before is not None and before.is_(Role.WHICH) and before.text.casefold() not in {"that", "who", "que"}
    )


def _names_rows(draft: Draft, item: Item) -> bool:
    """`quais são as capitais`, `who are the smokers`: rows of which the column is true, and not the column itself."""
    before = draft.items.before(item)
    table = item.columns[0].column.table
    named = any(o.tables[0].table.name == table for o in draft.items if o.tables)
    shown = before is not None and before.is_(Role.WHICH) and len(before.text.split()) > 1
    first = draft.items.before(item, skip=False)
    while first is not None and first.is_(Role.STOP):
        first = draft.items.before(first, skip=False)
    listed = first is not None and first.is_(Role.ASK) and fold(item.text).endswith("s")
    return (shown or listed) and not named and draft.schema.table(table).display is not None


def _contains(draft: Draft, item: Item) -> None:
    text = draft.items.after(item)
    comparison = item.sense.comparison if item.sense else None
    column = next((c for o in _around(draft, item) if (c := draft.column(o)) and c.profile.type is DataType.TEXT), None)
    column = column or draft.main.display
    if text is None or comparison is None or column is None or text.is_(Role.CONTAINS):
        return
    if text.values:
        column = text.values[0].column if len(text.values) == 1 else column
    draft.where.append((item.start, Condition(column, comparison, (text.text,))))
    named = next((o for o in _around(draft, item) if draft.column(o) is column), None)
    draft.use(item, text, named if named is not None and not _is_first(draft, named) else None)


def _quoted(draft: Draft, item: Item) -> None:
    """A text in quotes that the data does not hold: compared all the same, with the column named beside it."""
    before, after = draft.items.before(item), draft.items.after(item)
    column = draft.column(before) or draft.column(after)
    if column is None or column.profile.type is not DataType.TEXT:
        return
    if _is_part(draft, item):
        draft.where.append((item.start, Condition(column, Comparison.CONTAINS, (item.text,))))
        draft.use(item, before, after)
        return
    how = Comparison.NE if _is_negated(draft, item) else Comparison.EQ
    draft.where.append((item.start, Condition(column, how, (item.text,))))
    draft.use(item, before if draft.column(before) is column else after)
    draft.doubt(0.9)


def _is_part(draft: Draft, item: Item) -> bool:
    """`a song with 'Hey' in its name`, `uma música com 'Hey' no nome`: a text within a name."""
    within = draft.items.after(item, skip=False)
    before = draft.items.before(item, skip=False)
    held = before is not None and before.is_(Role.WITH) and within is not None and within.is_(Role.IN)
    named = draft.items.after(item)
    return held and named is not None and fold(named.text) in _NAMING


def _is_negated(draft: Draft, item: Item) -> bool:
    """Whether `not` stands before, with nothing but small words and names between."""
    for other in draft.items.preceding(item)[:6]:
        if other.is_(Role.NOT, Role.WITHOUT) or (
            other.is_(Role.COMPARE) and other.sense and other.sense.comparison is Comparison.NE
        ):
            draft.use(other)
            use_negation(draft, other, item)
            return True
        passed = draft.column(other)
        if passed is not None and passed.truth is not None:
            return False
        if not (other.is_silent or passed is not None or draft.table(other) or other.is_(Role.OR)):
            return False
    return False


def _use_name_beside(draft: Draft, item: Item, column: SchemaColumn) -> None:
    """Takes the column's own name beside its value (`language English`, `Ideal cut`), unless that is asked for."""
    before = draft.items.before(item)
    while before is not None and (before.is_(Role.BY, Role.OR, Role.AND, Role.NOT) or (before.values and before.used)):
        before = draft.items.before(before)
    twin = draft.items.before(before) if before is not None and before.columns else None
    if twin is not None and draft.column(twin) is column and not _is_first(draft, twin):
        draft.use(twin)
    for other in (before, draft.items.after(item)):
        told = draft.column(other) is column or _says_marker(other, column)
        if other is not None and not other.used and told and not _is_first(draft, other):
            draft.use(other)
        if other is not None and other.is_(Role.COMPARE) and other.sense and other.sense.comparison is Comparison.EQ:
            named = draft.items.before(other)
            draft.use(other, named if draft.column(named) is column else None)


def _says_marker(item: Item | None, column: SchemaColumn) -> bool:
    """`with the acronym UN`, where several columns hold acronyms: said of the one that holds the value."""
    if item is None or column.marker is None or len(item.columns) != 1:
        return False
    said = item.columns[0].column
    return said.marker is column.marker and likeness(fold(item.text), column.marker.value) > 0


def _is_first(draft: Draft, item: Item) -> bool:
    """The first name of the question, right after `which` or `show`."""
    before = draft.items.before(item, skip=False)
    while before is not None and before.is_(Role.STOP, Role.IN, Role.OF):
        before = draft.items.before(before, skip=False)
    if before is not None and fold(before.text) in _POSSESSIVES:
        return False
    return before is None or before.is_(Role.WHICH, Role.ASK, Role.COUNT)


def _value_follows(draft: Draft, item: Item | None) -> bool:
    following = draft.items.after(item) if item is not None else None
    return following is not None and bool(following.values or following.number is not None)


def _around(draft: Draft, item: Item) -> list[Item]:
    return [*draft.items.preceding(item)[:4], *draft.items.following(item)[1:5]]


def _is_or_between(draft: Draft, start: int, end: int) -> bool:
    return any(item.is_(Role.OR) and start < item.start < end for item in draft.items)


def _typed(value: Scalar) -> Scalar:
    return value


def _scalar(value: object) -> Scalar:
    return value if isinstance(value, (str, int, float, bool)) else None
