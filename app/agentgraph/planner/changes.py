"""What a question says of the answer before as a whole: over another period, fewer rows, no groups, as shares, sorted.

Each is read where a question says nothing else; what names columns or values is for the grammar.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.agentgraph.planner.frame import Comparison, Grain
from app.agentgraph.planner.words import fold

MOST_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Shift:
    """`the year before`: as many units of time later (or, negative, earlier)."""

    unit: Grain
    by: int


@dataclass(frozen=True, slots=True)
class Cut:
    """`only the top 3`, `and the smallest?`: how many rows, from which end."""

    rows: int
    is_descending: bool
    in_order: bool = False
    """`the first 3`, `the last 3`: from the top or the end as they stand, months in order of time too."""


@dataclass(frozen=True, slots=True)
class Whole:
    """`and in total?`: of everything together."""


@dataclass(frozen=True, slots=True)
class Share:
    """`in percent`: each as a part of all."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`only those above 100`: a test of the figure that is shown."""

    comparison: Comparison
    value: float


@dataclass(frozen=True, slots=True)
class Alphabetical:
    """`in alphabetical order`."""


@dataclass(frozen=True, slots=True)
class Others:
    """`and the others?`: what the one condition before leaves out."""


Change = Shift | Cut | Whole | Share | Bound | Alphabetical | Others

_UNITS: Final = {
    "day": Grain.DAY, "dia": Grain.DAY, "month": Grain.MONTH, "mes": Grain.MONTH, "quarter": Grain.QUARTER,
    "trimestre": Grain.QUARTER, "year": Grain.YEAR, "ano": Grain.YEAR,
}  # fmt: skip
_UNIT: Final = "|".join(_UNITS)
_ARTICLES: Final = r"(?:in |for |of )?(?:the |n?[oa] |d[oa] |para [oa] )?"
_BEFORE: Final = re.compile(
    rf"{_ARTICLES}(?:({_UNIT}) (?:before|earlier|anterior|antes)(?: that| this)?|"
    rf"(?:previous|prior|preceding) ({_UNIT}))"
)
_AFTER: Final = re.compile(
    rf"{_ARTICLES}(?:({_UNIT}) (?:after|later|seguinte|posterior|depois)(?: that| this)?|(?:following) ({_UNIT}))"
)
_NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        ("one um uma", "two dois duas", "three tres", "four quatro", "five cinco", "six seis", "seven sete",
         "eight oito", "nine nove", "ten dez"), 1)
    for word in words.split()
}  # fmt: skip
_COUNT: Final = rf"(\d+|{'|'.join(_NUMBERS)})"
_THE: Final = "(?:the |os |as |o |a )?"
_MANY_MOST: Final = "primeir[oa]s|maiores|largest|highest|biggest"
_MANY_LEAST: Final = "menores|smallest|lowest"
_MOST: Final = re.compile(
    rf"{_THE}(?:(?:top|first|{_MANY_MOST}) {_COUNT}|{_COUNT} (?:first|{_MANY_MOST}|melhores|best))(?: ones)?"
)
_LEAST: Final = re.compile(
    rf"{_THE}(?:(?:bottom|last|{_MANY_LEAST}) {_COUNT}|{_COUNT} (?:{_MANY_LEAST}|piores|worst))(?: ones)?"
)
_ONE_MOST: Final = re.compile(r"(?:the |o |a )(?:first|primeir[oa]|maior|largest|highest|biggest|top)(?: one)?")
_ONE_LEAST: Final = re.compile(r"(?:the |o |a )(?:menor|smallest|lowest|bottom)(?: one)?")
_IN_ORDER: Final = re.compile(r"\b(?:first|last|primeir[oa]s?)\b")
_WHOLE: Final = re.compile(
    r"(?:in|no|o|the )? ?(?:total geral|grand total)|(?:in|no) total|ao todo|no geral|no conjunto|overall|altogether|"
    r"all together|tudo junto|(?:sem agrup\w+|without group\w+|ungrouped)"
)
_PERCENT: Final = "percentual|percentuais|percentage|percentages|porcentagem|porcentagens|percent|%"
_OF_EACH: Final = "(?: (?:de|of) (?:cada(?: uma?)?|each(?: one)?))?"
_SHARE: Final = re.compile(
    rf"(?:(?:em|in|as|como) )?(?:a |an )?(?:{_PERCENT})|(?:a |the )?(?:participacao|share|{_PERCENT}){_OF_EACH}"
)
_BOUNDS: Final = {
    Comparison.GE: "pelo menos|no minimo|a partir de|at least",
    Comparison.LE: "ate|no maximo|at most|up to",
    Comparison.GT: "acima de|mais de|maior(?:es)? (?:do )?que|above|over|more than|greater than|higher than",
    Comparison.LT: "abaixo de|menos de|menor(?:es)? (?:do )?que|below|under|less than|lower than",
}
_NUMBER: Final = r"(\d+(?:[.,]\d+)?)( mil| thousand|k)?"
_BOUND: Final = tuple(
    (comparison, re.compile(rf"(?:(?:those|the ones|os|as|quem tem|with|com) )?(?:{words}) {_NUMBER}"))
    for comparison, words in _BOUNDS.items()
)
_ALPHABETICAL: Final = re.compile(
    r"(?:(?:em|in|por|by) )?(?:ordem alfabetica|alphabetical order)|alphabetically|alfabeticamente|"
    r"(?:de a a z|from a to z)"
)
_OTHERS: Final = re.compile(
    r"(?:in |for |of |n|d|para )?(?:the |[oa]s? )?"
    r"(?:others?|rest|remaining|outr[oa]s|demais|restantes|resto)(?: ones| \w+)?"
)


