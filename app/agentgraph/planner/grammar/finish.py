"""Turns what the rules took, and the names that none of them took, into one frame."""

from app.agentgraph.planner.frame import (
    Aggregate,
    Dimension,
    Figure,
    Frame,
    Measure,
    Order,
    Output,
    Related,
)
from app.agentgraph.planner.grammar.amounts import take_amounts, take_sums
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.figures import default_measure, is_counting, natural_measure
from app.agentgraph.planner.grammar.grouping import is_series
from app.agentgraph.planner.grammar.listing import category, listing, take_distinct
from app.agentgraph.planner.grammar.nesting import count_of_groups
from app.agentgraph.planner.grammar.projections import counted_tables, read_projections
from app.agentgraph.planner.grammar.repeats import counted_once
from app.agentgraph.planner.grammar.time import has_row_each
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType
from app.core.i18n import Language

_YES_OR_NO = frozenset("do does did is are was were has have had can".split())
_SAYS_NOTHING = 0.5
"""Doubt when rows would not answer what is asked."""
_UNGROUPED = 0.55
"""Doubt when a column stands beside a figure and no word says that the figure is taken for each of its values."""


def finish(draft: Draft) -> Frame | None:
    """The frame; None when the question asks for nothing that was found."""
    if _asks_yes_or_no(draft):
        draft.doubt(_SAYS_NOTHING)
    if draft.streak is not None:
        return Frame(draft.main.name, (), where=draft.conditions(), streak=draft.streak)
    shown = read_projections(draft)
    _forget_absent(draft)
    take_distinct(draft)
    ordered = [order.by for order in draft.order if not isinstance(order.by, Dimension)]
    if not draft.outputs and draft.group and not shown and not ordered and not draft.having:
        figure = default_measure(draft)
        draft.outputs.append((0, figure))
        named = any(item.tables for item in draft.items)
        draft.doubt(_UNGROUPED if is_counting(figure) and not named else 0.9)
    _take_attributes(draft, shown)
    _take_named_total(draft, shown)
    take_amounts(draft, shown)
    take_sums(draft, shown)
    if (draft.outputs or draft.having or ordered) and not _take_rows(draft, shown):
        return _aggregated(draft, shown)
    series = [d for d in draft.group if d.grain is not None]
    if series and shown and not has_row_each(series[0]):
        measures = [d.column for d in shown if d.column.is_measure]
        draft.outputs += [(0, natural_measure(column)) for column in measures]
        return _aggregated(draft, [d for d in shown if d.column not in measures])
    if draft.group and shown and all(d.column.is_measure for d in shown) and _repeats_groups(draft, shown):
        draft.outputs += [(0, natural_measure(d.column)) for d in shown]
        return _aggregated(draft, [])
    if series and shown:
        moment = Dimension(series[0].column)
        draft.group = [moment]
        draft.order = draft.order or [Order(moment, descending=False)]
    explicit = {d.column.table for d in shown}
    if draft.group and not any(_is_display(draft, d) and d.column.table in explicit for d in draft.group):
        shown = [*draft.group, *[d for d in shown if d not in draft.group]]
    return listing(draft, shown)


def _take_named_total(draft: Draft, shown: list[Dimension]) -> None:
    """`what is the total bill on Sundays`: the word is of the column's name, and adds up all the same."""
    column = shown[0].column if len(shown) == 1 else None
    if column is None or draft.outputs or draft.group or draft.order or not column.is_additive:
        return
    item = next((o for o in draft.items if draft.column(o) is column), None)
    first = fold(item.text).split()[0] if item is not None else ""
    if item is not None and first == "total" and first in column.words and draft.main.place is not None:
        shown.clear()
        draft.outputs.append((item.start, Measure(Aggregate.SUM, column.table, column)))


def _take_attributes(draft: Draft, shown: list[Dimension]) -> None:
    """`name and number of seats of the stadium with most shows`: what each stadium has, not a sum over its shows."""
    counted = [order.by.table for order in draft.order if isinstance(order.by, Measure) and order.by.column is None]
    own = {d.column.table for d in (*draft.group, *shown) if _is_display(draft, d)}
    for entry in list(draft.outputs):
        column = None if isinstance(entry[1], Dimension) else _whole_column(entry[1])
        if counted and column is not None and column.table in own and column.table not in counted:
            draft.outputs.remove(entry)
            shown.append(Dimension(column))


