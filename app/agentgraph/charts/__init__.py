"""Charts: roles of columns → kind → Vega-Lite → PNG or SVG."""

from app.agentgraph.charts.chart import draw
from app.agentgraph.charts.choice import NoChart
from app.agentgraph.charts.kinds import ChartType, ChartWish
from app.agentgraph.charts.render import render_png, render_svg

__all__ = ["ChartType", "ChartWish", "NoChart", "draw", "render_png", "render_svg"]
