"""Which of an agent's sources a question is about: the one whose names and values hold its words, both, or a tie."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.agentgraph.context import Clarification, Part, RunContext
from app.agentgraph.planner.joins import can_join, speak_of
from app.agentgraph.planner.synonyms import equivalents
from app.agentgraph.planner.words import fold, name_words, stems
from app.connectors.catalog import TableProfile
from app.core.errors import Ambiguous
from app.core.i18n import Language, Text

MIN_WORD_CHARS = 3
"""Shorter words say nothing, unless a table or column is called so: "uf", "pe"."""
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
    "existe tem have has contagem diferente diferentes distinto distintos distinta distintas different distinct".split()
)
"""Words that every source could hold, and that say nothing of what the question is about."""
_WHICH = Text(en="Which source do you mean?", pt="De qual fonte você fala?")


@dataclass(frozen=True, slots=True)
class Linked:
    """A source with the words of a question that it holds."""

    part: Part
    words: frozenset[str]
    named: frozenset[str]
    """Those that names or descriptions hold; the others stand in its values."""
    titled: frozenset[str]
    """Those that names of tables hold."""
    unplaced: frozenset[str]
    """Those that it does not hold."""
    tables: tuple[TableProfile, ...]
    """The tables whose names, columns or values hold one; all where there is one."""

    @property
    def is_table(self) -> bool:
        """Whether it is no more than one of the tables of what a question is about, as a CSV file often is."""
        return len(self.part.catalog.tables) == 1


def narrow(
    context: RunContext, question: str, clarifications: Sequence[Clarification], language: Language
) -> RunContext:
    """The context on the one source that a question is about; on all of them when it needs more than one.

    Of two sources one must hold every word that any holds. Among more, some hold a word by chance: there the one whose
    words weigh most is meant, unless it holds less than half of what the words weigh, or lacks a word by which a source
    that it can be joined to is called.

    Blocks for the look-ups in the value indexes. Raises Ambiguous when two hold the same.
    """
    found = chosen(context.parts, question, clarifications, language) if context.parts else None
    return context if found is None else on_part(context, found)


def chosen(
    parts: Sequence[Part], question: str, clarifications: Sequence[Clarification], language: Language
) -> Part | None:
    """The part that a question is about, None for all of them together. Blocks. Raises Ambiguous on a tie."""
    replies = {fold(clarification.reply) for clarification in clarifications}
    fitting = [part for part in parts if fold(part.name) in replies]
    if not fitting:
        linked = [linked_to(part, question) for part in parts]
        best = _best(linked)
        if not best or any(_needs_another(link, linked) for link in best):
            return None
        fitting = [link.part for link in best]
    if len(fitting) > 1:
        raise Ambiguous(reason=_WHICH.to(language), options=[part.name for part in fitting], rule="source")
    return fitting[0]


def _best(linked: Sequence[Linked]) -> list[Linked]:
    """The sources whose words weigh most; none when that is too little. A word that calls a table decides a tie."""
    weights = _weights(linked)
    scores = [math.fsum(weights[word] for word in link.words) for link in linked]
    best = max(scores, default=0.0)
    if not weights or best < ENOUGH * math.fsum(weights.values()) - EQUAL:
        return []
    top = [link for link, score in zip(linked, scores, strict=True) if score > best - EQUAL]
    titled = max(len(link.titled) for link in top)
    return [link for link in top if len(link.titled) == titled]


def _needs_another(link: Linked, linked: Sequence[Linked]) -> bool:
    """Whether the question speaks of something that this source lacks and another has to join to it.

    Of files that are one table each and belong together a word that none holds is enough, or one that calls the other:
    such a question is as safe with all of them, and wrong with one.
    """
    others = [other for other in linked if other is not link]
    if len(linked) <= MAX_PAIR and any(other.words - link.words for other in others):
        return True
    for other in others:
        lacks = bool(other.named - link.words)
        if link.is_table and other.is_table:
            may_lack = bool(lacks or link.unplaced or other.titled - link.titled)
            if may_lack and (can_join(link.tables, other.tables) or speak_of(link.tables, other.tables)):
                return True
        elif lacks and can_join(link.tables, other.tables):
            return True
    return False


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
        policy=part.policy,
        read_from=(part.name,),
    )


def linked_to(part: Part, question: str) -> Linked:
    """The words of `question` that names, descriptions, or stored values of `part` hold."""
    called = _stems_of(*(name for table in part.catalog.tables for name in _names_of(table)))
    words = [
        word
        for word in re.findall(r"\w+", fold(question))
        if word not in _SMALL and (len(word) >= MIN_WORD_CHARS or word in called)
    ]
    forms = {word: _forms(word) for word in words}
    titled, named, spoken = set[str](), set[str](), set[str]()
    for table in part.catalog.tables:
        title, names = _stems_of(table.name, table.label), _stems_of(*_names_of(table))
        titled |= {word for word, known in forms.items() if known & title}
        here = {word for word, known in forms.items() if known & names}
        named |= here
        if here:
            spoken.add(table.name)
    rest = [word for word in words if word not in named]
    matches = part.values.lookup(rest, limit=3) if rest else []
    sure = [match for match in matches if match.score >= MIN_VALUE_SCORE and match.phrase in rest]
    spoken |= {match.table for match in sure}
    tables = part.catalog.tables
    held = named | {match.phrase for match in sure}
    return Linked(
        part,
        frozenset(held),
        frozenset(named),
        frozenset(titled),
        frozenset(word for word in words if word not in held and not word.isdigit()),
        tables if len(tables) == 1 else tuple(table for table in tables if table.name in spoken),
    )


def _forms(word: str) -> frozenset[str]:
    """The stems of a word and of what means the same."""
    others = (stems(other) for other in equivalents(word) if " " not in other)
    return stems(word).union(*others)


def _stems_of(*texts: str) -> set[str]:
    return {stem for text in texts for word in name_words(text) for stem in stems(fold(word))}


def _names_of(table: TableProfile) -> Iterable[str]:
    yield from (table.name, table.label, table.description or "")
    for column in table.columns:
        yield from (column.name, column.label, column.description or "")
