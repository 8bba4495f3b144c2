"""Which of an agent's sources a question is about: the one whose names and values hold its words, both, or a tie."""

import re
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
_SMALL = frozenset(
    "a o as os um uma de da do das dos em no na nos nas por para com sem e ou que qual quais quanto quanta quantos "
    "quantas the an of in on by for with without and or what which how many much is are was were total soma sum media "
    "average "
    "cada each mais menos most least maior menor list liste mostre show all todos todas ha existem there".split()
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
    """The context on the one source that holds every word which any holds; on all of them when none does.

    Blocks for the look-ups in the value indexes. Raises Ambiguous when two hold the same.
    """
    if not context.parts:
        return context
    replies = {fold(said.reply) for said in clarifications}
    chosen = [part for part in context.parts if fold(part.name) in replies]
    linked = [linked_to(part, question) for part in context.parts]
    every = frozenset[str]().union(*(link.words for link in linked))
    fitting = chosen or [link.part for link in linked if every and link.words == every]
    if len(fitting) > 1:
        names = [part.name for part in fitting]
        raise Ambiguous(reason=_WHICH.to(language), options=names, rule="source")
    return context if not fitting else on_part(context, fitting[0])


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
