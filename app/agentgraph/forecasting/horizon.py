"""How far into the future a question asks, and the same question about the past, whose rows are the history."""

import re
from dataclasses import dataclass

from app.agentgraph.charts.roles import Grain
from app.agentgraph.formats import fold
from app.core.i18n import Language, Text

_UNITS = {
    Grain.DAY: "days?|dias?",
    Grain.WEEK: "weeks?|semanas?",
    Grain.MONTH: "months?|mes(?:es)?",
    Grain.QUARTER: "quarters?|trimestres?",
    Grain.YEAR: "years?|anos?",
}
_UNIT = "|".join(_UNITS.values())
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january janeiro|february fevereiro|march marco|april abril|may maio|june junho|july julho|august agosto|"
        "september setembro|october outubro|november novembro|december dezembro".split("|"),
        start=1,
    )
    for name in names.split()
}
_NUMBERS = {
    word: number
    for number, words in enumerate(
        "one um uma|two dois duas|three tres|four quatro|five cinco|six seis|seven sete|eight oito|nine nove|ten dez|"
        "eleven onze|twelve doze".split("|"),
        start=1,
    )
    for word in words.split()
}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_TO = (
    r"(?:(?:for|in|over|during|within|by|until|till|through|at|of|to|em|n[oa]s?|d[oea]s?|para(?: [oa]s?)?|pel[oa]s?|ate"
    r"(?: [oa])?|pr[oa]s?|ao longo d[oa]s?|durante [oa]s?|daqui a)\s+)?"
)
_AHEAD = (
    rf"{_TO}(?:the\s+)?(?:next|coming|upcoming|following)\s+(?:{_COUNT}\s+|few\s+)?(?P<unit>{_UNIT})",
    rf"{_TO}(?:(?:os?|as?)\s+)?(?:{_COUNT}\s+)?(?:proxim[oa]s?|seguintes?)\s+(?:(?P<count2>\d{{1,3}}|{'|'.join(_NUMBERS)})\s+)?(?P<unit>{_UNIT})",
    rf"{_TO}(?:o\s+|a\s+)?(?P<unit>{_UNIT})\s+que\s+vem",
    rf"daqui\s+a\s+{_COUNT}\s+(?P<unit>{_UNIT})",
    rf"(?:in\s+)?{_COUNT}\s+(?P<unit>{_UNIT})\s+(?:from now|ahead|a frente|from today)",
)
_TOMORROW = rf"{_TO}(?:tomorrow|amanha)"
_VAGUE = rf"{_TO}(?:the\s+|o\s+)?(?:near\s+)?(?:future|futuro)(?:\s+proximo)?"
_YEAR = (
    rf"{_TO}(?:the\s+year\s+|o\s+ano\s+(?:de\s+)?|(?P<month>{'|'.join(_MONTHS)})\s+(?:of\s+|de\s+|do\s+)?)?"
    r"(?P<year>(?:19|20|21)\d\d)"
)
_GRAIN = (
    rf"(?:by|per|each|every|por|a cada|cada)\s+(?P<unit>{_UNIT})|"
    r"(?P<year>yearly|annual(?:ly)?|anual(?:mente)?)|(?P<month>monthly|mensal(?:mente)?)|"
    r"(?P<quarter>quarterly|trimestral(?:mente)?)|(?P<week>weekly|semanal(?:mente)?)|(?P<day>daily|diari[oa](?:mente)?)"
)
_OF = r"(?:\s+(?:(?:of|for|about|on|de|do|da|dos|das|para|sobre)\b(?:\s+(?:the|o|a|os|as)\b)?|the\b))?"
_ORDERS = (
    r"^(?:(?:por favor|please|can you|could you|voce pode|pode|e|and)[\s,]+)*"
    r"(?:preve(?:ja|r)|projet(?:e|ar)|predizer|prediga|prognostique|estim(?:e|ar|ate)|predict|forecast|project|"
    rf"extrapol\w+){_OF}",
    r"\b(?:faca|fazer|gere|gerar|make|create|generate|give me|mostre|show(?: me)?|quero|preciso de|run|do|i want|"
    r"i need|qual(?: e| sera)?|what is|whats)\s+(?:an?\s+|uma?\s+|the\s+|a\s+)?"
    r"(?:previsao|previsoes|projecao|projecoes|prognosticos?|estimativas?|tendencia|forecasts?|predictions?|projections?|"
    rf"estimates?|trend){_OF}",
    rf"\b(?:previsao|projecao|prognostico|estimativa|tendencia|forecast|prediction|projection|estimate|trend){_OF}",
)
_VERBS = (
    r"\b(?:will|would|going to|is expected to|are expected to|expected to)\s+"
    r"(?:there\s+be|be|have|reach)(?:\s+the)?\b|\bwill\s+(?:the|we|it|they)\b|\bwill\b|\bgoing to be\b|\bbe\b",
    r"\b(?:vai|vao|ira|irao|deve|devem)\s+(?:ser|haver|ter|estar|chegar a|custar)\b",
    r"\b(?:sera|serao|tera|terao|teremos|havera|estara|estarao|vai|vao|ira|irao)\b",
)
_BY = {
    Grain.DAY: Text(en="by day", pt="por dia"),
    Grain.MONTH: Text(en="by month", pt="por mês"),
    Grain.QUARTER: Text(en="by quarter", pt="por trimestre"),
    Grain.YEAR: Text(en="by year", pt="por ano"),
}
_HISTORIES = {
    Grain.YEAR: (Grain.YEAR, Grain.MONTH),
    Grain.QUARTER: (Grain.QUARTER, Grain.MONTH),
    Grain.MONTH: (Grain.MONTH, Grain.DAY),
    Grain.WEEK: (Grain.DAY,),
    Grain.DAY: (Grain.DAY,),
}


