"""Questions that only want the rows of the answer before as another chart: `as a pie`, `mostre em barras`."""

import re
from typing import Final

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.formats import fold, word_set
from app.agentgraph.intent import KINDS

_AROUND: Final = word_set(
    "a an the as in into with using of and or now please instead it this that them these those same again show me draw "
    "make plot display give turn put change see want i to can you would like result results data answer rows too "
    "um uma o a os as em como num numa de do da com para por e agora favor isso isto esse este mesmo mesma novamente "
    "mostre mostra mostrar faca desenhe exiba plote quero ver coloque troque mude transforme gere resultado dados "
    "resposta grafico graficos chart charts graph graphs plot plots diagrama diagram vez entao "
    "then so apenas only just tambem"
)
_CHART: Final = re.compile(r"\b(?:graficos?|charts?|graphs?|plot|plots|diagramas?|diagrams?)\b")
_TIED: Final = re.compile(r"\b(?:as|in|into|em|como|num|numa|para|com|with|using)\b")
_OTHERS: Final = ((ChartWish.HISTOGRAM, r"histogramas?|histograms?"),)


def chart_alone(question: str) -> ChartWish | None:
    """The chart that `question` wants, when it says nothing else."""
    text = " ".join(re.findall(r"[\w]+", fold(question)))
    for wish, words in (*KINDS, *_OTHERS):
        found = re.search(rf"\b(?:{words})\b", text)
        if found and _says_no_more(text[: found.start()] + text[found.end() :]):
            tied = _TIED.search(text[: found.start()]) or _CHART.search(text)
            return wish if tied else None
    return ChartWish.ANY if _CHART.search(text) and _says_no_more(text) else None


def _says_no_more(rest: str) -> bool:
    return all(word in _AROUND for word in rest.split())
