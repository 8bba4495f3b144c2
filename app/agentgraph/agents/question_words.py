"""What the words of a question speak for: names in either language, stored values, texts in quotes, and years."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.agentgraph.agents.untrusted import plain
from app.agentgraph.planner.stored_values import frequent_values
from app.agentgraph.planner.synonyms import compound_of, equivalents
from app.connectors.catalog import Catalog, ColumnProfile, DataType, ValueIndex, ValueMatch
from app.connectors.value_index import fold

MAX_VALUES = 12
"""Stored values that resemble words of the question, over all columns."""
MAX_PHRASE_WORDS = 4
MIN_VALUE_SCORE = 0.6
"""Weaker matches of the value index are more often chance than meant."""
SYNONYM_WEIGHT = 0.7
"""How much a word that means the same speaks for a column, beside one that names it."""
NAMED_BONUS = 0.2
"""What a value gains when the question speaks of its column or table as well."""
MAX_LITERAL_CHARS = 40
MAX_QUOTED = 5
MAX_YEARS = 4
_WORD = re.compile(r"[\w.'-]*\w", re.UNICODE)
_QUOTED = re.compile(
    r"""["“”«](?P<double>[^"“”«»]{1,80})["“”»]|(?:(?<=\s)|^)['‘](?P<single>[^'‘’]{1,80})['’](?=\W|$)"""
)
_YEAR = re.compile(r"\b(1[5-9]\d\d|2[01]\d\d)\b")


@dataclass(frozen=True, slots=True)
class Hints:
    """What a model is told of the values that the question may mean."""

    matches: tuple[ValueMatch, ...]
    lines: tuple[str, ...]
    """For the prompt, one hint each."""
    texts: tuple[str, ...]
    """Texts that the lines name beside the stored values: parts of values, texts in quotes, ends of years."""


def stems_weighed(question: str) -> dict[str, float]:
    """The stems of the question's words, and of words that mean the same in either language, with their weight."""
    words = fold(question).split()
    weights = {stem: 1.0 for word in words for stem in stems_of(word)}
    for word in (*words, *_compounds(words)):
        for stem in stems_of(" ".join(equivalents(word))):
            weights.setdefault(stem, SYNONYM_WEIGHT)
    return weights


@lru_cache(maxsize=65_536)
def stems_of(text: str) -> frozenset[str]:
    """Folded words cut to six letters: near enough to see that `vendas` and `vendido` may belong together."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return frozenset(word[:6].rstrip("s") for word in fold(spaced).split() if len(word) > 2)


def score_of(text: str, weights: Mapping[str, float]) -> float:
    """How many of the question's stems are in `text`, and how surely; long texts need more of them."""
    own = stems_of(text)
    return math.fsum(weights.get(stem, 0.0) for stem in own) / max(1, math.sqrt(len(own)))


def hints_of(question: str, catalog: Catalog, values: ValueIndex) -> Hints:
    """Stored values that resemble words of `question`, and what else of it may be compared with. Blocks."""
    matches = _matches(question, catalog, values)
    parts = [match.phrase for match in matches if match.score < 1 and fold(match.phrase) in fold(match.value)]
    quoted = [found["double"] or found["single"] for found in _QUOTED.finditer(question)][:MAX_QUOTED]
    years = list(_years(question, catalog))[:MAX_YEARS]
    lines = [f'  {_place(m.table, m.column)} holds {literal(m.value)} (like "{plain(m.phrase, 60)}")' for m in matches]
    lines += [f"  in quotes in the question: {literal(text)}" for text in quoted]
    lines += [f"  {place}: dates of {year} lie between '{year}-01-01' and '{year}-12-31'" for place, year in years]
    ends = [text for _, year in years for text in (year, f"{year}-01-01", f"{year}-12-31")]
    return Hints(matches, tuple(lines), tuple(dict.fromkeys((*parts, *quoted, *ends))))


def literal(value: object) -> str:
    """A stored value as SQL writes it, on one line and cut."""
    return "'" + plain(value, MAX_LITERAL_CHARS).replace("'", "''") + "'" if isinstance(value, str) else str(value)


def _matches(question: str, catalog: Catalog, values: ValueIndex) -> tuple[ValueMatch, ...]:
    """The best match for each column and value; before equal ones those of which the question speaks as well."""
    weights = stems_weighed(question)
    best: dict[tuple[str, str, str], ValueMatch] = {}
    for match in (*values.lookup(_phrases(question), limit=4), *_translated(question, catalog)):
        if match.score >= MIN_VALUE_SCORE:
            best.setdefault((match.table, match.column, match.value), match)

    def rank(match: ValueMatch) -> tuple[float, int]:
        named = min(1.0, score_of(f"{match.table} {match.column}", weights))
        return (-round(match.score + NAMED_BONUS * named, 2), -len(match.phrase))

    return tuple(sorted(best.values(), key=rank)[:MAX_VALUES])


def _translated(question: str, catalog: Catalog) -> Iterator[ValueMatch]:
    """Frequent values that mean what a word means, in the other language or as a code."""
    known, words = frequent_values(catalog), fold(question).split()
    for said in (*((word,) for word in words if len(word) > 2), *(tuple(c.split("_")) for c in _compounds(words))):
        for link in known.translate(said):
            yield ValueMatch(link.column.table, link.column.name, str(link.value), link.score, " ".join(said))


def _compounds(words: Sequence[str]) -> list[str]:
    """Neighbouring words that mean something together, joined by `_`."""
    runs = (words[i : i + n] for n in (2, 3) for i in range(len(words) - n + 1))
    return [compound for run in runs if (compound := compound_of(run)) is not None]


def _phrases(question: str) -> list[str]:
    """Every run of up to four words of the question that is long enough to mean a value."""
    words = _WORD.findall(question)
    runs = (words[i : i + n] for n in range(MAX_PHRASE_WORDS, 0, -1) for i in range(len(words) - n + 1))
    return list(dict.fromkeys(phrase for run in runs if len(phrase := " ".join(run)) > 2))


def _years(question: str, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Columns of dates with each year of the question that they reach."""
    for year in dict.fromkeys(_YEAR.findall(question)):
        for table in catalog.tables:
            for column in table.columns:
                if _reaches(column, year):
                    yield _place(table.name, column.name), year


def _reaches(column: ColumnProfile, year: str) -> bool:
    if column.type not in {DataType.DATE, DataType.TIMESTAMP}:
        return False
    return str(column.minimum)[:4] <= year <= str(column.maximum)[:4]


def _place(table: str, column: str) -> str:
    return f'"{table}"."{column}"'
