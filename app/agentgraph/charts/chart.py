"""The one door to charts: rows in, a finished chart or the reason for none out."""

from app.agentgraph.charts.choice import NoChart, choose
from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.charts.vega import build_spec, chart_title
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import ResultSet
from app.core.i18n import Language


def draw(
    result: ResultSet, *, question: str, wish: ChartWish, language: Language, title: str | None = None
) -> DrawnChart | NoChart:
    """The chart that suits `result` and the question's wish. Blocks for a few milliseconds; does not render."""
    choice = choose(result, wish=wish, question=question)
    if isinstance(choice, NoChart):
        return choice
    text = title or chart_title(choice, language)
    spec = build_spec(choice, title=text, language=language)
    return DrawnChart(type=choice.type.value, title=text, spec=spec, reason=choice.reason.to(language))
