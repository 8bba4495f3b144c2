"""Carries out on a frame what a question wants of the answer before as a whole; None where that makes no sense."""

import calendar
from dataclasses import replace
from datetime import date, timedelta

from app.agentgraph.planner.changes import Alphabetical, Bound, Change, Cut, Share, Shift, Whole
from app.agentgraph.planner.frame import (
    Aggregate,
    AnyOf,
    Comparison,
    Condition,
    Dimension,
    Figure,
    Filter,
    Frame,
    Grain,
    Having,
    Measure,
    Order,
    Output,
    Ratio,
    Related,
)


def changed(frame: Frame, change: Change) -> Frame | None:
    """`frame` as `change` wants it."""
    if isinstance(change, Shift):
        return _moved(frame, change)
    if frame.over is not None:
        return None
    if isinstance(change, Cut):
        return _shortened(frame, change)
    if isinstance(change, Whole):
        return _together(frame)
    if isinstance(change, Share):
        return _as_shares(frame)
    if isinstance(change, Bound):
        return _bounded(frame, change)
    return _sorted(frame) if isinstance(change, Alphabetical) else _opposite(frame)


def _shortened(frame: Frame, cut: Cut) -> Frame | None:
    by = next(iter(frame.figures), None)
    if cut.in_order and frame.order and frame.limit is None:
        turned = tuple(replace(order, descending=not order.descending) for order in frame.order)
        return replace(frame, order=frame.order if cut.is_descending else turned, limit=cut.rows)
    if by is None:
        return replace(frame, limit=cut.rows) if frame.order else None
    if frame.group:
        return replace(frame, order=(Order(by, cut.is_descending),), limit=cut.rows)
    return _extreme(frame, by, cut) if cut.rows == 1 else None


def _extreme(frame: Frame, by: Figure, cut: Cut) -> Frame | None:
    """`and the largest?` after one figure over rows: the largest value of the same column."""
    if not isinstance(by, Measure) or by.column is None or by.distinct or len(frame.figures) > 1:
        return None
    return replace(frame, select=(replace(by, aggregate=Aggregate.MAX if cut.is_descending else Aggregate.MIN),))


def _together(frame: Frame) -> Frame | None:
    """Without groups; without conditions where there are no groups."""
    figures = frame.figures
    if not figures or any(isinstance(figure, Ratio) and figure.of_all for figure in figures):
        return None
    if frame.group:
        return replace(frame, select=figures, group=(), having=(), order=(), limit=None)
    return replace(frame, where=()) if frame.where and frame.both is None else None


def _as_shares(frame: Frame) -> Frame | None:
    """What can be added up as a part of the sum of all groups."""
    figure = frame.figures[0] if len(frame.figures) == 1 else None
    if not frame.group or not isinstance(figure, Measure) or frame.having:
        return None
    if figure.aggregate not in {Aggregate.SUM, Aggregate.COUNT} or figure.distinct:
        return None
    share = Ratio(figure, figure, of_all=True)
    exchanged: dict[Output, Output] = {figure: share}
    return replace(
        frame,
        select=tuple(exchanged.get(output, output) for output in frame.select),
        order=tuple(replace(order, by=exchanged.get(order.by, order.by)) for order in frame.order),
    )


def _bounded(frame: Frame, bound: Bound) -> Frame | None:
    figure = frame.figures[0] if len(frame.figures) == 1 else None
    if figure is None or not frame.group:
        return None
    value = int(bound.value) if bound.value.is_integer() else bound.value
    return replace(frame, having=(*frame.having, Having(figure, bound.comparison, (value,))))


def _sorted(frame: Frame) -> Frame | None:
    """By the first text that is shown; a ranking cut to its first rows would be another one."""
    shown = next(
        (o for o in frame.select if isinstance(o, Dimension) and o.grain is None and not o.column.is_time), None
    )
    return None if shown is None or frame.limit is not None else replace(frame, order=(Order(shown, descending=False),))


_OPPOSITES = {Comparison.EQ: Comparison.NE, Comparison.NE: Comparison.EQ}


def _opposite(frame: Frame) -> Frame | None:
    """With the one condition on a name the other way round."""
    named = [c for c in frame.where if isinstance(c, Condition) and c.comparison in _OPPOSITES and not c.column.is_time]
    if len(named) != 1 or named[0].column.is_year or named[0].figure is not None:
        return None
    turned = replace(named[0], comparison=_OPPOSITES[named[0].comparison])
    return replace(frame, where=tuple(turned if condition is named[0] else condition for condition in frame.where))


def _moved(frame: Frame, shift: Shift) -> Frame | None:
    """The frame over another period; None when it has none of its own, or one that does not move so."""
    where = [_shifted(condition, shift) for condition in frame.where]
    if None in where or where == list(frame.where):
        return None
    return replace(frame, where=tuple(condition for condition in where if condition is not None))


def _shifted(condition: Filter, shift: Shift) -> Filter | None:
    """The condition moved in time, as it is when it says nothing of time, None when it cannot be moved."""
    if isinstance(condition, AnyOf | Related):
        return condition
    if condition.column.is_year:
        if shift.unit is not Grain.YEAR:
            return None
        years = [value for value in condition.values if isinstance(value, int)]
        return replace(condition, values=tuple(year + shift.by for year in years)) if years else None
    if not condition.column.is_time or condition.comparison in {Comparison.NULL, Comparison.NOT_NULL}:
        return condition
    if condition.grain is not None:
        return None
    days = [_day_of(value) for value in condition.values]
    if not days or None in days:
        return None
    moved = [_moved_day(day, shift, is_last=place == 1) for place, day in enumerate(days) if day is not None]
    ends = [str(value)[10:] for value in condition.values]
    return replace(condition, values=tuple(day.isoformat() + end for day, end in zip(moved, ends, strict=True)))


def _day_of(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _moved_day(day: date, shift: Shift, *, is_last: bool) -> date:
    """The day so many units away; the last day of a month stays the last where it ends a period."""
    if shift.unit is Grain.DAY:
        return day + timedelta(days=shift.by)
    months = shift.by * {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[shift.unit]
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    longest = calendar.monthrange(year, month)[1]
    ends_month = is_last and day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month, longest if ends_month else min(day.day, longest))
