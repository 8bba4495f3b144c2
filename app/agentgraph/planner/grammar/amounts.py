"""Amounts that are asked for without a word of adding up: `qual o faturamento da região Sul`, `revenue in 2023`."""

from app.agentgraph.planner.frame import Aggregate, Comparison, Condition, Dimension, Figure, Having, Measure
from app.agentgraph.planner.grammar.dealing import is_dealing
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.grammar.grouping import is_series
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import fold
from app.connectors.catalog import DataType

_RUNNING = ("acumulad", "cumulative", "running")
_UNREAD = 0.5
_RANKING = (Role.SUPERLATIVE, Role.TOP, Role.DIRECTION, Role.ORDER)


def read_amounts(draft: Draft) -> None:
    """Takes a measure named beside groups that are still to be ordered, so that the order knows what it is by."""
    _read_running(draft)
    _rank_by_amount(draft)
    if not draft.group or draft.figures or not draft.items.of_role(*_RANKING):
        return
    named = [o for o in draft.items if _is_flow(draft, o)]
    if len(named) == 1 and (column := draft.column(named[0])) is not None:
        draft.figures[named[0]] = Measure(Aggregate.SUM, column.table, column)
        draft.outputs.append((named[0].start, draft.figures[named[0]]))
        draft.use(named[0])


def _read_running(draft: Draft) -> None:
    """`faturamento acumulado por mês` adds each month to those before; only amounts that add up over time can."""
    words = [word for o in draft.items for word in fold(o.text).split()]
    if not is_series(draft) or not any(word.startswith(_RUNNING) for word in words):
        return
    figures = list(draft.figures.values())
    timed = all(d.grain is not None or d.column.is_year or d.column.is_month for d in draft.group)
    draft.running = timed and bool(figures) and all(map(_adds_up, figures))
    draft.doubt(1.0 if draft.running else _UNREAD)


def _adds_up(figure: Figure) -> bool:
    counts = isinstance(figure, Measure) and figure.aggregate is Aggregate.COUNT and not figure.distinct
    sums = isinstance(figure, Measure) and figure.aggregate is Aggregate.SUM and figure.column is not None
    return counts or (sums and isinstance(figure, Measure) and figure.column is not None and figure.column.is_flow)


def _rank_by_amount(draft: Draft) -> None:
    """`vendedores por receita`: no group for each amount, but what the rows of each seller add up to."""
    if len(draft.group) != 1 or not draft.group[0].column.is_flow or draft.figures or draft.order:
        return
    named = [o for o in draft.items if _is_repeated(draft, o)]
    column = draft.column(named[0]) if len(named) == 1 else None
    amount = draft.group[0].column
    if column is None or draft.items.of_role(*_RANKING):
        return
    draft.group = [Dimension(column)]
    draft.outputs.append((named[0].start, Measure(Aggregate.SUM, amount.table, amount)))
    draft.use(named[0])


def _is_repeated(draft: Draft, item: Item) -> bool:
    column = draft.column(item)
    return column is not None and not item.used and column.profile.type is DataType.TEXT and not column.is_unique


def drop_single_groups(draft: Draft) -> None:
    """`faturamento médio por pedido`, an order a row: the average over all rows, and not each row's own."""
    figures = [output for _, output in draft.outputs]
    averaged = bool(figures) and all(isinstance(f, Measure) and f.aggregate is Aggregate.AVG for f in figures)
    if averaged and len(draft.group) == 1 and draft.group[0].column.is_code and draft.group[0].column.is_unique:
        draft.group.clear()


def take_amounts(draft: Draft, shown: list[Dimension]) -> None:
    """Makes sums of the amounts that alone are shown, unless the conditions name the one row that they are of."""
    columns = [d.column for d in shown]
    plain = not (draft.outputs or draft.group or draft.order or draft.having or draft.distinct)
    if not columns or not plain or draft.main.place is None or not all(c.is_flow for c in columns):
        return
    if any(isinstance(c, Condition) and _names_row(draft, c) for _, c in draft.where) or _asks_list(draft):
        return
    draft.outputs += [(0, Measure(Aggregate.SUM, c.table, c)) for c in columns]
    shown.clear()


def _names_row(draft: Draft, condition: Condition) -> bool:
    return condition.comparison is Comparison.EQ and (
        condition.column.is_unique or condition.column is draft.main.display
    )


def _asks_list(draft: Draft) -> bool:
    """`liste os faturamentos`: the rows themselves."""
    return any(o.is_(Role.ASK) or (o.columns and o.text.casefold().endswith("s")) for o in draft.items)


def _is_flow(draft: Draft, item: Item) -> bool:
    column: SchemaColumn | None = draft.column(item)
    return column is not None and column.is_flow and not item.used


def take_sums(draft: Draft, shown: list[Dimension]) -> None:
    """`which states had more than 50000 deaths`: of all rows of a state together, and not of any one row."""
    counted = [f.column for _, f in draft.outputs if isinstance(f, Measure) and f.distinct and f.column is not None]
    asked = [d.column for d in shown] or (counted if len(draft.outputs) == 1 else [])
    single = len(asked) == 1 and not draft.group and not draft.having and (not shown or not draft.outputs)
    if not single or asked[0].profile.type is not DataType.TEXT or asked[0].is_unique:
        return
    for entry in list(draft.where):
        condition = entry[1]
        if not isinstance(condition, Condition) or condition.figure is not None or not _is_amount(draft, entry[0]):
            continue
        column = condition.column
        whole = column.profile.type is DataType.INTEGER or column.is_flow
        if column.is_additive and whole and column.table == asked[0].table:
            figure = Measure(Aggregate.SUM, column.table, column)
            draft.where.remove(entry)
            draft.having.append(Having(figure, condition.comparison, condition.values))


def _is_amount(draft: Draft, start: int) -> bool:
    """Whether a comparison is of a number of things: `more than 50000 deaths`."""
    item = next((o for o in draft.items if o.start == start and o.is_(Role.COMPARE)), None)
    if item is not None and any(is_dealing(o) for o in draft.items.preceding(item)[:2]):
        return True
    number = draft.items.after(item) if item is not None else None
    return number is not None and number.number is not None and draft.column(draft.items.after(number)) is not None
