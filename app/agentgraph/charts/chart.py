"""The one door to charts: rows in, a finished chart or the reason for none out."""

from app.agentgraph.charts.choice import ChartChoice, NoChart, choose
from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.charts.vega import build_spec, chart_title
from app.agentgraph.formats import column_label
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import ResultSet
from app.core.i18n import Language

BARE_LABELS = frozenset({"count", "quantidade", "value", "valor", "total", "qtd"})
MIN_TELLING_CHARACTERS = 3
MIN_TITLE_CHARACTERS = 15
MAX_TITLE_CHARACTERS = 120


def draw(
    result: ResultSet, *, question: str, wish: ChartWish, language: Language, title: str | None = None
) -> DrawnChart | NoChart:
    """The chart that suits `result` and the question's wish. Blocks for a few milliseconds; does not render."""
    choice = choose(result, wish=wish, question=question)
    if isinstance(choice, NoChart):
        return choice
    text = title or _own_title(choice, question, language)
    spec = build_spec(choice, title=text, language=language)
    return DrawnChart(type=choice.type.value, title=text, spec=spec, reason=choice.reason.to(language))


def _own_title(choice: ChartChoice, question: str, language: Language) -> str:
    """Words of the columns; the question itself where they do not say what was counted ("count by name")."""
    measure = column_label(choice.encoding.y[0].name, language)
    is_bare = len(measure) < MIN_TELLING_CHARACTERS or measure in BARE_LABELS
    asked = " ".join(question.split())
    if is_bare and MIN_TITLE_CHARACTERS <= len(asked) <= MAX_TITLE_CHARACTERS:
        return asked[:1].upper() + asked[1:]
    return chart_title(choice, language)
