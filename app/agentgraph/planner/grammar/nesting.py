"""Figures over groups: the average of a count or a sum of each, and how many groups pass a test."""

from datetime import date

from app.agentgraph.planner.frame import Aggregate, Dimension, Frame, Grain, Measure
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import GRAIN_ADJECTIVES, Role
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType

_NESTED = 0.95
"""Doubt of a question within the question: a single row where a row for each group could be meant."""
_NUMBER = frozenset("number numero quantidade amount".split())
_DAYS = {Grain.DAY: 1, Grain.MONTH: 31, Grain.QUARTER: 92, Grain.YEAR: 366}


def take_over_groups(draft: Draft, cluster: list[Item]) -> None:
    """`average number of cities per state`: a count of rows for each group, and the average of the counts."""
    named = draft.items.after(cluster[-1])
    if named is not None and named.is_(Role.COUNT):
        draft.use(named)
        named = draft.items.after(named)
    aggregate = cluster[0].sense.aggregate if cluster[0].sense else None
    figure = _counted(draft, named)
    if len(cluster) > 1 or figure is None or aggregate is Aggregate.SUM or not draft.group:
        return
    if (
        draft.outputs
        or draft.figures
        or any(d.column.table == figure.table and d.column.is_unique for d in draft.group)
    ):
        return
    draft.figures[cluster[0]] = figure
    draft.over = aggregate
    draft.doubt(_NESTED)
    draft.use(*cluster, named)


def _counted(draft: Draft, named: Item | None) -> Measure | None:
    table, column = draft.table(named), draft.column(named)
    if table is not None:
        return draft.count_of(table)
    texts = column is not None and column.profile.type is DataType.TEXT and not column.is_numeric_text
    if column is None or not texts or column in {d.column for d in draft.group}:
        return None
    return Measure(Aggregate.COUNT, column.table, column, distinct=True)


def asks_number(cluster: list[Item]) -> bool:
    """`the average number of`: what follows is counted, whatever figure its table has."""
    return bool(_NUMBER.intersection(fold(cluster[-1].text).split()))


def average_of_totals(draft: Draft, cluster: list[Item], columns: list[SchemaColumn]) -> bool:
    """Whether `average monthly deaths`, a row a state, became the average of what each month adds up to."""
    aggregate = cluster[0].sense.aggregate if cluster[0].sense else None
    if len(cluster) > 1 or len(columns) > 1 or aggregate is not Aggregate.AVG or not columns[0].is_additive:
        return False
    said = any(o.is_(Role.GRAIN) and fold(o.text) in GRAIN_ADJECTIVES for o in draft.items)
    if draft.outputs or draft.figures or not said or not draft.group or not all(map(_is_of_time, draft.group)):
        return False
    added = columns[0].profile.type is DataType.INTEGER or columns[0].is_flow
    if not added and not _is_finest(draft, draft.group):
        return False
    draft.figures[cluster[0]] = Measure(Aggregate.SUM, columns[0].table, columns[0])
    draft.over = aggregate
    draft.doubt(_NESTED)
    draft.use(*cluster)
    return True


def _is_of_time(dimension: Dimension) -> bool:
    return dimension.grain is not None or dimension.column.is_year or dimension.column.is_month


def _is_finest(draft: Draft, group: list[Dimension]) -> bool:
    """Whether groups are the shortest units of time that the rows are told apart by, of which each has many rows."""
    columns = [d.column for d in group]
    if all(c.is_year or c.is_month for c in columns):
        months = [c for c in draft.main.columns if c.is_month]
        units = 1
        for column in columns:
            units *= column.profile.distinct or 1
        finest = not draft.main.times and (not months or months[0] in columns)
        return finest and units * 2 <= (draft.main.profile.rows or 0)
    grain, column = group[0].grain, columns[0]
    if len(group) > 1 or grain is None or column.is_unique:
        return False
    try:
        first = date.fromisoformat(str(column.profile.minimum)[:10])
        last = date.fromisoformat(str(column.profile.maximum)[:10])
    except ValueError:
        return False
    units = (last - first).days // _DAYS[grain] + 1
    return (column.profile.distinct or 0) <= units * 1.2 + 2


def count_of_groups(draft: Draft, figures: list[object]) -> Frame | None:
    """`how many states have more than 200 cities`: the groups that pass the test, counted; None when it is not that."""
    counted = figures[0] if len(figures) == 1 else None
    if not isinstance(counted, Measure) or counted.aggregate is not Aggregate.COUNT or counted.where or draft.group:
        return None
    column = counted.column if counted.distinct else None
    table = draft.schema.table(counted.table)
    groups = [column] if column is not None else list(table.keys) or ([table.display] if table.display else [])
    tested = [h.figure for h in draft.having]
    if not groups or counted in tested or draft.order or draft.limit is not None:
        return None
    own = any(isinstance(f, Measure) and f.table == table.name and groups[0].is_unique for f in tested)
    if own and len(draft.schema.tables) == 1:
        return None
    dimensions = tuple(Dimension(c) for c in groups)
    return Frame(
        table=table.name,
        select=dimensions[:1],
        group=dimensions,
        where=draft.conditions(),
        having=tuple(draft.having),
        mentioned=tuple(draft.mentioned),
        over=Aggregate.COUNT,
    )
