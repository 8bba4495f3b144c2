"""The kinds of chart there are, and the kinds that a question can wish for."""

from enum import StrEnum

from app.core.i18n import Text


class ChartType(StrEnum):
    """Charts that can be drawn."""

    LINE = "line"
    MULTI_LINE = "multi_line"
    AREA = "area"
    BAR = "bar"
    HORIZONTAL_BAR = "horizontal_bar"
    GROUPED_BAR = "grouped_bar"
    STACKED_BAR = "stacked_bar"
    PIE = "pie"
    DONUT = "donut"
    PIES_BY_GROUP = "pies_by_group"
    HISTOGRAM = "histogram"
    SCATTER = "scatter"
    BOX_PLOT = "box_plot"
    HEAT_MAP = "heat_map"


class ChartWish(StrEnum):
    """What a question says about a chart; a wish for bars or lines leaves their variant to the rules."""

    NONE = "none"
    """It says nothing."""
    ANY = "any"
    """It wants a chart and leaves the kind open."""
    LINE = "line"
    AREA = "area"
    BAR = "bar"
    VERTICAL_BAR = "vertical_bar"
    HORIZONTAL_BAR = "horizontal_bar"
    GROUPED_BAR = "grouped_bar"
    STACKED_BAR = "stacked_bar"
    PIE = "pie"
    DONUT = "donut"
    PIES_BY_GROUP = "pies_by_group"
    HISTOGRAM = "histogram"
    SCATTER = "scatter"
    BOX_PLOT = "box_plot"
    HEAT_MAP = "heat_map"


TYPE_NAMES: dict[ChartType, Text] = {
    ChartType.LINE: Text(en="line chart", pt="gráfico de linha"),
    ChartType.MULTI_LINE: Text(en="line chart", pt="gráfico de linhas"),
    ChartType.AREA: Text(en="area chart", pt="gráfico de área"),
    ChartType.BAR: Text(en="bar chart", pt="gráfico de barras"),
    ChartType.HORIZONTAL_BAR: Text(en="bar chart", pt="gráfico de barras horizontais"),
    ChartType.GROUPED_BAR: Text(en="grouped bar chart", pt="gráfico de barras agrupadas"),
    ChartType.STACKED_BAR: Text(en="stacked bar chart", pt="gráfico de barras empilhadas"),
    ChartType.PIE: Text(en="pie chart", pt="gráfico de pizza"),
    ChartType.DONUT: Text(en="donut chart", pt="gráfico de rosca"),
    ChartType.PIES_BY_GROUP: Text(en="pie charts by group", pt="gráficos de pizza por grupo"),
    ChartType.HISTOGRAM: Text(en="histogram", pt="histograma"),
    ChartType.SCATTER: Text(en="scatter plot", pt="gráfico de dispersão"),
    ChartType.BOX_PLOT: Text(en="box plot", pt="diagrama de caixa"),
    ChartType.HEAT_MAP: Text(en="heat map", pt="mapa de calor"),
}