def change_of(text: str) -> Change | None:
    """What `text` wants of the answer before, when it says that alone."""
    folded = " ".join(fold(text).split())
    return next((found for read in _READERS if (found := read(folded)) is not None), None)


def _shift(folded: str) -> Shift | None:
    for pattern, by in ((_BEFORE, -1), (_AFTER, 1)):
        found = pattern.fullmatch(folded)
        if found:
            return Shift(_UNITS[found[1] or found[2]], by)
    return None


def _cut(folded: str) -> Cut | None:
    for pattern, is_descending in ((_MOST, True), (_LEAST, False)):
        found = pattern.fullmatch(folded)
        if found:
            said = found[1] or found[2]
            rows = _NUMBERS.get(said) or int(said)
            is_sane = 0 < rows <= MOST_ROWS
            return Cut(rows, is_descending, in_order=bool(_IN_ORDER.search(folded))) if is_sane else None
    if _ONE_MOST.fullmatch(folded):
        return Cut(1, is_descending=True, in_order=bool(_IN_ORDER.search(folded)))
    return Cut(1, is_descending=False) if _ONE_LEAST.fullmatch(folded) else None


def _whole(folded: str) -> Whole | None:
    return Whole() if _WHOLE.fullmatch(folded) else None


def _share(folded: str) -> Share | None:
    return Share() if _SHARE.fullmatch(folded) else None


def _bound(folded: str) -> Bound | None:
    for comparison, pattern in _BOUND:
        found = pattern.fullmatch(folded)
        if found:
            value = float(found[1].replace(",", ".")) * (1000 if found[2] else 1)
            return Bound(comparison, value)
    return None


def _alphabetical(folded: str) -> Alphabetical | None:
    return Alphabetical() if _ALPHABETICAL.fullmatch(folded) else None


def _others(folded: str) -> Others | None:
    return Others() if _OTHERS.fullmatch(folded) else None


_READERS: Final[Sequence[Callable[[str], Change | None]]] = (
    _shift, _cut, _whole, _share, _bound, _alphabetical, _others,
)  # fmt: skip