def _repeats_groups(draft: Draft, shown: list[Dimension]) -> bool:
    """`deaths by month` where a month has many rows: the figure is taken over them."""
    grouped = [d for d in draft.group if not d.column.is_unique and d.grain is None and not d.column.is_measure]
    return len(grouped) == len(draft.group) and {d.column.table for d in (*draft.group, *shown)} == {draft.main.name}


def _take_rows(draft: Draft, shown: list[Dimension]) -> bool:
    """Whether figures over single rows became what the rows hold: the sum of one number is the number.

    Groups that are asked for stay groups, so that a question means the same over a file of any length.
    """
    if draft.group:
        return False
    dimensions = shown
    wanted = [output for _, output in sorted(draft.outputs, key=lambda entry: entry[0])]
    figures = [f for f in (*wanted, *(order.by for order in draft.order)) if not isinstance(f, Dimension)]
    rows = {f: Dimension(c) for f in figures if (c := _whole_column(f)) is not None}
    tables = {d.column.table for d in (*rows.values(), *dimensions)}
    single = any(d.column.is_unique and d.grain is None for d in dimensions) and tables == {draft.main.name}
    if draft.having or not single or len(rows) < len(set(figures)):
        return False

    def by_row(output: Output) -> Dimension:
        return output if isinstance(output, Dimension) else rows[output]

    ranked = [order.by for order in draft.order]
    shown += [d for d in map(by_row, (f for f in wanted if f not in ranked)) if d not in shown]
    draft.order = list(dict.fromkeys(Order(by_row(order.by), order.descending) for order in draft.order))
    draft.outputs = []
    return True


def _whole_column(figure: Figure) -> SchemaColumn | None:
    """The column that a figure is of, when it is no count and of all rows."""
    if not isinstance(figure, Measure) or figure.aggregate is Aggregate.COUNT or figure.where:
        return None
    return figure.column


def _asks_yes_or_no(draft: Draft) -> bool:
    """`did Ann win more than Bo`, `is there`: rows would be no answer."""
    words = [word for item in draft.items for word in fold(item.text).split()]
    asks = "how" in words or any(o.is_(Role.WHICH, Role.ASK, Role.ABOUT) for o in draft.items)
    return draft.language is Language.EN and not asks and not _YES_OR_NO.isdisjoint(words[:1])


def _forget_absent(draft: Draft) -> None:
    """Tables in which a row must be absent are not joined: none of the rows asked for would be left."""
    absent = [c for _, c in draft.where if isinstance(c, Related) and c.absent]
    apart = {related.other for related in absent} | {c.column.table for related in absent for c in related.where}
    draft.mentioned = [name for name in draft.mentioned if name not in apart or name == draft.main.name]


def _is_display(draft: Draft, dimension: Dimension) -> bool:
    return draft.schema.table(dimension.column.table).display is dimension.column


def _aggregated(draft: Draft, shown: list[Dimension]) -> Frame | None:
    figures = [output for _, output in sorted(draft.outputs, key=lambda entry: entry[0]) if not draft.named_only]
    if not (draft.group or shown or draft.having):
        figures = [f if isinstance(f, Dimension) else counted_once(draft, f) for f in figures]
    _add_ordering_figure(draft, figures)
    ranks = any(not isinstance(order.by, Dimension) for order in draft.order)
    if not shown and not draft.group and (draft.having or ranks):
        shown = category(draft)
    draft.order = [_order_by_figure(order, figures) for order in draft.order]
    dimensions = [*draft.group, *[d for d in shown if d not in draft.group]]
    if shown and not draft.order and not draft.having and (_counts_first(draft) or _stands_beside(draft, figures)):
        draft.doubt(_UNGROUPED)
    if not figures and not dimensions:
        return None
    visible = [d for d in dimensions if d not in draft.hidden] or dimensions
    select: list[Output] = [*visible, *[f for f in figures if f not in dimensions]]
    if draft.bare and figures:
        select = list(figures)
    if draft.having and (_counts_groups(draft, dimensions) or _counts_first(draft)):
        return count_of_groups(draft, list(figures))
    if draft.having and len(dimensions) > 1 and not any(d.column.is_unique for d in dimensions):
        draft.doubt(1.0 if all(d.column.profile.type is DataType.TEXT for d in shown) else _UNGROUPED)
    if not dimensions and draft.limit is not None:
        return None
    return Frame(
        table=_root(draft, figures),
        select=tuple(select),
        group=(*dimensions, *_hidden_keys(draft, dimensions)) if dimensions else (),
        where=draft.conditions(),
        having=tuple(draft.having),
        order=_order(draft, figures, dimensions) if draft.over is None else (),
        limit=draft.limit,
        mentioned=tuple(draft.mentioned),
        running=draft.running,
        outer=draft.outer,
        over=draft.over,
    )


