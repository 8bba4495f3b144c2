"""The one door to charts: rows in, a finished chart or the reason for none out."""

from app.agentgraph.charts.choice import CHOSEN, ChartChoice, NoChart, choose, choose_type
from app.agentgraph.charts.kinds import ChartType, ChartWish
from app.agentgraph.charts.vega import build_spec, chart_title
from app.agentgraph.formats import column_label, name_words, word_set
from app.agentgraph.outcome import DrawnChart
from app.connectors.base import ResultSet
from app.core.i18n import Language, Text

BARE_LABELS = frozenset({"count", "quantidade", "value", "valor", "total", "qtd"})
MIN_TELLING_CHARACTERS = 3
MIN_QUESTION_CHARACTERS = 15
"""A shorter question ("e por mês?") says nothing without the one before it."""
MAX_QUESTION_CHARACTERS = 120
CHART_WORDS = word_set(
    "the and for with each per show chart graph plot bar line pie que por para com cada dos das mostre grafico barras "
    "linha linhas pizza"
)


def draw(result: ResultSet, *, question: str, wish: ChartWish, language: Language) -> DrawnChart | NoChart:
    """The chart that suits `result` and the question's wish. Blocks for a few milliseconds; does not render."""
    choice = choose(result, wish=wish, question=question)
    if isinstance(choice, NoChart):
        return choice
    return _draw_choice(choice, question=question, language=language)


def draw_type(
    result: ResultSet, kind: ChartType, *, question: str, language: Language, reason: Text = CHOSEN
) -> DrawnChart | NoChart:
    """`result` as a chart of just this kind, or why the rows do not make one. Blocks as `draw`."""
    choice = choose_type(result, kind, question=question, reason=reason)
    if isinstance(choice, NoChart):
        return choice
    return _draw_choice(choice, question=question, language=language)


def tied_types(result: ResultSet, *, question: str, wish: ChartWish) -> tuple[ChartType, ...]:
    """The kind that `draw` takes, and those that suit as well by the rules; empty when nothing would be drawn."""
    choice = choose(result, wish=wish, question=question)
    return () if isinstance(choice, NoChart) else (choice.type, *choice.alternatives)


def suitable_types(result: ResultSet) -> list[ChartType]:
    """The kinds of chart that `result` can be drawn as, in the order of the catalogue."""
    return [kind for kind in ChartType if isinstance(choose_type(result, kind), ChartChoice)]


def _draw_choice(choice: ChartChoice, *, question: str, language: Language) -> DrawnChart:
    """The chart of a choice. It is called by what its columns say, and the question stands below where it says more."""
    asked = " ".join(question.split())
    title = chart_title(choice, language)
    if MIN_QUESTION_CHARACTERS <= len(asked) <= MAX_QUESTION_CHARACTERS:
        asked = asked[:1].upper() + asked[1:]
        title, asked = (asked, "") if _is_bare(choice, language) else (title, asked)
    else:
        asked = ""
    subtitle = [asked] if _says_more(asked, title) else []
    spec = build_spec(choice, title=title, subtitle=subtitle, language=language)
    return DrawnChart(type=choice.type.value, title=title, spec=spec, reason=choice.reason.to(language))


def _is_bare(choice: ChartChoice, language: Language) -> bool:
    """Whether the columns do not say what was counted ("count by name")."""
    measure = column_label(choice.encoding.y[0].name, language)
    return len(measure) < MIN_TELLING_CHARACTERS or measure in BARE_LABELS


def _says_more(asked: str, title: str) -> bool:
    """Whether a word of the question, such as a value it is limited to, is not in the title."""
    known = set(name_words(title)) | CHART_WORDS
    return any(word not in known for word in name_words(asked) if len(word) >= MIN_TELLING_CHARACTERS)
