"""Places of a ranking in words: `who finished in third place`, `came in first`, `em segundo lugar`, `finished last`."""

from app.agentgraph.planner.frame import Comparison, Condition, Dimension, Order
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.agentgraph.planner.words import fold

_ORDINALS = {
    word: number
    for number, words in enumerate(
        (
            "first 1st primeiro primeira 1o 1a 1º 1ª", "second 2nd segundo segunda 2o 2a 2º 2ª",
            "third 3rd terceiro terceira 3o 3a 3º 3ª", "fourth 4th quarto quarta 4o 4a 4º 4ª",
            "fifth 5th quinto quinta 5o 5a 5º 5ª", "sixth 6th sexto sexta 6o 6a 6º 6ª",
            "seventh 7th setimo setima 7o 7a 7º 7ª", "eighth 8th oitavo oitava 8o 8a 8º 8ª",
            "ninth 9th nono nona 9o 9a 9º 9ª", "tenth 10th decimo decima 10o 10a 10º 10ª",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_PLACES = frozenset("place position rank lugar posicao colocacao".split())
_ARRIVING = frozenset(
    "finish finished finishes came come comes placed ranked rank ended terminou ficou chegou terminaram ficaram".split()
)
_LAST = frozenset({"last", "ultimo", "ultima"})
_RANKING = frozenset("rank ranking pos position place posicao colocacao classificacao".split())


def read_ranks(draft: Draft) -> None:
    """Takes the places said of a table that has a column of places."""
    column = _ranking(draft.main)
    if column is None or any(o.columns and o.columns[0].column is column and o.is_(Role.BY) for o in draft.items):
        return
    for item in draft.items:
        word = fold(item.text)
        if item.used or word not in {*_ORDINALS, *_LAST} or not _is_place(draft, item, column):
            continue
        draft.use(item, *_said(draft, item, column))
        if word in _LAST:
            draft.order.append(Order(Dimension(column), descending=True))
            draft.limit = 1
        else:
            draft.where.append((item.start, Condition(column, Comparison.EQ, (_ORDINALS[word],))))


def _ranking(table: SchemaTable) -> SchemaColumn | None:
    """The one column of places, 1 at the least."""
    ranked = [c for c in table.columns if c.is_number and _RANKING & set(c.words) and len(c.words) == 1]
    single = len(ranked) == 1 and ranked[0].profile.minimum is not None
    return ranked[0] if single and str(ranked[0].profile.minimum).split(".")[0] == "1" else None


def _is_place(draft: Draft, item: Item, column: SchemaColumn) -> bool:
    """Whether an ordinal is of the ranking: a word for places beside it, or a verb of arriving before it."""
    following = draft.items.after(item, skip=False)
    if following is not None and (draft.column(following) is column or fold(following.text) in _PLACES):
        return True
    last = following is None or (following.sign and following.text in {"?", "."})
    return last and any(fold(o.text) in _ARRIVING for o in draft.items.preceding(item)[:4])


def _said(draft: Draft, item: Item, column: SchemaColumn) -> list[Item]:
    """The words for places and the verb around an ordinal, which say no more."""
    near = [*draft.items.preceding(item)[:4], *draft.items.following(item)[:1]]
    return [o for o in near if draft.column(o) is column or fold(o.text) in _PLACES | _ARRIVING]
