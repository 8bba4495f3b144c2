"""Lists rows: what is shown of them, and whether each is shown once."""

from app.agentgraph.planner.frame import Comparison, Condition, Dimension, Frame
from app.agentgraph.planner.grammar.both import take_both
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.grouping import display_dimensions, only_text
from app.agentgraph.planner.grammar.projections import asks_who
from app.agentgraph.planner.grammar.repeats import repeating_joins
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType

_MAX_COLUMNS = 40
_SAYS_NOTHING = 0.5
"""Doubt when all that would be shown is what the question itself says."""


def listing(draft: Draft, shown: list[Dimension]) -> Frame | None:
    """The frame that lists `shown`, or what stands for the rows of the main table; None when nothing does."""
    if not shown:
        shown = _entity(draft)
    if not shown:
        return None
    if asks_who(draft) and all(d.column.is_number for d in shown):
        draft.doubt(_SAYS_NOTHING)
    equal = [c for _, c in draft.where if isinstance(c, Condition) and c.comparison is Comparison.EQ]
    fixed = {c.column for c in equal if len(c.values) == 1}
    if {d.column for d in shown} <= fixed:
        draft.doubt(_SAYS_NOTHING)
    shown = _with_rank(draft, shown)
    distinct = draft.distinct or _asks_which(draft, shown) or _repeats(draft, shown) or _lists_things(draft, shown)
    own = {d.column.table for d in shown} == {draft.main.name}
    distinct = distinct or (own and not draft.order and repeating_joins(draft, draft.main.name) > 1)
    both = take_both(draft)
    where = list(draft.conditions())
    first = draft.order[0] if draft.order and draft.limit else None
    if first and isinstance(first.by, Dimension) and not first.descending and first.by.column.profile.nulls:
        where.append(Condition(first.by.column, Comparison.NOT_NULL))
    return Frame(
        table=draft.main.name,
        select=tuple(shown),
        where=tuple(where),
        order=tuple(draft.order),
        limit=draft.limit,
        distinct=distinct and draft.limit is None and both is None,
        both=both,
        mentioned=tuple(draft.mentioned),
    )


def _repeats(draft: Draft, shown: list[Dimension]) -> bool:
    """Whether rows would come several times unasked: an attribute of one named thing, owners of `cats or dogs`."""
    conditions = [c for _, c in draft.where if isinstance(c, Condition) and c.comparison is Comparison.EQ]
    own = {d.column.table for d in shown}
    any_of = any(len(c.values) > 1 and c.column.table not in own for c in conditions)
    display = draft.main.display
    one = any(c.column is display and len(c.values) == 1 and not c.column.is_unique for c in conditions)
    return any_of or (one and own == {draft.main.name} and len(draft.where) == 1)


def _lists_things(draft: Draft, shown: list[Dimension]) -> bool:
    """`list the countries of Oceania` in a file of a row a year: each once, since no row of the file is a country."""
    column = shown[0].column
    listed = len(shown) == 1 and not draft.order and column.profile.type is DataType.TEXT and not column.is_unique
    repeats = draft.main.display is not column or (column.profile.distinct or 0) * 2 <= (column.rows or 0)
    return listed and draft.main.place is not None and repeats


def _with_rank(draft: Draft, shown: list[Dimension]) -> list[Dimension]:
    """A ranking of several rows shows what it ranks by, unless names alone are asked for."""
    asks_names = any(item.columns and fold(item.text) in _NAMES for item in draft.items)
    if draft.limit is None or draft.limit == 1 or asks_names:
        return shown
    ranked = [order.by for order in draft.order if isinstance(order.by, Dimension) and order.by not in shown]
    return [*shown, *(d for d in ranked if not d.column.is_place)]


_NAMES = frozenset("name names nome nomes title titles titulo titulos".split())


def _entity(draft: Draft) -> list[Dimension]:
    """What stands for the rows of the main table: its display column, else all of it."""
    if draft.main.name in draft.mentioned:
        draft.mentioned.remove(draft.main.name)
    elif len(draft.schema.tables) > 1 and not any(item.tables or item.values for item in draft.items):
        return []
    if asks_who(draft) and draft.main.person is not None:
        return [Dimension(draft.main.person)]
    display = display_dimensions(draft.main) if draft.main.display is not None else []
    if not display and any(o.is_(Role.WHICH) for o in draft.items) and not any(o.tables for o in draft.items):
        draft.doubt(_SAYS_NOTHING)
    return display or [Dimension(column) for column in draft.main.columns[:_MAX_COLUMNS]]


def category(draft: Draft) -> list[Dimension]:
    """What the rows of the main table are told apart by in a ranking: its display column, else its only text."""
    if draft.main.display is not None:
        return _entity(draft)
    text = only_text(draft.main)
    return [Dimension(text)] if text is not None else []


def take_distinct(draft: Draft) -> None:
    """Takes the words that ask for each row once."""
    for item in draft.items.of_role(Role.DISTINCT):
        draft.distinct = True
        draft.use(item)


def _asks_which(draft: Draft, shown: list[Dimension]) -> bool:
    """`which parties have …` lists each once; `what are the parties of …` lists them as they come."""
    column = shown[0].column
    if len(shown) > 1 or column.is_unique or draft.order:
        return False
    for item in draft.items:
        if item.columns and item.columns[0].column is column:
            before = draft.items.before(item)
            return before is not None and before.is_(Role.WHICH) and before.text.casefold() in _WHICH
    return False


_WHICH = frozenset({"which", "quais", "qual", "que", "em que", "em quais", "in which"})
