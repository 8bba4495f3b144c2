"""How sure a reading is: what could not be placed, and what had to be guessed, both lower it."""

from dataclasses import dataclass

from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item, Link, TableLink
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.words import VERB_ENDINGS, fold
from app.core.i18n import Language

THRESHOLD = 0.6
"""Below it the planner declines. One content word that could not be placed is enough."""
_LOST_MEANING = 0.5
_LOST_WORD = 0.55
_LOST_VERB = 0.85
_PORTUGUESE_VERB = "am"
_PREDICATES = ("aram", "eram", "iram", "ou", "eu", "iu")
"""Endings of Portuguese verbs of what happened: `quantos alunos desistiram` asks for some of the rows."""
_ARTICLES = frozenset({"the", "a"})
_PASSIVE = frozenset({"was", "were", "foi", "foram"})
_MANY = 2
_SURE = 0.77
_FAR_FETCHED = 0.7
"""Doubt when a table is brought in by nothing but a name that only partly fits."""
_WHOLE_VALUE = 0.8
"""Values that only contain the words score less; many of them say that the words are no name."""
_HARMLESS = frozenset({Role.AND, Role.OR, Role.BY, Role.EACH, Role.ROW, Role.WHICH, Role.BETWEEN, Role.WHERE})


@dataclass(frozen=True, slots=True)
class Confidence:
    """A figure in 0..1 and the words that could not be placed, in their order."""

    value: float
    unplaced: tuple[str, ...]


def judge(draft: Draft) -> Confidence:
    """The confidence of what a draft has become."""
    value = draft.penalty
    unplaced = []
    for item in draft.items:
        factor = _LOST_MEANING if _is_counted_verb(draft, item) else _factor(item)
        if item.is_unknown and draft.language is Language.PT and fold(item.text).endswith(_PORTUGUESE_VERB):
            factor = _LOST_VERB
        if item.is_(Role.TOTAL) and draft.figures:
            factor = 1.0
        if item.is_unknown and _completes_name(draft, item):
            factor = _LOST_VERB
        if item.is_unknown and not item.used and _tells_apart(draft, item):
            factor = _LOST_WORD
        value *= factor
        if factor < 0.9:
            unplaced.append(item.text)
    sure = {_table_of(link) for item in draft.items for link in _links(item) if link.score >= _SURE}
    for item in draft.items:
        if item.used:
            value *= _link_quality(item)
            value *= _FAR_FETCHED if _brings_in(draft, item, sure) else 1.0
    return Confidence(round(max(0.0, min(1.0, value)), 3), tuple(unplaced))


def _tells_apart(draft: Draft, item: Item) -> bool:
    """`how many orders were returned`, `the shipping cost`: a verb's form that says which rows, or which figure."""
    before, following = draft.items.before(item, skip=False), draft.items.after(item, skip=False)
    said = fold(before.text).split()[-1] if before is not None and before.is_(Role.STOP) else ""
    named = following is not None and (following.is_name or bool(following.values))
    if said in _ARTICLES and fold(item.text).endswith("ing"):
        return not named
    last = following is None or following.sign
    alone = draft.language is Language.PT and fold(item.text).endswith(_PREDICATES)
    return (said in _PASSIVE or alone) and last and draft.items.parts[0].is_(Role.COUNT)


def _brings_in(draft: Draft, item: Item, sure: set[str]) -> bool:
    """Whether a part alone brings in a table, by a name that only partly fits."""
    return len(draft.schema.tables) > 1 and any(_table_of(link) not in sure for link in _links(item))


def _completes_name(draft: Draft, item: Item) -> bool:
    """`silver medals`: an unknown word right after a placed name says no more than the name."""
    before = draft.items.before(item, skip=False)
    plural = item.text.casefold().endswith("s")
    return plural and before is not None and before.used and bool(before.columns)


def _is_counted_verb(draft: Draft, item: Item) -> bool:
    """`how many wins`, `the last win`: a word that is mostly a verb is what the question asks about."""
    before = draft.items.before(item, skip=False)
    return item.is_(Role.SOFT) and not item.used and before is not None and before.is_(Role.COUNT, Role.SUPERLATIVE)


def _factor(item: Item) -> float:
    if item.used or item.is_silent or item.sign:
        return 1.0
    if item.quoted:
        return _LOST_MEANING
    if item.is_unknown:
        return _LOST_VERB if item.text.casefold().endswith(VERB_ENDINGS) else _LOST_WORD
    return 0.97 if item.is_(*_HARMLESS) else _LOST_MEANING


def _link_quality(item: Item) -> float:
    if len(item.values) > _MANY and max(link.score for link in item.values) < _WHOLE_VALUE:
        return _LOST_WORD
    links = _links(item)
    return 0.8 + 0.2 * max(link.score for link in links) if links else 1.0


def _links(item: Item) -> tuple[Link, ...]:
    return (*item.columns, *item.tables, *item.values)


def _table_of(link: Link) -> str:
    return link.table.name if isinstance(link, TableLink) else link.column.table
