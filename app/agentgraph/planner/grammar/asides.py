"""Words that no rule needs: `in the race` where all rows are of it, `the name of the venue`, the verb after `did`."""

from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.joins import join_graph
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.words import VERB_ENDINGS, fold, portuguese_stem
from app.core.i18n import Language

_WHOLES = frozenset(
    portuguese_stem(word)
    for word in "race event competition tournament championship contest game match season series league ranking chart "
    "roster schedule standing record history period group corrida evento competicao torneio campeonato concurso "
    "prova temporada liga historico periodo grupo elenco classificacao".split()
)
"""What one table is often about as a whole."""
_THIS = frozenset("this these esta este nesta neste desta deste essa esse nessa nesse dessa desse".split())
_AUXILIARIES = frozenset("do does did will would can could may might".split())
_NAMING = frozenset("name names nome nomes title titles titulo titulos".split())
_OTHER = frozenset("other others else outro outra outros outras".split())
COMPLETED = frozenset(
    "medal medals medalist medalists medallist medallists medalha medalhas speed level velocidade".split()
)
"""Nouns that a column's name leaves out: gold is short for gold medals."""

_FINITE = {
    Language.PT: (*VERB_ENDINGS, "ou", "eu", "iu", "am", "em", "ava", "avam", "ia", "iam"),
    Language.EN: VERB_ENDINGS,
}
"""Endings of the verbs that a sentence is built on."""
_PASSED = (Role.WHICH, Role.SUPERLATIVE, Role.COMPARE, Role.COUNT, Role.EACH, Role.BY, Role.ROW)
_RELATED = 0.95
_LINKED = 2
"""Joins between two tables that a third one links."""


def read_asides(draft: Draft) -> None:
    """Takes unknown words that say no more than what was already placed."""
    for item in draft.items:
        if not item.used and item.is_unknown and not item.quoted and _is_aside(draft, item):
            draft.use(item)


def _is_aside(draft: Draft, item: Item) -> bool:
    word = fold(item.text)
    if word in _OTHER:
        return any(o.is_(Role.NOT) and o.used for o in draft.items.preceding(item))
    if word in _NAMING:
        return _names_next(draft, item)
    if word in COMPLETED:
        before = draft.items.before(item, skip=False)
        return before is not None and before.used and bool(before.columns)
    return _says_everything(draft, item) or _is_last_verb(draft, item) or _relates(draft, item)


def _names_next(draft: Draft, item: Item) -> bool:
    """`the name of the venue`, where venues are a column."""
    linked = draft.items.after(item, skip=False)
    return linked is not None and linked.is_(Role.OF) and draft.column(_past_order(draft, linked)) is not None


def _past_order(draft: Draft, item: Item) -> Item | None:
    """The part after `item`, words of order passed over."""
    following = draft.items.after(item)
    while following is not None and following.is_(Role.NEXT, Role.SUPERLATIVE, Role.DISTINCT):
        following = draft.items.after(following)
    return following


def _says_everything(draft: Draft, item: Item) -> bool:
    """`in the race`, `of this municipality`: the rows of a single table are all of it."""
    if len(draft.schema.tables) > 1:
        return False
    article = draft.items.before(item, skip=False)
    if article is None or not article.is_(Role.STOP, Role.IN, Role.OF):
        return False
    this = fold(article.text).split()[-1] in _THIS
    preposition: Item | None = article
    while preposition is not None and preposition.is_(Role.STOP):
        preposition = draft.items.before(preposition, skip=False)
    inside = preposition is not None and preposition.is_(Role.IN, Role.OF)
    return inside and (this or portuguese_stem(fold(item.text)) in _WHOLES)


def _is_last_verb(draft: Draft, item: Item) -> bool:
    """`how many songs did each band record`: the main verb that `did` leaves for the end."""
    rest, before = draft.items.after(item, skip=False), draft.items.before(item, skip=False)
    if draft.language is not Language.EN or not (rest is None or rest.sign or rest.is_(Role.IN)):
        return False
    if before is None or not (_is_placed(before) or _is_auxiliary(before)):
        return False
    earlier = draft.items.preceding(item)
    return any(map(_is_auxiliary, earlier)) and any(map(_is_placed, earlier))


def _relates(draft: Draft, item: Item) -> bool:
    """`maestros que regeram orquestras`: a verb between two tables that belong together says no more than that."""
    if not fold(item.text).endswith(_FINITE[draft.language]):
        return False
    before = _name_beside(draft, draft.items.preceding(item))
    following = _name_beside(draft, draft.items.following(item))
    if before is None or following is None or before == following:
        return False
    distance = join_graph(draft.schema.catalog).distance(before, following)
    draft.doubt(_RELATED if distance is not None and distance <= _LINKED else 1.0)
    return distance is not None and distance <= _LINKED


def _name_beside(draft: Draft, items: list[Item]) -> str | None:
    """The table that the nearest part names, words of comparison and small words passed over."""
    for other in items:
        table = draft.table(other)
        if table is not None:
            return table.name
        passed = other.is_silent or other.number is not None or other.is_(*_PASSED)
        if not passed or other.is_(Role.NOT, Role.WITHOUT):
            return None
    return None


def _is_placed(item: Item) -> bool:
    return item.used and (item.is_name or bool(item.values))


def _is_auxiliary(item: Item) -> bool:
    return not item.is_name and not item.values and bool(set(fold(item.text).split()) & _AUXILIARIES)