def _counts_groups(draft: Draft, dimensions: list[Dimension]) -> bool:
    """A count of the groups that pass a test needs a query around the query, which this cut does not write."""
    own = {h.figure.table for h in draft.having if is_counting(h.figure) and isinstance(h.figure, Measure)}
    single = any(d.column.is_unique and d.column.table in own for d in dimensions)
    return not dimensions or single


def _order_by_figure(order: Order, figures: list[Output]) -> Order:
    """`highest total bill on average`: ranked by the figure of the column, where there is one."""
    for figure in figures:
        if isinstance(order.by, Dimension) and isinstance(figure, Measure) and figure.column is order.by.column:
            return Order(figure, order.descending)
    return order


def _counts_first(draft: Draft) -> bool:
    """`how many X …` asks for one number; a name left over after it was not understood."""
    told = [item for item in draft.items if not item.is_silent and not item.sign]
    first = told[0] if told else None
    if first is None or not first.is_(Role.COUNT) or first not in draft.figures:
        return False
    return not any(item.is_(Role.AND, Role.WHICH, Role.ASK) for item in told[1:])


def _stands_beside(draft: Draft, figures: list[Output]) -> bool:
    """Whether only figures other than counts are shown, with names that nothing groups by."""
    aggregates = [f for f in figures if isinstance(f, Measure) and f.aggregate is not Aggregate.COUNT]
    return bool(aggregates) and not draft.group


def _add_ordering_figure(draft: Draft, figures: list[Output]) -> None:
    """Shows the figure that a ranking is by, except the mere count behind a single winner."""
    for order in draft.order:
        if isinstance(order.by, Dimension) or order.by in figures:
            continue
        if not (draft.limit == 1 and (is_counting(order.by) or draft.named_only)):
            figures.append(order.by)


def _order(draft: Draft, figures: list[Output], dimensions: list[Dimension]) -> tuple[Order, ...]:
    if draft.order:
        return tuple(draft.order)
    if not dimensions:
        return ()
    if is_series(draft):
        return tuple(Order(d, descending=False) for d in dimensions if d.grain or d.column.is_year or d.column.is_month)
    first: Figure | None = next((f for f in figures if not isinstance(f, Dimension)), None)
    return (Order(first, descending=True),) if first is not None else ()


def _hidden_keys(draft: Draft, dimensions: list[Dimension]) -> list[Dimension]:
    """Keys of the tables whose names are grouped by, so that two rows of one name stay apart."""
    keys = []
    for dimension in dimensions:
        table = draft.schema.table(dimension.column.table)
        joined = (
            len(
                {d.column.table for d in dimensions}
                | counted_tables(draft)
                | {h.figure.table for h in draft.having if hasattr(h.figure, "table")}
            )
            > 1
        )
        if table.display is dimension.column and joined:
            keys += [Dimension(key) for key in table.keys if Dimension(key) not in dimensions]
    return list(dict.fromkeys(keys))


def _root(draft: Draft, figures: list[Output]) -> str:
    tables = [f.table for f in figures if not isinstance(f, Dimension) and hasattr(f, "table")]
    return draft.main.name if not tables or draft.main.name in tables else tables[0]
