"""Shares and percentages: a part of the rows or of a total, one column against another, each group's part."""

from dataclasses import replace

from app.agentgraph.planner.frame import Aggregate, Condition, Filter, Measure, Ratio
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.figures import take_unnamed_rows
from app.agentgraph.planner.items import ColumnLink, Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.names import likeness
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold

_PREDICATES = frozenset(
    "are is was were that who which have has had e é sao são foi foram corresponde correspondem vem tem têm com que "
    "ocorreu ocorreram ocorrem occurred happened "
    "represent represents representa representam pertence pertencem belong belongs come comes did do does".split()
)
"""Words at which a question turns from the whole to the part."""


def read_shares(draft: Draft) -> None:
    """Takes the share that is asked for; it needs the conditions, sorted into those of the part and the whole."""
    for item in draft.items.of_role(Role.SHARE):
        if _is_name(draft, item):
            continue
        if not item.used and not (_of_columns(draft, item) or _of_conditions(draft, item) or _of_groups(draft, item)):
            continue
        draft.use(item)


def _is_name(draft: Draft, item: Item) -> bool:
    """`the lowest share`, `a proporção do pixel`: the word is a column's, and no share is asked for."""
    words = [word for word in fold(item.text).split() if len(word) > 2]
    following = draft.items.after(item)
    column = draft.column(following)
    if column is not None and any(likeness(word, part) for word in words for part in column.words):
        draft.use(item)
        return True
    if not words:
        return False
    beside = (draft.items.before(item), following)
    column = next((c for c in draft.main.columns if len(c.words) == 1 and likeness(words[0], c.words[0])), None)
    if column is None or not any(o is not None and o.is_(Role.AGGREGATE, Role.SUPERLATIVE) for o in beside):
        return False
    item.sense, item.columns = None, (ColumnLink(column, 1.0),)
    return True


def _of_columns(draft: Draft, item: Item) -> bool:
    """`average tip as a percentage of the total bill`."""
    part = next((o for o in draft.items.preceding(item) if _is_measure(draft, o)), None)
    whole = next((o for o in draft.items.following(item)[:4] if _is_measure(draft, o)), None)
    left, right = draft.column(part), draft.column(whole)
    if left is None or right is None:
        return False
    aggregate = next((o for o in draft.items.preceding(item) if o.is_(Role.AGGREGATE, Role.TOTAL)), None)
    figures = [Measure(Aggregate.SUM, c.table, c) for c in (left, right)]
    draft.figures[item] = Ratio(figures[0], figures[1])
    draft.use(part, whole, aggregate)
    return True


def _of_conditions(draft: Draft, item: Item) -> bool:
    """`share of diamonds above 2 carats that are of Ideal cut`."""
    named = draft.column(draft.items.after(item))
    held = {c.column for _, c in draft.where if isinstance(c, Condition)}
    if named is not None and named not in held and not (named.is_measure or named.truth or named.is_unique):
        return False
    turn = _turn(draft, item)
    inner = [entry for entry in draft.where if entry[0] > turn and isinstance(entry[1], Condition)]
    if not inner and turn > item.start:
        inner = [entry for entry in draft.where if isinstance(entry[1], Condition) and entry[0] > item.start]
    if not inner:
        inner = [entry for entry in draft.where if isinstance(entry[1], Condition)][:1] if len(draft.where) == 1 else []
    if not inner:
        return False
    parts = [entry for entry in inner if not _is_of_time(entry[1])]
    inner = parts or inner
    whole = _whole(draft, item)
    conditions = tuple(c for _, c in inner if isinstance(c, Condition))
    draft.where = [entry for entry in draft.where if entry not in inner]
    draft.figures[item] = Ratio(replace(whole, where=conditions), whole)
    return True


def _is_of_time(condition: Filter) -> bool:
    """A period is when the whole is taken: `que percentual dos óbitos de 2019 ocorreu em SP`."""
    return isinstance(condition, Condition) and (condition.column.is_time or condition.column.is_year)


def _of_groups(draft: Draft, item: Item) -> bool:
    """`share of each region in total sales`: every group against all of them."""
    if not draft.group:
        return False
    whole = _whole(draft, item)
    draft.figures[item] = Ratio(whole, whole, of_all=True)
    return True


def _whole(draft: Draft, item: Item) -> Measure:
    """What the share is of: a measure named near it (`do valor total`), else the rows."""
    named = next((o for o in draft.items.following(item) if _is_measure(draft, o)), None)
    column: SchemaColumn | None = draft.column(named)
    totals = draft.items.of_role(Role.TOTAL, Role.COUNT)
    draft.use(*totals)
    if column is not None and column.is_additive:
        draft.use(named)
        return Measure(Aggregate.SUM, column.table, column)
    counted = next((o for o in draft.items.following(item)[:3] if _names_rows(draft, o)), None)
    draft.use(counted)
    if counted is None:
        take_unnamed_rows(draft, draft.items.after(item))
    return draft.count_of(draft.table(counted) or draft.main)


def _names_rows(draft: Draft, item: Item) -> bool:
    """A table, or a column of which every row has its own value."""
    column = draft.column(item)
    return draft.table(item) is not None or (column is not None and column.is_unique and not column.is_measure)


def _turn(draft: Draft, item: Item) -> int:
    """The place of the word at which the question turns to the part; the share's own place when there is none."""
    words = (o for o in draft.items.following(item) if set(o.text.casefold().split()) & _PREDICATES)
    found = next((o for o in words if not o.is_name), None)
    return found.start if found is not None else item.start


def _is_measure(draft: Draft, item: Item) -> bool:
    column = draft.column(item)
    return column is not None and column.is_measure and not item.used