@dataclass(frozen=True, slots=True)
class Horizon:
    """What a question says of the time that it asks about; everything None when it only says "the future"."""

    unit: Grain | None = None
    count: int | None = None
    """So many of `unit` ahead."""
    year: int | None = None
    month: int | None = None
    """Month of `year`."""
    grain: Grain | None = None
    """The step that the forecast is asked by."""

    @property
    def histories(self) -> tuple[Grain, ...]:
        """The steps by which to look for a history, the wanted one first, finer ones where it may be too short."""
        if self.grain is not None:
            return _HISTORIES[self.grain][:1]
        unit = Grain.MONTH if self.month is not None else Grain.YEAR if self.year is not None else self.unit
        return (Grain.MONTH, Grain.YEAR, Grain.DAY) if unit is None else _HISTORIES[unit]


def read_horizon(question: str) -> Horizon:
    """The horizon in the words of a question about the future, in Portuguese or English."""
    text = _folded(question)
    grain = _grain(text)
    for pattern in _AHEAD:
        found = re.search(pattern, text)
        if found:
            words = found.groupdict()
            return Horizon(_unit(words["unit"]), _number(words.get("count") or words.get("count2")), grain=grain)
    if re.search(rf"\b{_TOMORROW}\b", text):
        return Horizon(Grain.DAY, 1, grain=grain)
    years = list(re.finditer(rf"\b{_YEAR}\b", text))
    if not years:
        return Horizon(grain=grain)
    last = years[-1]
    return Horizon(year=int(last["year"]), month=_MONTHS.get(last["month"] or ""), grain=grain)


def history_question(question: str, step: Grain, language: Language) -> str:
    """The question without its future, asked by `step`: "forecast sales for next year" is "sales by month"."""
    text, spans = _folded(question), list[tuple[int, int]]()
    years = list(re.finditer(rf"\b{_YEAR}\b", text))
    spans += [found.span() for found in years[-1:]]
    patterns = (*_AHEAD, rf"\b{_TOMORROW}\b", rf"\b{_VAGUE}\b", rf"\b(?:{_GRAIN})\b", *_ORDERS, *_VERBS)
    for pattern in patterns:
        spans += [found.span() for found in re.finditer(pattern, text)]
    kept = "".join(char for at, char in enumerate(question) if not any(a <= at < b for a, b in spans))
    words = " ".join(kept.split()).strip(" ?!.,;:")
    return f"{words} {_BY[step].to(language)}".strip()


def _folded(question: str) -> str:
    """Folded letter by letter, so that places in it are places in `question`."""
    return "".join(fold(char)[:1] or " " for char in question)


def _grain(text: str) -> Grain | None:
    found = re.search(rf"\b(?:{_GRAIN})\b", text)
    if found is None:
        return None
    if found["unit"]:
        return _unit(found["unit"])
    return next(grain for grain in _UNITS if found[grain.value])


def _unit(word: str) -> Grain:
    return next(grain for grain, words in _UNITS.items() if re.fullmatch(words, word))


def _number(word: str | None) -> int | None:
    if word is None:
        return None
    return int(word) if word.isdigit() else _NUMBERS[word]
