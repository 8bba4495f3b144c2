"""Amounts said of people or things: `the number of people killed` is what the column `killed` adds up to."""

from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item
from app.agentgraph.planner.schema import SchemaColumn
from app.agentgraph.planner.words import VERB_ENDINGS, fold

_PARTICIPLES = (*VERB_ENDINGS, "to", "ta", "tos", "tas")


def measure_told(draft: Draft, rows: Item) -> SchemaColumn | None:
    """The amount that a participle right after a word for rows speaks of, marked as taken; None when there is none."""
    return _take(draft, draft.items.after(rows))


def measure_told_before(draft: Draft, most: Item) -> SchemaColumn | None:
    """The same of `which storm killed the most people`, where the verb stands before the word for the most."""
    return _take(draft, draft.items.before(most))


def _take(draft: Draft, told: Item | None) -> SchemaColumn | None:
    column = draft.column(told)
    if told is None or told.used or column is None or not column.is_additive:
        return None
    if not fold(told.text).endswith(_PARTICIPLES):
        return None
    draft.use(told)
    return column
