"""The words that say what to do with data, not which data: their senses, and how they are found in a question."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from app.agentgraph.planner import lexicon_en, lexicon_pt
from app.agentgraph.planner.frame import Aggregate, Comparison, Grain
from app.agentgraph.planner.words import fold, portuguese_stem
from app.core.i18n import Language


class Role(StrEnum):
    """What a word or phrase does in a question."""

    COUNT = "count"
    AGGREGATE = "aggregate"
    BY = "by"
    EACH = "each"
    COMPARE = "compare"
    BETWEEN = "between"
    AND = "and"
    OR = "or"
    NOT = "not"
    SUPERLATIVE = "superlative"
    TOP = "top"
    ORDER = "order"
    DIRECTION = "direction"
    ALPHABETICAL = "alphabetical"
    DISTINCT = "distinct"
    SHARE = "share"
    RATIO = "ratio"
    GROWTH = "growth"
    DIFFERENCE = "difference"
    STREAK = "streak"
    TREND = "trend"
    GRAIN = "grain"
    NULL = "null"
    WITHOUT = "without"
    CONTAINS = "contains"
    WHICH = "which"
    WHERE = "where"
    WHEN = "when"
    ABOUT = "about"
    ASK = "ask"
    ROW = "row"
    FREQUENT = "frequent"
    TOTAL = "total"
    NEXT = "next"
    OF = "of"
    IN = "in"
    WITH = "with"
    STOP = "stop"
    SOFT = "soft"
    KIND = "kind"
    FORECAST = "forecast"
    WRITE = "write"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a phrase; the fields that matter depend on the role."""

    role: Role
    aggregate: Aggregate | None = None
    comparison: Comparison | None = None
    descending: bool = True
    grain: Grain | None = None
    number: float | None = None
    hints: tuple[str, ...] = ()
    """Words of the columns that the phrase speaks about without naming them: `hottest` is about temperature."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sense found in the question over the words `start` to `end` (exclusive)."""

    sense: Sense
    start: int
    end: int


GRAIN_ADJECTIVES = frozenset(
    "daily monthly quarterly yearly annual annually diario diaria diariamente mensal mensais mensalmente "
    "trimestral trimestrais anual anuais anualmente".split()
) | {"mes a mes", "ano a ano"}
"""Units of time said as adjectives, folded: they break figures down and ask for nothing else."""
_LISTS: Mapping[Language, Mapping[str, str]] = {Language.EN: lexicon_en.PHRASES, Language.PT: lexicon_pt.PHRASES}


def find_phrases(words: list[str], language: Language) -> Iterator[Phrase]:
    """Every phrase of the lexicon in the folded `words`, overlapping ones included."""
    index = _index(language)
    for start, word in enumerate(words):
        for parts, sense in index.get(_form(word, language), ()):
            end = start + len(parts)
            if end <= len(words) and _forms(words[start:end], language) == parts:
                yield Phrase(sense, start, end)


def has_role(words: Iterable[str], language: Language, role: Role) -> bool:
    """Whether any phrase of `role` stands in the folded words."""
    return any(phrase.sense.role is role for phrase in find_phrases(list(words), language))


@lru_cache(maxsize=4)
def _index(language: Language) -> dict[str, tuple[tuple[tuple[str, ...], Sense], ...]]:
    index: dict[str, list[tuple[tuple[str, ...], Sense]]] = {}
    for key, phrases in _LISTS[language].items():
        sense = _sense(key)
        for phrase in filter(None, phrases.split("|")):
            parts = _forms([fold(word) for word in phrase.split()], language)
            index.setdefault(parts[0], []).append((parts, sense))
    return {first: tuple(entries) for first, entries in index.items()}


def _forms(words: list[str], language: Language) -> tuple[str, ...]:
    """The words of a phrase as they compare; words after the first may be shorter (`mais caro`)."""
    return tuple(_form(word, language, shortest=4 if position else 5) for position, word in enumerate(words))


def _form(word: str, language: Language, *, shortest: int = 5) -> str:
    """Portuguese inflects what English does not: longer words compare by stem there."""
    stemmed = language is Language.PT and len(word) >= shortest and word.isalpha() and word not in _APART
    return f"{portuguese_stem(word)}-" if stemmed else word


_APART = frozenset({"conta", "conte", "quanto", "quanta", "temos", "temas"})
"""A bill and an order to count, how much and how many, we have and themes: one stem, and something else meant."""


def _sense(key: str) -> Sense:
    """The sense that a heading of the lists stands for: a role and `name=value` settings."""
    role, *settings = key.split()
    values = dict(setting.split("=", 1) for setting in settings)
    return Sense(
        role=Role(role),
        aggregate=Aggregate(values["aggregate"]) if "aggregate" in values else None,
        comparison=Comparison(_COMPARISONS[values["is"]]) if "is" in values else None,
        descending=values.get("order", "desc") == "desc",
        grain=Grain(values["grain"]) if "grain" in values else None,
        number=float(values["number"]) if "number" in values else None,
        hints=tuple(values["about"].split(",")) if "about" in values else (),
    )


_COMPARISONS = {
    "eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "contains": "contains", "starts": "starts", "ends": "ends",
}  # fmt: skip
