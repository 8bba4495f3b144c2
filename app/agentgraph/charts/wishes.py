"""How each kind of chart takes the columns of a result, or that it cannot."""

from collections.abc import Callable
from dataclasses import replace

from app.agentgraph.charts.kinds import ChartType, ChartWish
from app.agentgraph.charts.roles import ColumnRole, Role
from app.agentgraph.charts.shape import MAX_SERIES, Encoding, Shape, together

MAX_STANDING_BARS = 8
MAX_STANDING_LABEL = 12
"""Characters of the longest name under a standing bar; longer ones lie down so that nothing is tilted."""
MAX_FACETS = 6
MIN_SPREAD_ROWS = 5

Drawing = tuple[ChartType, Encoding]
Drawer = Callable[[Shape], Drawing | None]


def draw_lines(shape: Shape) -> Drawing | None:
    if shape.axis is None:
        return None
    series = shape.series if shape.time or (shape.dims and shape.dims[0].distinct < shape.rows) else None
    measures = shape.measures[:1] if series else together(shape.measures)
    many = series is not None or len(measures) > 1
    kind = ChartType.MULTI_LINE if many else ChartType.LINE
    return kind, Encoding(shape.axis, measures, series=series, month=shape.month)


def _area(shape: Shape) -> Drawing | None:
    lines = draw_lines(shape)
    return None if lines is None or shape.measures[0].low < 0 else (ChartType.AREA, replace(lines[1], y=lines[1].y[:1]))


def draw_bars(shape: Shape) -> Drawing | None:
    if shape.axis is None:
        return None
    if shape.series is not None and shape.axis.distinct < shape.rows:
        return ChartType.GROUPED_BAR, Encoding(shape.axis, shape.measures[:1], series=shape.series, month=shape.month)
    measures = together(shape.measures)
    if len(measures) > 1 and len(measures) <= 4:
        return ChartType.GROUPED_BAR, Encoding(shape.axis, measures, month=shape.month)
    kind = ChartType.BAR if _stands(shape.axis) else ChartType.HORIZONTAL_BAR
    return kind, Encoding(shape.axis, measures[:1], month=shape.month)


def _stands(axis: ColumnRole) -> bool:
    """Time and steps run from left to right; names stand only while they are few and short."""
    if axis.role in {Role.TEMPORAL, Role.ORDINAL}:
        return True
    return axis.distinct <= MAX_STANDING_BARS and axis.longest <= MAX_STANDING_LABEL


def _one_way(kind: ChartType) -> Drawer:
    def draw(shape: Shape) -> Drawing | None:
        return None if shape.axis is None else (kind, Encoding(shape.axis, shape.measures[:1], month=shape.month))

    return draw


def _in_groups(kind: ChartType) -> Drawer:
    def draw(shape: Shape) -> Drawing | None:
        if shape.axis is None or (kind is ChartType.STACKED_BAR and shape.measures[0].low < 0):
            return None
        if shape.series is not None:
            return kind, Encoding(shape.axis, shape.measures[:1], series=shape.series, month=shape.month)
        measures = together(shape.measures)
        return (kind, Encoding(shape.axis, measures, month=shape.month)) if len(measures) > 1 else None

    return draw


def _slices(kind: ChartType) -> Drawer:
    def draw(shape: Shape) -> Drawing | None:
        measure = shape.measures[0]
        if shape.axis is None or measure.low < 0 or measure.high <= 0:
            return None
        if shape.series is not None and shape.axis.distinct < shape.rows and shape.axis.distinct <= MAX_FACETS:
            return ChartType.PIES_BY_GROUP, Encoding(shape.series, (measure,), series=shape.axis)
        return kind, Encoding(shape.axis, (measure,))

    return draw


def _pies_by_group(shape: Shape) -> Drawing | None:
    if shape.series is None or shape.axis is None or shape.measures[0].low < 0:
        return None
    return ChartType.PIES_BY_GROUP, Encoding(shape.series, shape.measures[:1], series=shape.axis)


def draw_histogram(shape: Shape) -> Drawing | None:
    if shape.rows < MIN_SPREAD_ROWS or shape.measures[0].distinct < 2:
        return None
    return ChartType.HISTOGRAM, Encoding(None, shape.measures[:1])


def _scatter(shape: Shape) -> Drawing | None:
    if len(shape.measures) < 2:
        return None
    series = next((dim for dim in shape.dims if dim.distinct <= MAX_SERIES and dim.distinct < shape.rows), None)
    return ChartType.SCATTER, Encoding(shape.measures[0], shape.measures[1:2], series=series)


def _box_plot(shape: Shape) -> Drawing | None:
    if shape.rows < MIN_SPREAD_ROWS:
        return None
    group = next((dim for dim in shape.dims if dim.distinct < shape.rows), None)
    return ChartType.BOX_PLOT, Encoding(group, shape.measures[:1])


def _heat_map(shape: Shape) -> Drawing | None:
    if shape.month is not None and shape.series is None:
        return ChartType.HEAT_MAP, Encoding(shape.month, shape.measures[:1], series=shape.time)
    if shape.axis is None or shape.series is None:
        return None
    return ChartType.HEAT_MAP, Encoding(shape.axis, shape.measures[:1], series=shape.series, month=shape.month)


DRAWERS: dict[ChartWish, Drawer] = {
    ChartWish.LINE: draw_lines,
    ChartWish.AREA: _area,
    ChartWish.BAR: draw_bars,
    ChartWish.VERTICAL_BAR: _one_way(ChartType.BAR),
    ChartWish.HORIZONTAL_BAR: _one_way(ChartType.HORIZONTAL_BAR),
    ChartWish.GROUPED_BAR: _in_groups(ChartType.GROUPED_BAR),
    ChartWish.STACKED_BAR: _in_groups(ChartType.STACKED_BAR),
    ChartWish.PIE: _slices(ChartType.PIE),
    ChartWish.DONUT: _slices(ChartType.DONUT),
    ChartWish.PIES_BY_GROUP: _pies_by_group,
    ChartWish.HISTOGRAM: draw_histogram,
    ChartWish.SCATTER: _scatter,
    ChartWish.BOX_PLOT: _box_plot,
    ChartWish.HEAT_MAP: _heat_map,
}
TYPE_OF_WISH: dict[ChartWish, ChartType] = {
    **{wish: ChartType(wish.value) for wish in DRAWERS if wish is not ChartWish.VERTICAL_BAR},
    ChartWish.VERTICAL_BAR: ChartType.BAR,
}
WISH_OF_TYPE: dict[ChartType, ChartWish] = {
    **{kind: wish for wish, kind in TYPE_OF_WISH.items()},
    ChartType.BAR: ChartWish.VERTICAL_BAR,
    ChartType.MULTI_LINE: ChartWish.LINE,
}
"""The wish whose drawer gives a kind of chart, when the rows fit it."""
