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

_ALONG = Text(en="an axis of time or categories and one quantity", pt="um eixo de tempo ou categorias e uma quantidade")
_PARTS = Text(
    en="categories and one quantity without negative values", pt="categorias e uma quantidade sem valores negativos"
)
_GROUPED = Text(
    en="two columns of categories and one quantity, or several quantities of like size",
    pt="duas colunas de categorias e uma quantidade, ou várias quantidades de tamanho parecido",
)
TYPE_NEEDS: dict[ChartType, Text] = {
    ChartType.LINE: Text(en="an axis and one single quantity", pt="um eixo e uma única quantidade"),
    ChartType.MULTI_LINE: Text(
        en="an axis and several quantities or groups", pt="um eixo e várias quantidades ou grupos"
    ),
    ChartType.AREA: Text(
        en="an axis and a quantity without negative values", pt="um eixo e uma quantidade sem valores negativos"
    ),
    ChartType.BAR: _ALONG,
    ChartType.HORIZONTAL_BAR: _ALONG,
    ChartType.GROUPED_BAR: _GROUPED,
    ChartType.STACKED_BAR: Text(
        en="two columns of categories, or several quantities, and no negative values",
        pt="duas colunas de categorias, ou várias quantidades, e nenhum valor negativo",
    ),
    ChartType.PIE: _PARTS,
    ChartType.DONUT: _PARTS,
    ChartType.PIES_BY_GROUP: Text(
        en="two columns of categories and one quantity without negative values",
        pt="duas colunas de categorias e uma quantidade sem valores negativos",
    ),
    ChartType.HISTOGRAM: Text(
        en="at least five rows of a quantity that varies", pt="ao menos cinco linhas de uma quantidade que varie"
    ),
    ChartType.SCATTER: Text(en="two quantities", pt="duas quantidades"),
    ChartType.BOX_PLOT: Text(en="at least five rows of a quantity", pt="ao menos cinco linhas de uma quantidade"),
    ChartType.HEAT_MAP: Text(
        en="two columns of categories and one quantity", pt="duas colunas de categorias e uma quantidade"
    ),
}
"""What rows must have to make each kind of chart."""
