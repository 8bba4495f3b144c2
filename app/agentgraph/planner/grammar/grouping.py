"""What figures are broken down by: `por região e ano`, `for each stadium`, `monthly`, `over time`."""

from app.agentgraph.planner.frame import Comparison, Condition, Dimension, Grain
from app.agentgraph.planner.grammar.asides import COMPLETED
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.time import grain_dimensions, natural_grain
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import GRAIN_ADJECTIVES, Role
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType


def read_groups(draft: Draft) -> None:
    """Takes `by`, `each` and the names after them; then units of time said as adjectives; then trends."""
    for item in draft.items.of_role(Role.BY, Role.EACH):
        if not _names_agent(draft, item):
            _by(draft, item)
    for item in draft.items.of_role(Role.GRAIN):
        if _is_adjective(item) or any(o.is_(Role.TREND) for o in draft.items):
            _add_grain(draft, item)
    for item in draft.items.of_role(Role.TREND):
        _trend(draft, item)


def is_series(draft: Draft) -> bool:
    """Whether a unit of time is among what is grouped by."""
    return any(d.grain or d.column.is_year or d.column.is_month for d in draft.group)


def display_dimensions(table: SchemaTable) -> list[Dimension]:
    """What stands for a row of a table towards people: its name, kept apart by its key."""
    column = table.display or next(iter(table.keys), None) or only_text(table)
    return [Dimension(column)] if column is not None else []


def only_text(table: SchemaTable) -> SchemaColumn | None:
    """The one column of texts of a table; None when there is none or several."""
    texts = [c for c in table.columns if c.profile.type is DataType.TEXT and not c.is_numeric_text]
    return texts[0] if len(texts) == 1 else None


_PARTICIPLES = ("ed", "ado", "ada", "ados", "adas", "ido", "ida", "idos", "idas")


def _names_agent(draft: Draft, item: Item) -> bool:
    """`owned by students`, `dirigido por`: after a participle, `by` tells who did it."""
    before = draft.items.before(item, skip=False)
    if item.text.casefold() not in {"by", "por"} or before is None:
        return False
    counted = draft.items.before(before)
    if (before.sense is not None and not before.is_(Role.SOFT)) or (counted is not None and counted.is_(Role.COUNT)):
        return False
    endings = _PARTICIPLES if before.is_name else (*_PARTICIPLES, "en", "tos", "tas", "to", "ta")
    verbal = fold(before.text).endswith(endings) and fold(before.text) not in COMPLETED
    listing = not draft.items.of_role(Role.COUNT, Role.AGGREGATE, Role.TOTAL, Role.SHARE)
    named = draft.table(draft.items.after(item)) is not None
    return (verbal and not before.used) or before.is_(Role.SOFT) or (listing and named)


def _by(draft: Draft, item: Item) -> None:
    draft.use(item)
    linked: Item | None = item
    while linked is not None:
        named = draft.items.after(linked)
        if named is None or not _take(draft, named, first=linked is item):
            return
        linked = draft.items.after(named, skip=False)
        if linked is not None and not linked.is_(Role.AND) and linked.text != ",":
            return


def _take(draft: Draft, named: Item, *, first: bool) -> bool:
    """Groups by what a part names; False when it names nothing to group by."""
    if named.is_(Role.DISTINCT) or (first and named.is_(Role.COUNT)):
        following = draft.items.after(named)
        draft.use(named)
        return following is not None and _take(draft, following, first=False)
    column, table = draft.column(named), draft.table(named)
    if named.is_(Role.GRAIN) and not named.used:
        return _add_grain(draft, named)
    if column is not None:
        if column.is_measure and not column.is_numeric_text and (column.profile.distinct or 0) > 60 and named.used:
            return False
        _add(draft, _dimension(column))
        draft.use(named)
        return True
    if table is not None:
        dimensions = display_dimensions(table)
        for dimension in dimensions:
            _add(draft, dimension)
        draft.use(named if dimensions else None)
        return bool(dimensions)
    return False


def _dimension(column: SchemaColumn) -> Dimension:
    """Moments group by day; everything else as it is."""
    return Dimension(column, Grain.DAY if column.profile.type == "timestamp" else None)


def _add(draft: Draft, dimension: Dimension) -> None:
    if dimension not in draft.group:
        draft.group.append(dimension)


def _add_grain(draft: Draft, item: Item) -> bool:
    grain = item.sense.grain if item.sense else None
    dimensions = grain_dimensions(draft, grain) if grain else []
    for dimension in dimensions:
        _add(draft, dimension)
    draft.use(item if dimensions else None)
    return bool(dimensions)


def _is_adjective(item: Item) -> bool:
    """`monthly sales`, `evolução anual`: no number and no `which` or `how many` before it."""
    return fold(item.text) in GRAIN_ADJECTIVES


def _is_within_year(draft: Draft, column: SchemaColumn) -> bool:
    """Whether a period keeps only dates of one year, which by years would be one row."""
    kept = [c for _, c in draft.where if isinstance(c, Condition) and c.column is column]
    return any(c.comparison is Comparison.BETWEEN and str(c.values[0])[:4] == str(c.values[1])[:4] for c in kept)


def _trend(draft: Draft, item: Item) -> None:
    draft.use(item)
    if is_series(draft):
        return
    words = item.text.casefold()
    if any(word in words for word in ("year", "anos")):
        dimensions = grain_dimensions(draft, Grain.YEAR)
    elif any(word in words for word in ("month", "meses")):
        dimensions = grain_dimensions(draft, Grain.MONTH)
    else:
        times = draft.main.times
        grain = natural_grain(times[0]) if times else Grain.YEAR
        grain = Grain.MONTH if grain is Grain.YEAR and times and _is_within_year(draft, times[0]) else grain
        dimensions = grain_dimensions(draft, grain)
    for dimension in dimensions:
        _add(draft, dimension)
    if not dimensions:
        item.used = False
