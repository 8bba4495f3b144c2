"""Charts: roles of columns → kind → Vega-Lite → PNG or SVG."""

from app.agentgraph.charts.chart import draw, draw_type, suitable_types, tied_types
from app.agentgraph.charts.choice import NoChart
from app.agentgraph.charts.forecast import draw_forecast
from app.agentgraph.charts.kinds import TYPE_NAMES, ChartType, ChartWish
from app.agentgraph.charts.render import Form, picture_request, render_png, render_svg

__all__ = [
    "TYPE_NAMES",
    "ChartType",
    "ChartWish",
    "Form",
    "NoChart",
    "draw",
    "draw_forecast",
    "draw_type",
    "picture_request",
    "render_png",
    "render_svg",
    "suitable_types",
    "tied_types",
]
