"""What is shown: the names that no rule took, and the columns that words such as `where` and `which month` imply."""

from app.agentgraph.planner.frame import Condition, Dimension
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.grouping import display_dimensions
from app.agentgraph.planner.grammar.time import grain_dimensions
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.names import likeness
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType
from app.core.i18n import Language

_PLACES = ("location", "place", "city", "hometown", "state", "country", "venue")
_POINTING = frozenset(
    "that this same those these esse essa nesse nessa desse dessa naquele naquela mesmo mesma".split()
)
_CHAINED = 0.5
"""Doubt when a figure is asked of what the rows only name."""
_WHO = frozenset({"who", "whom", "quem"})


def read_projections(draft: Draft) -> list[Dimension]:
    """The names that no rule took: columns are shown, tables by their display column where they are asked for."""
    shown = list(draft.shown)
    tables: list[tuple[Item, SchemaTable]] = []
    implied: list[Item] = []
    for item in draft.items:
        if item.used:
            continue
        column, table = draft.column(item), draft.table(item)
        if column is not None:
            draft.doubt(_CHAINED if _is_chained(draft, item, column) else 1.0)
            if not _is_said(draft, item, column):
                shown.append(Dimension(column))
            draft.use(item)
        elif table is not None:
            tables.append((item, table))
        elif item.is_(Role.GRAIN, Role.WHERE, Role.WHEN, Role.ABOUT):
            implied.append(item)
    for item in implied:
        if item.is_(Role.GRAIN) or not shown or _is_added(draft, item):
            shown += _implied(draft, item)
    for item, table in tables:
        _show_table(draft, item, table, shown)
    return list(dict.fromkeys(shown))


def _is_added(draft: Draft, item: Item) -> bool:
    """`the name of each singer, and how old they are`: asked for beside the rest."""
    before = draft.items.before(item)
    return before is not None and before.is_(Role.AND)


