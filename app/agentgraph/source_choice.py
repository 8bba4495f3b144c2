"""Which of an agent's sources a question is about: the one whose names and values hold its words, both, or a tie."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.agentgraph.context import Clarification, Part, RunContext
from app.agentgraph.planner.synonyms import equivalents
from app.agentgraph.planner.words import fold, name_words, stems
from app.connectors.catalog import Catalog
from app.core.errors import Ambiguous
from app.core.i18n import Language, Text

MIN_WORD_CHARS = 3
MIN_VALUE_SCORE = 0.9
"""Stored values that resemble a word less say nothing about which source is meant."""
MAX_PAIR = 2
"""Up to so many sources a word that only the other holds is taken for a wish to join them."""
ENOUGH = 0.5
"""Share of the weight of a question's words that one of more sources must hold."""
EQUAL = 1e-9
_SMALL = frozenset(
    "a o as os um uma de da do das dos em no na nos nas por para com sem e ou que qual quais quanto quanta quantos "
    "quantas the an of in on by for with without and or what which how many much is are was were total soma sum media "
    "average "
    "cada each mais menos most least maior menor list liste mostre show all todos todas ha existem there "
    "existe tem have has contagem".split()
)
"""Words that every source could hold, and that say nothing of what the question is about."""
_WHICH = Text(en="Which source do you mean?", pt="De qual fonte você fala?")


@dataclass(frozen=True, slots=True)
class Linked:
    """A source with the words of a question that it holds."""

    part: Part
    words: frozenset[str]


def narrow(
    context: RunContext, question: str, clarifications: Sequence[Clarification], language: Language
) -> RunContext:
    """The context on the one source that a question is about; on all of them when it needs more than one.

    Of two sources one must hold every word that any holds. Among more, some hold a word by chance: there the one whose
    words weigh most is meant, unless it holds less than half of what the words weigh.

    Blocks for the look-ups in the value indexes. Raises Ambiguous when two hold the same.
    """
    found = chosen(context.parts, question, clarifications, language) if context.parts else None
    return context if found is None else on_part(context, found)


def chosen(
    parts: Sequence[Part], question: str, clarifications: Sequence[Clarification], language: Language
) -> Part | None:
    """The part that a question is about, None for all of them together. Blocks. Raises Ambiguous on a tie."""
    replies = {fold(said.reply) for said in clarifications}
    named = [part for part in parts if fold(part.name) in replies]
    linked = [linked_to(part, question) for part in parts]
    weights = _weights(linked)
    scores = [math.fsum(weights[word] for word in link.words) for link in linked]
    best = max(scores, default=0.0)
    needed = 1.0 if len(parts) <= MAX_PAIR else ENOUGH
    if not named and (not weights or best < needed * math.fsum(weights.values()) - EQUAL):
        return None
    fitting = named or [link.part for link, score in zip(linked, scores, strict=True) if score > best - EQUAL]
    if len(fitting) > 1:
        raise Ambiguous(reason=_WHICH.to(language), options=[part.name for part in fitting], rule="source")
    return fitting[0]


def _weights(linked: Sequence[Linked]) -> dict[str, float]:
    """How much each word tells of a source: the fewer hold it, the more."""
    held = Counter(word for link in linked for word in link.words)
    return {word: math.log(1 + len(linked) / count) for word, count in held.items()}


def on_part(context: RunContext, part: Part) -> RunContext:
    """The context as if `part` were the agent's only source."""
    return replace(
        context,
        connector=part.connector,
        catalog=part.catalog,
        values=part.values,
        read_from=(part.name,),
    )


def linked_to(part: Part, question: str) -> Linked:
    """The words of `question` that names, descriptions, or stored values of `part` hold."""
    words = [word for word in re.findall(r"\w+", fold(question)) if len(word) >= MIN_WORD_CHARS and word not in _SMALL]
    known = _stems_of(part.catalog)
    named = {word for word in words if stems(word) & known or _means_the_same(word, known)}
    rest = [word for word in words if word not in named]
    matches = part.values.lookup(rest, limit=3) if rest else []
    stored = {match.phrase for match in matches if match.score >= MIN_VALUE_SCORE}
    return Linked(part, frozenset(named | (stored & set(rest))))


def _means_the_same(word: str, known: set[str]) -> bool:
    return any(stems(other) & known for other in equivalents(word) if " " not in other)


def _stems_of(catalog: Catalog) -> set[str]:
    return {stem for text in _names_of(catalog) for word in name_words(text) for stem in stems(fold(word))}


def _names_of(catalog: Catalog) -> Iterable[str]:
    for table in catalog.tables:
        yield from (table.name, table.label, table.description or "")
        for column in table.columns:
            yield from (column.name, column.label, column.description or "")