def _is_chained(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """`the population of the capital of Texas`: a figure of something that another column only names."""
    linked = draft.items.before(item, skip=False)
    while linked is not None and linked.is_(Role.STOP):
        linked = draft.items.before(linked, skip=False)
    figure = draft.items.before(linked, skip=False) if linked is not None and linked.is_(Role.OF) else None
    owner, measure = draft.items.after(item, skip=False), draft.column(figure)
    value = draft.items.after(item)
    if owner is None or measure is None or not owner.is_(Role.OF) or value is None or not value.values:
        return False
    return measure.is_measure and column.profile.type is DataType.TEXT and value.values[0].column is not column


def counted_tables(draft: Draft) -> set[str]:
    """The tables that the figures shown so far are taken of."""
    return {f.table for _, f in draft.outputs if not isinstance(f, Dimension) and hasattr(f, "table")}


def asks_who(draft: Draft) -> bool:
    """Whether a person is asked for: `who` opens the question and does not follow a name."""
    for item in draft.items:
        if item.is_(Role.WHICH) and set(fold(item.text).split()) & _WHO:
            return True
        if item.is_name:
            return False
    return False


def _show_table(draft: Draft, item: Item, table: SchemaTable, shown: list[Dimension]) -> None:
    """Adds the display column of a table that is asked for to `shown`."""
    draft.use(item)
    linked = draft.items.after(item, skip=False)
    listed = linked is not None and linked.is_(Role.AND) and not draft.outputs
    if _is_asked_for(draft, item) and (listed or _needs_display(draft, table, shown)):
        shown += display_dimensions(table)
    else:
        draft.mentioned.append(table.name)


def _needs_display(draft: Draft, table: SchemaTable, shown: list[Dimension]) -> bool:
    """Nothing shown or computed so far speaks for the table."""
    if draft.outputs:
        return table.name not in counted_tables(draft) and not shown
    return not any(d.column.table == table.name for d in shown)


def _modifies_next(draft: Draft, item: Item) -> bool:
    """`population density`: in English the first of two names in a row describes the second."""
    following = draft.items.after(item, skip=False)
    if draft.language is not Language.EN or following is None or following.used or draft.column(following) is None:
        return False
    draft.doubt(0.95)
    return True


def _is_verb(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """`the last player picked`: a participle after the name of what is asked for tells about it."""
    verbal = fold(item.text).endswith("ed") and fold(item.text) not in column.words
    before = draft.items.before(item, skip=False)
    while before is not None and before.is_silent and not before.is_(Role.ASK):
        before = draft.items.before(before, skip=False)
    asked = before is None or before.is_(Role.WHICH, Role.ASK, Role.AND, Role.BY)
    return draft.language is Language.EN and verbal and not asked


def _is_said(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """Whether a column's name tells about something else, and is not asked for itself."""
    aside = _modifies_next(draft, item) or _says_whole(draft, item, column) or _says_order(draft, item)
    aside = aside or _says_where(draft, item, column) or _says_rows(draft, item, column)
    return aside or _is_verb(draft, item, column) or _points_back(draft, item, column)


def _points_back(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """`in 2021 and how many did they write that year`: said again of a column that a condition fixes."""
    before = draft.items.before(item, skip=False)
    fixed = any(isinstance(c, Condition) and c.column is column for _, c in draft.where)
    return fixed and before is not None and fold(before.text) in _POINTING


def _says_rows(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """`faturamento dos pedidos pagos`: the rows that a figure is taken of, by what numbers them."""
    before = draft.items.before(item, skip=False)
    while before is not None and before.is_(Role.STOP):
        before = draft.items.before(before, skip=False)
    numbered = column.is_unique and column.is_code and column.table == draft.main.name
    return numbered and bool(draft.outputs) and before is not None and before.is_(Role.OF)


def _says_where(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """`the largest city in a state with a river`: where the rows asked for are, told further by what follows."""
    before, following = draft.items.before(item, skip=False), draft.items.after(item, skip=False)
    while before is not None and before.is_(Role.STOP):
        before = draft.items.before(before, skip=False)
    named = any(t.table.name == column.table for o in draft.items.preceding(item) for t in o.tables)
    inside = before is not None and before.is_(Role.IN) and following is not None and following.is_(Role.WITH)
    return inside and named and not column.is_number


def _says_order(draft: Draft, item: Item) -> bool:
    """`in order of the years in which they were founded`: said again of a column that the rows are ordered by."""
    ordered = {order.by.column for order in draft.order if isinstance(order.by, Dimension)}
    said = any(o.is_(Role.ORDER, Role.DIRECTION, Role.ALPHABETICAL) for o in draft.items.preceding(item))
    return said and draft.column(item) in ordered


def _says_whole(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """`in the country`, where all rows are of one country: no more than a way to say everywhere."""
    before = draft.items.before(item, skip=False)
    while before is not None and before.is_(Role.STOP):
        before = draft.items.before(before, skip=False)
    return column.profile.distinct == 1 and before is not None and before.is_(Role.IN, Role.OF)


def _implied(draft: Draft, item: Item) -> list[Dimension]:
    """`which month`, `where`, `when`: a column that the word stands for."""
    if item.is_(Role.GRAIN):
        before = draft.items.before(item)
        superlative = before is not None and before.is_(Role.SUPERLATIVE, Role.WHICH, Role.AND, Role.NOT)
        found = grain_dimensions(draft, item.sense.grain) if superlative and item.sense and item.sense.grain else []
        found = [Dimension(d.column) if d.grain == "day" else d for d in found]
    elif item.is_(Role.ABOUT):
        hinted = draft.hinted(item.sense.hints) if item.sense else None
        found = [Dimension(hinted)] if hinted is not None else []
    elif item.is_(Role.WHERE):
        listed = any(o.tables for o in draft.items)
        told = set() if listed else {c.column for _, c in draft.where if isinstance(c, Condition)}
        column = next((c for place in _PLACES if (c := _called(draft.main, place)) and c not in told), None)
        found = [Dimension(column)] if column else []
    else:
        found = [Dimension(c) for c in (*draft.main.times, *(c for c in draft.main.columns if c.is_year))][:1]
    draft.use(item if found else None)
    return found


def _called(table: SchemaTable, word: str) -> SchemaColumn | None:
    return next((c for c in table.columns if any(likeness(word, part) >= 0.86 for part in c.words)), None)


def _is_asked_for(draft: Draft, item: Item) -> bool:
    """Whether a table's name stands where a question asks, and not where it describes (`names of singers`)."""
    before = draft.items.before(item, skip=False)
    skipped = before
    while before is not None and (
        before.is_(Role.STOP, Role.DISTINCT, Role.SUPERLATIVE) or before.number is not None or before.is_unknown
    ):
        before = draft.items.before(before, skip=False)
    if before is not None and before.is_(Role.OF) and before is skipped:
        linked = draft.items.before(before, skip=False)
        before = linked if linked is not None and linked.is_(Role.AND) else before
    following = draft.items.after(item, skip=False)
    named = following if following is None or not following.is_(Role.STOP) else draft.items.after(following)
    own = item.tables[0].table.name
    if draft.column(following) is not None or (named and any(v.column.table == own for v in named.values)):
        return False
    if before is not None and before.is_(Role.WHICH):
        linked = draft.items.before(before, skip=False)
        if linked is not None and linked.is_(Role.AND):
            return True
        return not any(o.is_name for o in draft.items.preceding(before))
    return before is None or before.is_(Role.ASK, Role.AND) or before.text == ","
